/**
 * How much of one principal's connections is read in one turn of the event loop. Decoding, rules and everything else
 * that a publish costs happens as it is read: without this bound one device that sends as fast as it can makes the
 * alerts of all others wait behind what it has sent (P2, P8).
 *
 *   bytes left ── read ──► none left: whoever still has bytes waits ── the next turn ──► read on, the longest wait first
 */

/** Some hundred small readings: a few ms at most, and several MB a second all the same. */
const bytesPerTurn = 16 * 1024;

export class ReadTurn {
  #left = bytesPerTurn;
  #isDue = false;
  #waiting = new Set<() => void>();

  /** How many of `wanted` bytes may be read now; 0 = none until `whenNext`. */
  take(wanted: number): number {
    const granted = Math.min(wanted, this.#left);
    this.#left -= granted;
    this.#arm();
    return granted;
  }

  /** Calls `goOn` once, in a later turn. */
  whenNext(goOn: () => void): void {
    this.#waiting.add(goOn);
    this.#arm();
  }

  #arm(): void {
    if (this.#isDue) return;
    this.#isDue = true;
    setImmediate(() => this.#next());
  }

  #next(): void {
    this.#isDue = false;
    this.#left = bytesPerTurn;
    const turn = [...this.#waiting];
    this.#waiting = new Set();
    while (this.#left > 0) {
      const goOn = turn.shift();
      if (goOn === undefined) break;
      goOn();
    }
    // in front of those who have just had their share
    if (turn.length > 0) this.#waiting = new Set([...turn, ...this.#waiting]);
    if (this.#waiting.size > 0) this.#arm();
  }
}
