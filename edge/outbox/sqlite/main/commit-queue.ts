/**
 * The queue in front of the disk. While a commit runs, entries wait here for the next batch.
 *
 * Always: at most `maxEntries` entries and `maxBytes` bytes wait or are being committed. Beyond a bound `add` refuses
 * the entry, and its message names the bound:
 *  - a device or consumer has at most a third of the queue, and a further tenth for entries with an alert, so a
 *    flooding sender leaves space for the others. The first entry of a sender passes this bound, however large it is;
 *  - the last tenth is for entries with an alert, and for `reserved` entries.
 *
 * A batch has at most `batchEntries` entries and about `batchBytes` bytes, which bounds the time and the log of a
 * commit. After a commit at most `resolvedPerTurn` entries are resolved in one turn of the event loop, in order:
 * acknowledgement and delivery cost some 10 µs each, and an alert must not wait for thousands of them. Refused entries
 * are rejected at once. Alerts of one device keep their order: after a refused alert, entries that its caller added
 * before it knew of the refusal are refused too.
 */
import { outside } from '@forpost/shared/bounded-work.ts';
import { ForpostError } from '@forpost/shared/errors.ts';
import type { Appended, DeadLetter, EventDraft, OutboxEntry } from '../../outbox.ts';
import {
  type Acknowledgement,
  type Batch,
  type CommitOutcome,
  type PackedValue,
  packEntry,
  type Stamp,
} from '../messages.ts';
import { bytesOfRecord, packRecords } from '../publish-records.ts';

/** About 20 ms of inserts. */
const batchEntries = 4096;
/** Well within the ballast, together with the log's overhead. */
const batchBytes = 4 * 2 ** 20;
const resolvedPerTurn = 256;
const maxAcknowledgements = 1000;
/** Overhead of an entry, in bytes: it counts in addition to the data. */
const entryBytes = 200;
/** More entries than the connections of one device may have uncommitted (16 with 1000 publishes each). */
const senderShare = 1 / 3;
const urgentShare = 1 / 10;

interface Held {
  entries: number;
  bytes: number;
}

interface Waiting {
  readonly entry: OutboxEntry;
  readonly bytes: number;
  /** totals of its sender, this entry included */
  readonly ofSender: Held | undefined;
  readonly resolve: (appended: Appended) => void;
  readonly reject: (error: ForpostError) => void;
}

export interface QueuedBatch {
  readonly batch: Omit<Batch, 'changes'>;
  readonly waiting: readonly Waiting[];
}

export class CommitQueue {
  readonly #maxEntries: number;
  readonly #maxBytes: number;
  #waiting: Waiting[] = [];
  #acknowledgements: Acknowledgement[] = [];
  /** entries on disk that are not resolved yet */
  #committed: { readonly one: Waiting; readonly appended: Appended }[] = [];
  #isResolving = false;
  readonly #all: Held = { entries: 0, bytes: 0 };
  /** totals by sender, for senders with entries in the queue */
  readonly #bySender = new Map<string, Held>();
  /** devices with an alert that was refused in this turn of the event loop, before their callers can know */
  readonly #refusedNow = new Set<EventDraft['device']>();

  constructor(maxEntries: number, maxBytes: number) {
    this.#maxEntries = maxEntries;
    this.#maxBytes = maxBytes;
  }

  /** Entries that wait, are being committed, or are not resolved yet. */
  get entries(): number {
    return this.#all.entries;
  }

  get hasEntries(): boolean {
    return this.#waiting.length > 0;
  }

  get isEmpty(): boolean {
    return this.#waiting.length === 0 && this.#acknowledgements.length === 0;
  }

