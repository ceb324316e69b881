/**
 * Keeps the order of one connection's publishes. Admissions run at the same time, so no rule waits for an earlier commit. A
 * publish leaves when it and all publishes before it are settled, so PUBACKs and PUBRECs are in the order of the publishes
 * [MQTT-4.6.0-2, 4.6.0-3].
 *
 *   enter ──► pending ── admitted ──► waits for earlier ones ──► leave() ──► finish() (delivered)
 *                └── rejected ──► the same, leave(error)
 *
 * Always: `leave` is called once for each publish, in the order of entering. Publishes after a rejected one still get their
 * acknowledgements. A publish counts towards the limits from entering until `finish`.
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

  /** Number of publishes that have entered and are not finished. */
  get pending(): number {
    return this.#pending;
  }

  /** Whether more may be read from the connection. */
  get hasRoom(): boolean {
    return this.#pending < this.#limits.maxPending && this.#pendingBytes < this.#limits.maxPendingBytes;
  }

  /** Number of publishes that have not left yet. */
  get waiting(): number {
    return this.#order.length;
  }

  /**
   * Enters the next publish. `leave` runs in its turn, with the error if the publish was rejected. @returns a function to
   * call once, when the message has been delivered or dropped
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
