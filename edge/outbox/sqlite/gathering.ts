/**
 * What waits for the disk: entries gathered into the batch that follows the running commit.
 *
 * Always: at most `maxEntries` entries and `maxBytes` bytes wait or are being committed; beyond that `add` says no. A
 * batch that is taken holds at most `batchEntries` and about `batchBytes`, so that no single commit takes long nor much
 * of the log. Of a commit at most `toldPerTurn` entries are told in one turn of the event loop, in order, because the
 * acknowledgement and the delivery of each cost some 10 µs, and an alert may not wait behind thousands of them; refusals
 * are told at once. Alerts of one device keep their order: while one is refused, what was handed over behind it before that
 * was known is refused too.
 */
import { ForpostError } from '@forpost/shared/errors.ts';
import type { Appended, DeadLetter, EventDraft, OutboxEntry } from '../outbox.ts';
import {
  type Acknowledgement,
  type Batch,
  type CommitOutcome,
  type PackedValue,
  packEntry,
  type Stamp,
} from './messages.ts';
import { bytesOfRecord, packRecords } from './publish-records.ts';

/** About 20 ms of inserts. */
const batchEntries = 4096;
/** Well within the ballast, with what the log adds. */
const batchBytes = 4 * 2 ** 20;
const toldPerTurn = 256;
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
  readonly batch: Omit<Batch, 'changes'>;
  readonly waiting: readonly Waiting[];
}

export class Gathering {
  readonly #maxEntries: number;
  readonly #maxBytes: number;
  #waiting: Waiting[] = [];
  #acknowledgements: Acknowledgement[] = [];
  /** on disk, and not told yet */
  #committed: { readonly one: Waiting; readonly appended: Appended }[] = [];
  #isTelling = false;
  #entries = 0;
  #bytes = 0;
  /** devices of whose alerts one was refused in this turn of the event loop, of which nobody has heard yet */
  readonly #refusedNow = new Set<EventDraft['device']>();

  constructor(maxEntries: number, maxBytes: number) {
    this.#maxEntries = maxEntries;
    this.#maxBytes = maxBytes;
  }