  /** @throws ForpostError FORPOST_OUTBOX_FULL (as a rejection) at each bound */
  add(entry: OutboxEntry): Promise<Appended> {
    let bytes = entryBytes + (entry.deadLetter?.payload.length ?? 0) + bytesOfRecord(entry.publish);
    let isUrgent = entry.reserved === true;
    for (const event of entry.events) {
      bytes += entryBytes + event.data.length;
      if (event.lane === 'alerts') isUrgent = true;
    }
    const refusal = this.#refusalOf(entry, bytes, isUrgent);
    if (refusal !== undefined) {
      this.#refuseBehind(entry);
      return Promise.reject(new ForpostError('FORPOST_OUTBOX_FULL', refusal));
    }
    const ofSender = this.#hold(entry.sender, bytes);
    return new Promise((resolve, reject) => this.#waiting.push({ entry, bytes, ofSender, resolve, reject }));
  }

  /** Why the entry does not fit, in words; undefined: it fits. */
  #refusalOf(entry: OutboxEntry, bytes: number, isUrgent: boolean): string | undefined {
    const { sender } = entry;
    const held = sender === undefined ? undefined : this.#bySender.get(sender);
    if (held !== undefined && !this.#fits(held, bytes, isUrgent ? senderShare + urgentShare : senderShare))
      return `${inWords(held)} of ${sender} wait for the disk, as much as may wait of one sender: the others go on`;
    const all = this.#all;
    if (!this.#fits(all, bytes, 1)) return `${inWords(all)} wait for the disk: it is too slow for this load`;
    if (!isUrgent && !this.#fits(all, bytes, 1 - urgentShare))
      return `${inWords(all)} wait for the disk: it is too slow for this load, and the last room is kept for alerts`;
    if (this.#refusedNow.size > 0 && isBehind(entry, this.#refusedNow))
      return 'an alert of the same device, handed over before it, was refused at this moment';
    return undefined;
  }

  /** Whether one more entry leaves `held` within this share of both bounds. */
  #fits(held: Held, bytes: number, share: number): boolean {
    return held.entries + 1 <= share * this.#maxEntries && held.bytes + bytes <= share * this.#maxBytes;
  }

  #hold(sender: string | undefined, bytes: number): Held | undefined {
    this.#all.entries++;
    this.#all.bytes += bytes;
    if (sender === undefined) return undefined;
    let held = this.#bySender.get(sender);
    if (held === undefined) {
      held = { entries: 0, bytes: 0 };
      this.#bySender.set(sender, held);
    }
    held.entries++;
    held.bytes += bytes;
    return held;
  }

  /**
   * Adds an acknowledgement to the next batch. They are few, because a sink has one batch outstanding. At the limit the
   * oldest is dropped; a later acknowledgement includes it.
   */
  acknowledge(acknowledgement: Acknowledgement): void {
    this.#acknowledgements.push(acknowledgement);
    if (this.#acknowledgements.length > maxAcknowledgements) this.#acknowledgements.shift();
  }

  /** Removes the next batch from the queue. */
  nextBatch(stamp: Stamp): QueuedBatch {
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
   * Refuses waiting entries with alerts of the same devices as the refused entries of a batch (`all`: the batch
   * failed). Call it before the next `nextBatch`.
   */
  refuseFollowers(taken: QueuedBatch, refused: readonly number[] | 'all', error: ForpostError): void {
    const devices = new Set<EventDraft['device']>();
    const entries = refused === 'all' ? taken.waiting : refused.flatMap((index) => taken.waiting[index] ?? []);
    for (const { entry } of entries) for (const device of alertDevices(entry)) devices.add(device);
    if (devices.size === 0) return;
    this.#waiting = this.#waiting.filter((one) => {
      if (!isBehind(one.entry, devices)) return true;
      for (const device of alertDevices(one.entry)) devices.add(device);
      this.#release(one);
      one.reject(error);
      return false;
    });
    this.#isRefusedNow(devices);
  }

  #refuseBehind(entry: OutboxEntry): void {
    this.#isRefusedNow(alertDevices(entry));
  }

  /** Notes the devices until the end of this turn: callers that add entries in this turn do not know of the refusal. */
  #isRefusedNow(devices: Iterable<EventDraft['device']>): void {
    const before = this.#refusedNow.size;
    for (const device of devices) this.#refusedNow.add(device);
    if (before === 0 && this.#refusedNow.size > 0) outside(setImmediate, () => this.#refusedNow.clear());
  }

  /** Resolves the entries of a batch that is on disk, and rejects the refused ones. */
  committed(taken: QueuedBatch, outcome: CommitOutcome): void {
    const repeated = new Map(outcome.repeated);
    const refused = new Set(outcome.refused);
    taken.waiting.forEach((one, index) => {
      if (refused.has(index)) {
        this.#release(one);
        one.reject(noRoom());
        return;
      }
      const known = repeated.get(index) ?? 0;
      this.#committed.push({ one, appended: { stored: one.entry.events.length - known, repeated: known } });
    });
    if (!this.#isResolving) this.#resolveNext();
  }

  /** Resolves the next entries in order; the rest in later turns. */
  #resolveNext(): void {
    const resolved = this.#committed.splice(0, resolvedPerTurn);
    for (const { one, appended } of resolved) {
      this.#release(one);
      one.resolve(appended);
    }
    this.#isResolving = this.#committed.length > 0;
    if (this.#isResolving) setImmediate(() => this.#resolveNext());
  }

  failed(taken: QueuedBatch, error: ForpostError): void {
    this.#refuse(taken.waiting, error);
  }

  /** Resolves the stored entries, then rejects all that wait. */
  failAll(error: ForpostError): void {
    for (const { one, appended } of this.#committed.splice(0)) {
      this.#release(one);
      one.resolve(appended);
    }
    const waiting = this.#waiting;
    this.#waiting = [];
    this.#refuse(waiting, error);
  }

  #refuse(waiting: readonly Waiting[], error: ForpostError): void {
    for (const one of waiting) {
      this.#refuseBehind(one.entry);
      this.#release(one);
      one.reject(error);
    }
  }

  #release({ entry: { sender }, bytes, ofSender }: Waiting): void {
    this.#all.entries--;
    this.#all.bytes -= bytes;
    if (ofSender === undefined || sender === undefined) return;
    ofSender.entries--;
    ofSender.bytes -= bytes;
    if (ofSender.entries === 0) this.#bySender.delete(sender);
  }
}

function inWords({ entries, bytes }: Held): string {
  return `${entries} entries (${(bytes / 1e6).toFixed(1)} MB)`;
}

/** The error for an entry that the file has no space for. */
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

/** Copies the payload: it is a view of the socket's buffer, and postMessage would copy that whole buffer. */
function copyOf(letter: DeadLetter): DeadLetter {
  return { ...letter, payload: new Uint8Array(letter.payload) };
}
