/**
 * The order in which one connection's publishes leave admission. All of them are admitted as they come, so that their rules
 * run without waiting for an earlier commit. They leave in the order in which they came, each when it and all before it are
 * settled, so that PUBACKs and PUBRECs are ordered [MQTT-4.6.0-2, 4.6.0-3].
 *
 *   enter ──► pending ── admitted ──► waits for those before it ──► leave() ──► finish() (delivered on)
 *                └── rejected ──► the same, leave(error)
 *
 * Always: `leave` is called once for each publish, in order of entering. A rejected publish does not hold back those behind
 * it: it gets no acknowledgement, and they get theirs. A publish counts to the bounds from entering until `finish`.
 */
export interface AdmissionLimits {
  readonly maxPending: number;
  readonly maxPendingBytes: number;
}

interface Entry {
  settled: boolean;
  error: unknown;
  readonly leave: (error?: unknown) => void;
}

export class AdmissionQueue {
  readonly #limits: AdmissionLimits;
  #order: Entry[] = [];
  #pending = 0;
  #pendingBytes = 0;

  constructor(limits: AdmissionLimits) {
    this.#limits = limits;
  }

  /** Publishes that have entered and are not finished. */
  get pending(): number {
    return this.#pending;
  }

  /** Whether more may be read from the connection. */
  get hasRoom(): boolean {
    return this.#pending < this.#limits.maxPending && this.#pendingBytes < this.#limits.maxPendingBytes;
  }

  /** How many have not left yet. */
  get waiting(): number {
    return this.#order.length;
  }

  /**
   * Enters the next publish. `leave` runs in its turn, with the error where the publish was rejected. @returns a
   * function to call once, when the message has been delivered on or dropped
   */
  enter(admission: Promise<void>, bytes: number, leave: (error?: unknown) => void): () => void {
    const entry: Entry = { settled: false, error: undefined, leave };
    this.#order.push(entry);
    this.#pending++;
    this.#pendingBytes += bytes;
    const settle = (error?: unknown) => {
      entry.settled = true;
      entry.error = error;
      this.#advance();
    };
    admission.then(
      () => settle(),
      (error: unknown) => settle(error ?? new Error('rejected')),
    );
    let finished = false;
    return () => {
      if (finished) return;
      finished = true;
      this.#pending--;
      this.#pendingBytes -= bytes;
    };
  }

  #advance(): void {
    while (this.#order[0]?.settled) {
      const entry = this.#order.shift();
      entry?.leave(entry.error);
    }
  }
}
