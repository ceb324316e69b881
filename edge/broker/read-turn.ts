/**
 * How much of one principal's connections is read, in one turn of the event loop and over time. Decoding, rules and
 * everything else that a publish costs happens as it is read, and its garbage is collected later: without this bound one
 * device that sends as fast as it can makes the alerts of all others wait behind what it has sent (P2, P8). Packets count
 * beside bytes: 16 KB are some hundred small readings, but 8000 PINGREQs.
 *
 *   turn left ── read ──► none left: whoever still has bytes waits ── the next turn ──► read on, the longest wait first
 *                                          └── credit used up ──► the next turn comes when there is credit for one
 *
 * Always: a principal may send `burst` at once, and `perSecond` for as long as it likes; what it sends beyond that waits
 * in its own sockets. Those who have used up half of their burst share one turn of the event loop among themselves, in the
 * order in which they wait; whoever sends less has a turn of its own. A debt is bounded: nobody waits longer than
 * `mostDebtMs` for what was done for it.
 */

import { outside } from '@forpost/shared/bounded-work.ts';
import { type Clock, systemClock } from '@forpost/shared/clock.ts';

/** Some hundred small readings: a few ms at most. */
const bytesPerTurn = 16 * 1024;
/** A third of a millisecond of the cheapest readings. */
const packetsPerTurn = 20;
/** Of all principals together that have used up half of their burst: less than a millisecond. */
const packetsPerSharedTurn = 40;
/** A site's busiest bridge sends some hundred packets a second. */
const perSecond = { packets: 10_000, bytes: 8 * 2 ** 20 };
/** A device that comes back with what it has kept, a home automation that subscribes to a filter for each state. */
const burst = { packets: 2000, bytes: 2 * 2 ** 20 };
const mostDebtMs = 1000;

/** What a message costs of the credit of a consumer that may publish: a bridge may pass 200,000 on in a second. */
export const shareOfMessage = 0.05;

/** What all heavy senders share of one turn of the event loop. */
class SharedTurn {
  #left = packetsPerSharedTurn;
  #isDue = false;
  #waiting: (() => void)[] = [];

  get isOver(): boolean {
    return this.#left <= 0;
  }

  charge(packets: number): void {
    this.#left -= packets;
    this.#arm();
  }

  whenNext(goOn: () => void): void {
    this.#waiting.push(goOn);
    this.#arm();
  }

  #arm(): void {
    if (this.#isDue) return;
    this.#isDue = true;
    outside(setImmediate, () => this.#next());
  }

  #next(): void {
    this.#isDue = false;
    this.#left = packetsPerSharedTurn;
    const waiting = this.#waiting;
    this.#waiting = [];
    let gone = 0;
    while (gone < waiting.length && !this.isOver) waiting[gone++]?.();
    // in front of those who have just had their share
    if (gone < waiting.length) this.#waiting.unshift(...waiting.slice(gone));
    if (this.#waiting.length > 0) this.#arm();
  }
}

/** The event loop is one, and so is its turn. */
const sharedTurn = new SharedTurn();

export class ReadTurn {
  readonly #clock: Clock;
  #bytes = bytesPerTurn;
  #packets = packetsPerTurn;
  readonly #credit = { ...burst };
  #creditedAt: number;
  #isDue = false;
  #waiting = new Set<() => void>();

  constructor(clock: Clock = systemClock) {
    this.#clock = clock;
    this.#creditedAt = clock.uptime();
  }

  /** How many packets may be taken now; 0 = none until `whenNext`. */
  get packets(): number {
    if (this.#bytes <= 0 || (this.#isHeavy && sharedTurn.isOver)) return 0;
    return Math.max(0, this.#packets);
  }

  /** How many bytes of packets may be taken now. */
  get bytes(): number {
    return this.#bytes;
  }

  /**
   * So much is taken, or work that costs as much. A packet larger than what was left is paid for in later turns.
   * `share`: of that, what costs credit over time
   */
  charge(packets: number, bytes: number, share = 1): void {
    this.#credit.packets -= share * packets;
    this.#credit.bytes -= share * bytes;
    this.spend(packets, bytes);
  }

  /** More work for what was taken before: of this turn, and of no credit. */
  spend(packets: number, bytes: number): void {
    this.#packets -= packets;
    this.#bytes -= bytes;
    if (this.#isHeavy) sharedTurn.charge(packets);
    this.#arm();
  }

  /** Calls `goOn` once, in a later turn. */
  whenNext(goOn: () => void): void {
    this.#waiting.add(goOn);
    this.#arm();
  }

  get #isHeavy(): boolean {
    return this.#credit.packets < burst.packets / 2 || this.#credit.bytes < burst.bytes / 2;
  }

  #arm(): void {
    if (this.#isDue) return;
    this.#isDue = true;
    outside(setImmediate, () => this.#next());
  }

  #next(): void {
    const waitMs = this.#untilCreditMs();
    if (waitMs > 0) {
      this.#clock.after(waitMs, () => this.#next());
      return;
    }
    if (this.#isHeavy && sharedTurn.isOver) {
      sharedTurn.whenNext(() => this.#next());
      return;
    }
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

  /** How long until there is credit for a turn, once what has come since is counted. */
  #untilCreditMs(): number {
    const now = this.#clock.uptime();
    const seconds = (now - this.#creditedAt) / 1000;
    this.#creditedAt = now;
    const credit = this.#credit;
    for (const what of ['packets', 'bytes'] as const) {
      const most = (perSecond[what] * mostDebtMs) / 1000;
      credit[what] = Math.min(burst[what], Math.max(-most, credit[what]) + perSecond[what] * seconds);
    }
    return Math.ceil(
      1000 *
        Math.max(
          (packetsPerTurn - credit.packets) / perSecond.packets,
          (bytesPerTurn - credit.bytes) / perSecond.bytes,
        ),
    );
  }
}
