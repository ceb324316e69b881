/**
 * The outbox's file on the simulated disk: SQLite in memory that records what each transaction does to the events. The disk
 * begins another file when one is put aside, rescued or restored.
 *
 * Always: `takeChanges` returns each committed change once; a transaction that is rolled back leaves no change.
 */
import type { StoredEvent } from '@forpost/shared/event/codec.ts';
import type { Epoch, Lane, Sequence } from '@forpost/shared/event/ids.ts';
import Database from 'better-sqlite3';
import { rowBytes } from '../../../edge/outbox/space.ts';
import { registerRowHash } from '../../../edge/outbox/sqlite/row-hash.ts';
import { pageBytes, SimulatedDatabase } from './simulated-database.ts';

export interface LaneRow {
  readonly epoch: Epoch;
  readonly lane: Lane;
  /** the first number that is still stored */
  readonly first: Sequence;
  readonly last: Sequence;
}

export interface EventKey {
  readonly epoch: Epoch;
  readonly lane: Lane;
  readonly sequence: Sequence;
}

/** Events that committed transactions have inserted and deleted. */
export interface Changes {
  readonly inserted: readonly StoredEvent[];
  readonly deleted: readonly EventKey[];
}

/** Records a transaction's effect on the events; a rollback undoes the record too. */
const watchEvents = `
create temp table changed (kind text, epoch text, lane text, seq integer);
create temp trigger inserted after insert on main.events
begin insert into changed values ('in', new.epoch, new.lane, new.seq); end;
create temp trigger deleted after delete on main.events
begin insert into changed values ('out', old.epoch, old.lane, old.seq); end;`;
const selectChanged = `
select c.kind, c.epoch, c.lane, c.seq as sequence, type, device, time, received, clock, boot, uptime, data
from temp.changed c left join events e on e.epoch = c.epoch and e.lane = c.lane and e.seq = c.seq order by c.rowid`;
const selectAlertBytes = `
select coalesce(sum(octet_length(data) + ${rowBytes}), 0) from events where lane = 'alerts'`;
const selectLaneRows = `
select epoch, lane, first_seq as first, next_seq - 1 as last from lanes order by start, lane`;

export class OutboxFile {
  readonly db: SimulatedDatabase;
  readonly #changed: Database.Statement<[], StoredEvent & { readonly kind: 'in' | 'out' }>;
  readonly #forgetChanged: Database.Statement;
  readonly #cursors: Database.Statement<[], { readonly key: string; readonly acked: number }>;
  readonly #lanes: Database.Statement<[], LaneRow>;
  readonly #alertBytes: Database.Statement<[], number>;
  readonly #pages: Database.Statement<[], number>;
  readonly #freePages: Database.Statement<[], number>;
  readonly #mostPages: Database.Statement<[], number>;

  /** @param bytes the whole file @param beforeCommit throws when a commit shall fail @param more SQL to run at once */
  constructor(bytes: Buffer, beforeCommit: () => void, more: string) {
    const db = new SimulatedDatabase(bytes);
    registerRowHash(db);
    db.exec(watchEvents + more);
    db.beforeCommit = beforeCommit;
    this.db = db;
    this.#changed = db.prepare(selectChanged);
    this.#forgetChanged = db.prepare('delete from temp.changed');
    this.#cursors = db.prepare(`select sink || '/' || epoch || '/' || lane as key, acked from cursors`);
    this.#lanes = db.prepare(selectLaneRows);
    this.#alertBytes = db.prepare<[], number>(selectAlertBytes).pluck();
    this.#pages = db.prepare<[], number>('pragma page_count').pluck();
    this.#freePages = db.prepare<[], number>('pragma freelist_count').pluck();
    this.#mostPages = db.prepare<[], number>('pragma max_page_count').pluck();
  }

  /** What has been committed since the last call. */
  takeChanges(): Changes {
    const rows = this.#changed.all();
    if (rows.length > 0) this.#forgetChanged.run();
    return {
      inserted: rows.flatMap(({ kind, ...event }) => (kind === 'in' ? [event] : [])),
      deleted: rows.flatMap(({ kind, epoch, lane, sequence }) => (kind === 'out' ? [{ epoch, lane, sequence }] : [])),
    };
  }

  /** Each sink's cursor by `sink/epoch/lane`. */
  cursors(): ReadonlyMap<string, Sequence> {
    return new Map(this.#cursors.all().map(({ key, acked }) => [key, acked]));
  }

  get lanes(): readonly LaneRow[] {
    return this.#lanes.all();
  }

  /** `epoch/lane/sequence` of each stored event */
  eventNames(): readonly string[] {
    return this.db.prepare<[], string>(`select epoch || '/' || lane || '/' || seq from events`).pluck().all();
  }

  /** Devices' own ids of stored events. */
  resendIds(): ReadonlySet<string> {
    return new Set(this.db.prepare<[], string>('select id from recent').pluck().all());
  }

  /** how often a gateway has started with this file */
  get starts(): number {
    return this.db.prepare<[], number>('select starts from meta').pluck().get() ?? 0;
  }

  get usedBytes(): number {
    return (this.#pageCount - (this.#freePages.get() ?? 0)) * pageBytes;
  }

  /** Bytes of the alerts lanes, by the outbox's count. */
  get alertBytes(): number {
    return this.#alertBytes.get() ?? 0;
  }

  /** how many bytes the file may still grow by */
  get spareBytes(): number {
    return ((this.#mostPages.get() ?? 0) - this.#pageCount) * pageBytes;
  }

  /** Lets the file grow by `bytes` from its present size, and no further. */
  limitGrowth(bytes: number): void {
    this.db.pragma(`max_page_count = ${this.#pageCount + Math.floor(bytes / pageBytes)}`);
  }

  get #pageCount(): number {
    return this.#pages.get() ?? 0;
  }
}

/** An error as SQLite throws it. */
export function sqliteError(code: string, message: string): Error {
  return new Database.SqliteError(message, code);
}
