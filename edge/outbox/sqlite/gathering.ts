/**
 * What waits for the disk: entries gathered into the batch that follows the running commit.
 *
 * Always: at most `maxEntries` entries and `maxBytes` bytes wait or are being committed; beyond that `add` says no. A
 * batch that is taken holds at most `batchEntries`, so that no single commit takes long.
 */
import { ForpostError } from '@forpost/shared/errors.ts';
import type { Appended, DeadLetter, OutboxEntry } from '../outbox.ts';
import { type Acknowledgement, type Batch, type CommitOutcome, type PackedValue, packEntry } from './messages.ts';

/** About 20 ms of inserts. */
const batchEntries = 4096;
const maxAcknowledgements = 1000;
/** What an entry weighs beside its data, bytes. */
const entryBytes = 200;

interface Waiting {
  readonly entry: OutboxEntry;
  readonly bytes: number;
  readonly resolve: (appended: Appended) => void;
  readonly reject: (error: ForpostError) => void;
}

export interface TakenBatch {
  readonly batch: Batch;
  readonly waiting: readonly Waiting[];
}

export class Gathering {
  readonly #maxEntries: number;
  readonly #maxBytes: number;
  #waiting: Waiting[] = [];
  #acknowledgements: Acknowledgement[] = [];
  #entries = 0;
  #bytes = 0;

  constructor(maxEntries: number, maxBytes: number) {
    this.#maxEntries = maxEntries;
    this.#maxBytes = maxBytes;
  }

  /** Entries that wait or are being committed. */
  get entries(): number {
    return this.#entries;
  }

  get hasEntries(): boolean {
    return this.#waiting.length > 0;
  }

  get isEmpty(): boolean {
    return this.#waiting.length === 0 && this.#acknowledgements.length === 0;
  }

  /** @throws ForpostError FORPOST_OUTBOX_FULL (as a rejection) at either bound */
  add(entry: OutboxEntry): Promise<Appended> {
    let bytes = entryBytes + (entry.deadLetter?.payload.length ?? 0);
    for (const event of entry.events) bytes += entryBytes + event.data.length;
    if (this.#entries >= this.#maxEntries || this.#bytes + bytes > this.#maxBytes)
      return Promise.reject(
        new ForpostError(
          'FORPOST_OUTBOX_FULL',
          `${this.#entries} entries wait for the disk: it is too slow for this load`,
        ),
      );
    this.#entries++;
    this.#bytes += bytes;
    return new Promise((resolve, reject) => this.#waiting.push({ entry, bytes, resolve, reject }));
  }

  /** They are few: a sink has one batch outstanding. Of very many the oldest go, which later ones contain. */
  acknowledge(acknowledgement: Acknowledgement): void {
    this.#acknowledgements.push(acknowledgement);
    if (this.#acknowledgements.length > maxAcknowledgements) this.#acknowledgements.shift();
  }

  /** The next batch. `now`: ms since 1970. */
  take(now: number): TakenBatch {
    const waiting = this.#waiting.length <= batchEntries ? this.#waiting : this.#waiting.slice(0, batchEntries);
    this.#waiting = this.#waiting.length <= batchEntries ? [] : this.#waiting.slice(batchEntries);
    const acknowledgements = this.#acknowledgements;
    this.#acknowledgements = [];
    const values: PackedValue[] = [];
    const counts: number[] = [];
    const deadLetters: (DeadLetter & { entry: number })[] = [];
    for (const { entry } of waiting) {
      if (entry.deadLetter !== undefined) deadLetters.push({ ...copyOf(entry.deadLetter), entry: counts.length });
      counts.push(entry.events.length);
      packEntry(entry, values);
    }
    return { waiting, batch: { now, counts, values, deadLetters, acknowledgements } };
  }

  /** Tells those who wait for a batch that it is on disk. */
  committed(taken: TakenBatch, outcome: CommitOutcome): void {
    const repeated = new Map(outcome.repeated);
    const refused = new Set(outcome.refused);
    taken.waiting.forEach(({ entry, bytes, resolve, reject }, index) => {
      this.#release(bytes);
      const known = repeated.get(index) ?? 0;
      if (refused.has(index))
        reject(
          new ForpostError(
            'FORPOST_OUTBOX_FULL',
            'the outbox has no room: nothing more is taken until the uplink has delivered some of it, or outbox.max_bytes is raised',
          ),
        );
      else resolve({ stored: entry.events.length - known, repeated: known });
    });
  }

  failed(taken: TakenBatch, error: ForpostError): void {
    for (const { bytes, reject } of taken.waiting) {
      this.#release(bytes);
      reject(error);
    }
  }

  /** Everything that waits is told that it is not stored. */
  failAll(error: ForpostError): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const { bytes, reject } of waiting) {
      this.#release(bytes);
      reject(error);
    }
  }

  #release(bytes: number): void {
    this.#entries--;
    this.#bytes -= bytes;
  }
}

/** A payload is a view of the socket's buffer, and posting a view would copy that whole buffer. */
function copyOf(letter: DeadLetter): DeadLetter {
  return { ...letter, payload: new Uint8Array(letter.payload) };
}
