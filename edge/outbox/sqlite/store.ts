/**
 * The writer's side of the file: takes a batch, gives the numbers, makes it durable in one transaction.
 *
 *   commit: delete delivered ──► move cursors ──► insert entries (or refuse them for room) ──► fsync
 *              └── anything throws ──► rollback, and the state in memory is read anew from the file
 *
 * Always: a batch is committed whole or not at all; an entry is stored whole, or refused whole; telemetry may use 90 %
 * of the file's limit and whatever carries an alert all of it.
 */
import type { Epoch, Lane } from '@forpost/shared/event/ids.ts';
import type Database from 'better-sqlite3';
import { DeadLetterBox } from './dead-letter-box.ts';
import { type LaneState, Lanes } from './lanes.ts';
import { type Batch, type CommitOutcome, type FileState, valuesPerEvent, type WriterLimits } from './messages.ts';
import { RecentIds } from './recent-ids.ts';
import { Retention } from './retention.ts';
import { insertEvent } from './sql/events.ts';
import { beginEpoch } from './sql/meta.ts';

/** Share of the limit that telemetry leaves to alerts. */
const alertsReserve = 0.1;
/** Share of the limit from which delivered events make room before their time. */
const pressedFrom = 0.8;
/** What an event takes beside its data: key, times, boot, its share of the pages. An estimate within a batch only. */
const rowBytes = 160;

export class OutboxStore {
  readonly #db: Database.Database;
  readonly #epoch: Epoch;
  readonly #sinks: readonly string[];
  readonly #limits: WriterLimits;
  readonly #retention: Retention;
  readonly #insert: Database.Statement;
  readonly #pageBytes: number;
  readonly #pages: Database.Statement;
  readonly #freePages: Database.Statement;
  readonly starts: number;
  #lanes: Lanes;
  #recent: RecentIds;
  #deadLetters: DeadLetterBox;

  /** Begins a new epoch in the open file. */
  constructor(db: Database.Database, epoch: Epoch, sinks: readonly string[], limits: WriterLimits) {
    this.#db = db;
    this.#epoch = epoch;
    this.#sinks = sinks;
    this.#limits = limits;
    this.#insert = db.prepare(insertEvent);
    this.#pageBytes = db.pragma('page_size', { simple: true }) as number;
    this.#pages = db.prepare('pragma page_count').pluck();
    this.#freePages = db.prepare('pragma freelist_count').pluck();
    this.#lanes = new Lanes(db, sinks);
    this.#recent = new RecentIds(db);
    this.#deadLetters = new DeadLetterBox(db);
    this.#retention = new Retention(db, limits.keepDeliveredMs, epoch);
    this.starts = db.transaction(() => {
      const starts = db.prepare(beginEpoch).pluck().get(epoch) as number;
      this.#lanes.begin(epoch, starts);
      return starts;
    })();
  }

  /** @throws what SQLite throws; nothing of the batch is stored then */
  commit(batch: Batch): CommitOutcome {
    this.#db.exec('begin immediate');
    try {
      const outcome = this.#write(batch);
      this.#db.exec('commit');
      return outcome;
    } catch (error) {
      if (this.#db.inTransaction) this.#db.exec('rollback');
      this.#lanes = new Lanes(this.#db, this.#sinks);
      this.#recent = new RecentIds(this.#db);
      this.#deadLetters = new DeadLetterBox(this.#db);
      throw error;
    }
  }

  deadLetters(limit: number) {
    return this.#deadLetters.newest(limit);
  }

  state(): FileState {
    const pages = this.#pages.get() as number;
    const free = this.#freePages.get() as number;
    return {
      fileBytes: pages * this.#pageBytes,
      usedBytes: (pages - free) * this.#pageBytes,
      deadLetters: this.#deadLetters.count,
    };
  }

  #write(batch: Batch): CommitOutcome {
    const { maxBytes } = this.#limits;
    const events = batch.values.length / valuesPerEvent;
    const pressed = this.state().usedBytes > pressedFrom * maxBytes;
    this.#retention.run(this.#lanes, batch.now, pressed, events);
    for (const acknowledgement of batch.acknowledgements) this.#lanes.acknowledge(acknowledgement);

    let used = this.state().usedBytes;
    const refused: number[] = [];
    const repeated: [number, number][] = [];
    const targets = {
      alerts: this.#lanes.get(this.#epoch, 'alerts'),
      telemetry: this.#lanes.get(this.#epoch, 'telemetry'),
    };
    let stored = 0;
    let at = 0;
    let letter = 0;
    batch.counts.forEach((count, entry) => {
      const end = at + count * valuesPerEvent;
      let bytes = 0;
      let hasAlert = false;
      for (let i = at; i < end; i += valuesPerEvent) {
        bytes += rowBytes + (batch.values[i + 8] as string).length;
        hasAlert ||= batch.values[i] === 'alerts';
      }
      const own = batch.deadLetters[letter]?.entry === entry ? batch.deadLetters[letter++] : undefined;
      // dead letters have a bound of their own
      if (count > 0 && used + bytes > maxBytes * (hasAlert ? 1 : 1 - alertsReserve)) {
        refused.push(entry);
        at = end;
        return;
      }
      let known = 0;
      for (; at < end; at += valuesPerEvent) {
        if (this.#insertEvent(batch.values, at, targets)) stored++;
        else known++;
      }
      if (own !== undefined) this.#deadLetters.add(own);
      if (known > 0) repeated.push([entry, known]);
      used += bytes;
    });
    if (stored > 0) for (const lane of Object.values(targets)) this.#lanes.save(lane);
    return { stored, repeated, refused, state: this.state() };
  }

  /** false where the device's own id of this event was known */
  #insertEvent(values: Batch['values'], at: number, targets: Readonly<Record<Lane, LaneState>>): boolean {
    const device = values[at + 2] as string | null;
    const data = values[at + 8] as string;
    const resendId = values[at + 9] as string | null;
    if (resendId !== null && !this.#recent.isNew(device ?? '', resendId)) return false;
    const lane = targets[values[at] as Lane];
    const bytes = lane.bytes + Buffer.byteLength(data);
    this.#insert.run(
      lane.epoch,
      lane.lane,
      lane.next,
      values[at + 1],
      device,
      values[at + 3],
      values[at + 4],
      values[at + 5],
      values[at + 6],
      values[at + 7],
      data,
      bytes,
    );
    lane.next++;
    lane.bytes = bytes;
    return true;
  }
}
