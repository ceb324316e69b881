/**
 * How much of one principal's connections is read in one turn of the event loop. Decoding, rules and everything else
 * that a publish costs happens as it is read: without this bound one device that sends as fast as it can makes the
 * alerts of all others wait behind what it has sent (P2, P8). Packets count beside bytes: 16 KB are some hundred small
 * readings, but 8000 PINGREQs.
 *
 *   bytes and packets left ── read ──► none left: whoever still has bytes waits ── the next turn ──► read on, the longest wait first
 */

import { outside } from '@forpost/shared/bounded-work.ts';

/** Some hundred small readings: a few ms at most, and several MB a second all the same. */
const bytesPerTurn = 16 * 1024;
/** A third of a millisecond of the cheapest readings: several devices that flood take a turn each before an alert's. */
const packetsPerTurn = 20;

export class ReadTurn {
  #bytes = bytesPerTurn;
  #packets = packetsPerTurn;
  #isDue = false;
  #waiting = new Set<() => void>();

  /** How many packets may be taken now; 0 = none until `whenNext`. */
  get packets(): number {
    return this.#bytes > 0 ? Math.max(0, this.#packets) : 0;
  }

  /** How many bytes of packets may be taken now. */
  get bytes(): number {
    return this.#bytes;
  }

  /** So much is taken, or work that costs as much. A packet larger than what was left is paid for in later turns. */
  take(packets: number, bytes: number): void {
    this.#packets -= packets;
    this.#bytes -= bytes;
    this.#arm();
  }

  /** Calls `goOn` once, in a later turn. */
  whenNext(goOn: () => void): void {
    this.#waiting.add(goOn);
    this.#arm();
  }

  #arm(): void {
    if (this.#isDue) return;
    this.#isDue = true;
    outside(setImmediate, () => this.#next());
  }

  #next(): void {
    this.#isDue = false;
    this.#bytes = Math.min(bytesPerTurn, this.#bytes + bytesPerTurn);
    this.#packets = packetsPerTurn;
    const turn = [...this.#waiting];
    this.#waiting = new Set();
    while (this.packets > 0) {
      const goOn = turn.shift();
      if (goOn === undefined) break;
      goOn();
    }
    // in front of those who have just had their share
    if (turn.length > 0) this.#waiting = new Set([...turn, ...this.#waiting]);
    if (this.#waiting.size > 0 || this.#bytes < 0) this.#arm();
  }
}
