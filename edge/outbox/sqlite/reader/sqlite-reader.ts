/**
 * Reads the outbox from another thread, through its own connection, which cannot write.
 *
 * Always: an event that is altered, or missing and not named by a gap record, is never returned: `read` ends in front
 * of it, and throws a DamagedRange where it is the first. Each call is one short read, so that no open read keeps the
 * writer's log from being checkpointed. After a file was put aside and a new one begun, the next `backlog` reads the
 * new one.
 */
import { statSync } from 'node:fs';
import type { StoredEvent } from '@forpost/shared/event/codec.ts';
import type { DeviceId, Epoch, Lane, Sequence } from '@forpost/shared/event/ids.ts';
import type { LaneBacklog } from '@forpost/shared/event/status.ts';
import Database from 'better-sqlite3';
import type { OutboxReader } from '../../outbox.ts';
import { DamagedRange, type EventRow, eventOf } from '../event-rows.ts';
import { selectBacklog, selectDrained } from '../sql/cursors.ts';
import { selectEvents, selectNewestEvents } from '../sql/events.ts';
import { selectHolesOf } from '../sql/holes.ts';
import { selectEpochs, selectFirstOf, selectLastOf } from '../sql/lanes.ts';
import { selectRecent } from '../sql/recent.ts';
import { keptId } from '../writer/recent-ids.ts';

/** KB of cached pages: a reader moves on and seldom reads a page twice. better-sqlite3's default is 16 MB. */
const cacheKb = 1024;

interface SequenceRow {
  readonly first: Sequence;
  readonly last: Sequence;
}

interface Connection {
  readonly db: Database.Database;
  readonly identity: number | undefined;
  readonly backlog: Database.Statement<[string], LaneBacklog & { readonly shed: number }>;
  readonly drained: Database.Statement<[string, number], LaneBacklog>;
  readonly events: Database.Statement<[string, string, number, number], EventRow>;
  readonly newest: Database.Statement<[string, string, number], EventRow>;
  readonly firstOf: Database.Statement<[string, string], number>;
  readonly lastOf: Database.Statement<[string, string], number>;
  readonly holes: Database.Statement<[string, string, number], SequenceRow>;
  readonly recent: Database.Statement<[string, string]>;
}

/** Where a reader finds the outbox's file. */
export interface ReaderSource {
  /** Opens a connection that cannot write. @throws SqliteError */
  connect(): Database.Database;
  /** identifies the file in the place; undefined: there is none at present */
  identity(): number | undefined;
}

/** Opens the outbox's file, which the outbox must have created. @throws SqliteError where it cannot be read */
export function openReader(file: string): OutboxReader {
  return new SqliteReader({
    connect: () => new Database(file, { readonly: true, fileMustExist: true, timeout: 5000 }),
    identity: () => statSync(file, { throwIfNoEntry: false })?.ino,
  });
}

/** Reads the outbox's file once, by `read`. @throws SqliteError where the file cannot be read */
export function readOnce<T>(file: string, read: (reader: OutboxReader) => T): T {
  const reader = openReader(file);
  try {
    return read(reader);
  } finally {
    reader.close();
  }
}

export class SqliteReader implements OutboxReader {
  readonly #source: ReaderSource;
  #connection: Connection;

  constructor(source: ReaderSource) {
    this.#source = source;
    this.#connection = connect(source);
  }

  backlog(sink: string): readonly LaneBacklog[] {
    const identity = this.#source.identity();
    // after a damaged file is renamed there is nothing to read until the next one is created
    if (identity === undefined) return [];
    if (identity !== this.#connection.identity && !this.#reopen()) return [];
    return this.#connection.backlog.all(sink).map(({ shed, ...lane }) => (shed > 0 ? { ...lane, shed } : lane));
  }

  drained(sink: string, limit: number): readonly LaneBacklog[] {
    return this.#connection.drained.all(sink, limit);
  }

  read(epoch: Epoch, lane: Lane, after: Sequence, maxEvents: number, maxBytes: number): readonly StoredEvent[] {
    const events: StoredEvent[] = [];
    let bytes = 0;
    let last = after;
    for (const row of this.#connection.events.iterate(epoch, lane, after, Math.max(1, maxEvents))) {
      bytes += Buffer.byteLength(row.data);
      if (events.length > 0 && bytes > maxBytes) break;
      const event = eventOf(row);
      // the events in front of it are returned; the next read meets it again
      if (event === undefined || (row.sequence !== last + 1 && !this.#areHoles(epoch, lane, last, row.sequence))) {
        if (events.length === 0) throw new DamagedRange({ epoch, lane, after });
        break;
      }
      events.push(event);
      last = row.sequence;
    }
    if (events.length === 0) this.#isAtEnd(epoch, lane, after);
    return events;
  }

  /** Whether all events between these numbers were deleted after delivery, or are named by gap records. */
  #areHoles(epoch: Epoch, lane: Lane, after: Sequence, before: Sequence): boolean {
    let next = Math.max(after + 1, this.#connection.firstOf.get(epoch, lane) ?? 1);
    for (const { first, last } of this.#connection.holes.iterate(epoch, lane, after))
      if (first <= next) next = Math.max(next, last + 1);
    return next >= before;
  }

  /** @throws DamagedRange where numbers above `after` were assigned and the file has no event of them */
  #isAtEnd(epoch: Epoch, lane: Lane, after: Sequence): void {
    const last = this.#connection.lastOf.get(epoch, lane);
    if (last === undefined || last <= after) return;
    // an event may have been stored since
    if (this.#connection.events.get(epoch, lane, after, 1) !== undefined) return;
    if (!this.#areHoles(epoch, lane, after, last + 1)) throw new DamagedRange({ epoch, lane, after });
  }

  newest(lane: Lane, limit: number): readonly StoredEvent[] {
    const { db, newest } = this.#connection;
    const events: StoredEvent[] = [];
    // a short read each, so that no transaction spans them all
    for (const epoch of db.prepare<[string], string>(selectEpochs).pluck().all(lane)) {
      if (events.length >= limit) break;
      for (const row of newest.iterate(epoch, lane, limit - events.length)) {
        const event = eventOf(row);
        if (event !== undefined) events.push(event);
      }
    }
    return events;
  }

  isStored(device: DeviceId | null, resendId: string): boolean {
    return this.#connection.recent.get(device ?? '', keptId(resendId)) !== undefined;
  }

  close(): void {
    this.#connection.db.close();
  }

  /** false while the new file has no tables yet */
  #reopen(): boolean {
    try {
      const next = connect(this.#source);
      this.#connection.db.close();
      this.#connection = next;
      return true;
    } catch (error) {
      if (error instanceof Database.SqliteError && error.code === 'SQLITE_ERROR') return false;
      throw error;
    }
  }
}

function connect(source: ReaderSource): Connection {
  const db = source.connect();
  try {
    db.pragma(`cache_size = -${cacheKb}`);
    return {
      db,
      identity: source.identity(),
      backlog: db.prepare(selectBacklog),
      drained: db.prepare(selectDrained),
      events: db.prepare(selectEvents),
      newest: db.prepare(selectNewestEvents),
      holes: db.prepare(selectHolesOf),
      firstOf: db.prepare<[string, string], number>(selectFirstOf).pluck(),
      lastOf: db.prepare<[string, string], number>(selectLastOf).pluck(),
      recent: db.prepare(selectRecent),
    };
  } catch (error) {
    db.close();
    throw error;
  }
}
