/**
 * What waits for the disk: entries gathered into the batch that follows the running commit.
 *
 * Always: at most `maxEntries` entries and `maxBytes` bytes wait or are being committed; beyond that `add` says no, and
 * its words say at which bound:
 *  - of one device or consumer at most a third, and a tenth of the whole more for what has an alert in it: however much it
 *    sends, others find room. An entry whose sender has nothing else here is not asked for that, however large it is;
 *  - the last tenth is for what has an alert in it, and for `reserved` entries.
 *
 * A batch that is taken holds at most `batchEntries` and about `batchBytes`, so that no single commit takes long nor much
 * of the log. Of a commit at most `toldPerTurn` entries are told in one turn of the event loop, in order, because the
 * acknowledgement and the delivery of each cost some 10 µs, and an alert may not wait behind thousands of them; refusals
 * are told at once. Alerts of one device keep their order: while one is refused, what was handed over behind it before that
 * was known is refused too.
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
/** Well within the ballast, with what the log adds. */
const batchBytes = 4 * 2 ** 20;
const toldPerTurn = 256;
const maxAcknowledgements = 1000;
/** What an entry weighs beside its data, bytes. */
const entryBytes = 200;
/** Above what the connections of one device let in (16 with 1000 publishes each), so that short ones just wait there. */
const senderShare = 1 / 3;
const urgentShare = 1 / 10;

interface Held {
  entries: number;
  bytes: number;
}

interface Waiting {
  readonly entry: OutboxEntry;
  readonly bytes: number;
  /** all that is here of its sender, with this */
  readonly ofSender: Held | undefined;
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
  readonly #all: Held = { entries: 0, bytes: 0 };
  /** of those senders of whom something is here */
  readonly #bySender = new Map<string, Held>();
  /** devices of whose alerts one was refused in this turn of the event loop, of which nobody has heard yet */
  readonly #refusedNow = new Set<EventDraft['device']>();

  constructor(maxEntries: number, maxBytes: number) {
    this.#maxEntries = maxEntries;
    this.#maxBytes = maxBytes;
  }

  /** Entries that wait, are being committed, or are not told yet that they are. */
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

  /** Why there is no room for it, in words; undefined where there is. */
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

  /** Whoever hands over more in this very turn has not heard of the refusal yet. */
  #isRefusedNow(devices: Iterable<EventDraft['device']>): void {
    const before = this.#refusedNow.size;
    for (const device of devices) this.#refusedNow.add(device);
    if (before === 0 && this.#refusedNow.size > 0) outside(setImmediate, () => this.#refusedNow.clear());
  }

  /** Tells those who wait for a batch that it is on disk. */
  committed(taken: TakenBatch, outcome: CommitOutcome): void {
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
    if (!this.#isTelling) this.#tell();
  }

  /** The next ones in order; the rest in later turns. */
  #tell(): void {
    const told = this.#committed.splice(0, toldPerTurn);
    for (const { one, appended } of told) {
      this.#release(one);
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