  /** Entries that wait, are being committed, or are not told yet that they are. */
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
    let bytes = entryBytes + (entry.deadLetter?.payload.length ?? 0) + bytesOfRecord(entry.publish);
    for (const event of entry.events) bytes += entryBytes + event.data.length;
    const full = this.#entries >= this.#maxEntries || this.#bytes + bytes > this.#maxBytes;
    if (full || (this.#refusedNow.size > 0 && isBehind(entry, this.#refusedNow))) {
      this.#refuseBehind(entry);
      return Promise.reject(
        new ForpostError(
          'FORPOST_OUTBOX_FULL',
          `${this.#entries} entries wait for the disk: it is too slow for this load`,
        ),
      );
    }
    this.#entries++;
    this.#bytes += bytes;
    return new Promise((resolve, reject) => this.#waiting.push({ entry, bytes, resolve, reject }));
  }

  /** They are few: a sink has one batch outstanding. Of very many the oldest go, which later ones contain. */
  acknowledge(acknowledgement: Acknowledgement): void {
    this.#acknowledgements.push(acknowledgement);
    if (this.#acknowledgements.length > maxAcknowledgements) this.#acknowledgements.shift();
  }

  /** The next batch. */
  take(stamp: Stamp): TakenBatch {
    const { count, bytes } = this.#nextBatch();
    const waiting = this.#waiting.length <= count ? this.#waiting : this.#waiting.slice(0, count);
    this.#waiting = this.#waiting.length <= count ? [] : this.#waiting.slice(count);
    const acknowledgements = this.#acknowledgements;
    this.#acknowledgements = [];
    const values: PackedValue[] = [];
    const counts: number[] = [];
    const reserved: number[] = [];
    const deadLetters: (DeadLetter & { entry: number })[] = [];
    for (const { entry } of waiting) {
      if (entry.deadLetter !== undefined) deadLetters.push({ ...copyOf(entry.deadLetter), entry: counts.length });
      if (entry.reserved === true) reserved.push(counts.length);
      counts.push(entry.events.length);
      packEntry(entry, values);
    }
    const records = packRecords(waiting);
    return { waiting, batch: { stamp, bytes, counts, values, reserved, deadLetters, acknowledgements, records } };
  }

  #nextBatch(): { readonly count: number; readonly bytes: number } {
    let bytes = 0;
    let count = 0;
    for (const next of this.#waiting) {
      if (count >= batchEntries || (count > 0 && bytes + next.bytes > batchBytes)) break;
      bytes += next.bytes;
      count++;
    }
    return { count, bytes };
  }

  /**
   * Of a batch these entries were refused (all: it failed): what waits behind them with alerts of the same devices is
   * refused as well. To be called before the next batch is taken.
   */
  refuseFollowers(taken: TakenBatch, refused: readonly number[] | 'all', error: ForpostError): void {
    const devices = new Set<EventDraft['device']>();
    const entries = refused === 'all' ? taken.waiting : refused.flatMap((index) => taken.waiting[index] ?? []);
    for (const { entry } of entries) for (const device of alertDevices(entry)) devices.add(device);
    if (devices.size === 0) return;
    this.#waiting = this.#waiting.filter(({ entry, bytes, reject }) => {
      if (!isBehind(entry, devices)) return true;
      for (const device of alertDevices(entry)) devices.add(device);
      this.#release(bytes);
      reject(error);
      return false;
    });
    this.#isRefusedNow(devices);
  }

  #refuseBehind(entry: OutboxEntry): void {
    this.#isRefusedNow(alertDevices(entry));
  }

  /** Whoever hands over more in this very turn has not heard of the refusal yet. */
  #isRefusedNow(devices: Iterable<EventDraft['device']>): void {
    const before = this.#refusedNow.size;
    for (const device of devices) this.#refusedNow.add(device);
    if (before === 0 && this.#refusedNow.size > 0) setImmediate(() => this.#refusedNow.clear());
  }

  /** Tells those who wait for a batch that it is on disk. */
  committed(taken: TakenBatch, outcome: CommitOutcome): void {
    const repeated = new Map(outcome.repeated);
    const refused = new Set(outcome.refused);
    taken.waiting.forEach((one, index) => {
      if (refused.has(index)) {
        this.#release(one.bytes);
        one.reject(noRoom());
        return;
      }
      const known = repeated.get(index) ?? 0;
      this.#committed.push({ one, appended: { stored: one.entry.events.length - known, repeated: known } });
    });
    if (!this.#isTelling) this.#tell();
  }

  /** The next ones in order; the rest in later turns. */
  #tell(): void {
    const told = this.#committed.splice(0, toldPerTurn);
    for (const { one, appended } of told) {
      this.#release(one.bytes);
      one.resolve(appended);
    }
    this.#isTelling = this.#committed.length > 0;
    if (this.#isTelling) setImmediate(() => this.#tell());
  }

  failed(taken: TakenBatch, error: ForpostError): void {
    this.#refuse(taken.waiting, error);
  }

  /** Everything that waits is told that it is not stored, after what is. */
  failAll(error: ForpostError): void {
    for (const { one, appended } of this.#committed.splice(0)) {
      this.#release(one.bytes);
      one.resolve(appended);
    }
    const waiting = this.#waiting;
    this.#waiting = [];
    this.#refuse(waiting, error);
  }

  #refuse(waiting: readonly Waiting[], error: ForpostError): void {
    for (const { entry, bytes, reject } of waiting) {
      this.#refuseBehind(entry);
      this.#release(bytes);
      reject(error);
    }
  }

  #release(bytes: number): void {
    this.#entries--;
    this.#bytes -= bytes;
  }
}

/** Why the file takes an entry no more. */
export function noRoom(): ForpostError {
  return new ForpostError(
    'FORPOST_OUTBOX_FULL',
    'the outbox has no room: nothing more of this kind is taken until the uplink has delivered some of it, the disk has more room, or outbox.max_bytes is raised',
  );
}

function alertDevices({ events }: OutboxEntry): EventDraft['device'][] {
  return events.filter(({ lane }) => lane === 'alerts').map(({ device }) => device);
}

function isBehind({ events }: OutboxEntry, devices: ReadonlySet<EventDraft['device']>): boolean {
  return events.some(({ lane, device }) => lane === 'alerts' && devices.has(device));
}

/** A payload is a view of the socket's buffer, and posting a view would copy that whole buffer. */
function copyOf(letter: DeadLetter): DeadLetter {
  return { ...letter, payload: new Uint8Array(letter.payload) };
}
