/**
 * Copies the outbox into a new file for a backup: the events that some sink has not called safe, every kept alert, and
 * the broker's state. A process of its own runs it, beside a running gateway or after a stop.
 *
 * Always: the copy is the state of one moment, because one read transaction reads it; writers do not wait for it, and
 * SQLite's log grows until the copy is done. The source's connection cannot write. The copy names later events as
 * lost: its table `losses` has the running epoch from the next number on, without an end, and the next start makes gap
 * records of it. Each lane keeps its newest event, so that the centre learns where the lane ended.
 */
import { existsSync } from 'node:fs';
import { dirname } from 'node:path';
import { ForpostError } from '@forpost/shared/errors.ts';
import { type Epoch, lanes, type Sequence } from '@forpost/shared/event/ids.ts';
import Database from 'better-sqlite3';
import { restoredReason } from '../../gap.ts';
import { rowBytes } from '../../space.ts';
import { insertEvent } from '../sql/events.ts';
import { insertHole } from '../sql/holes.ts';
import { insertLane, selectLanes } from '../sql/lanes.ts';
import { insertLoss } from '../sql/losses.ts';
import { beginEpoch, saveMetaHash, selectMeta } from '../sql/meta.ts';
import { schemaVersion } from '../sql/schema.ts';
import * as sql from '../sql/snapshot.ts';
import { hashOfLane, type LaneNumbers } from '../writer/lane-hash.ts';
import { openPlain, removeDatabase } from '../writer/opening.ts';
import { diskSpace } from '../writer/space/disk.ts';

export interface Snapshot {
  /** the epoch that ran, and how many times the file was started; '' and 0: never */
  readonly epoch: Epoch | '';
  readonly starts: number;
  /** version of the tables */
  readonly schema: number;
  /** events that some sink has not called safe */
  readonly unsent: number;
  /** events in the copy */
  readonly events: number;
}

export interface SnapshotOptions {
  readonly file: string;
  /** path of the new file; an existing file is removed */
  readonly to: string;
  /** names of the configured sinks */
  readonly sinks: readonly string[];
  /** free bytes that must be left on the disk */
  readonly spareBytes: number;
}

/** The version of tables that this Forpost reads and writes. */
export const newestSchema: number = schemaVersion;

interface Meta {
  readonly epoch: Epoch;
  readonly schema: number;
  readonly starts: number;
}

/** A lane of the source, and the first event of it that is copied. */
interface Part extends LaneNumbers {
  readonly from: Sequence;
  readonly unsent: number;
}

/** @throws ForpostError FORPOST_BACKUP_FAILED; an error of SQLite where the file cannot be read */
export function takeSnapshot(options: SnapshotOptions): Snapshot {
  removeDatabase(options.to);
  const source = openSource(options.file);
  try {
    source.exec('begin');
    const meta = metaOf(source, options.file);
    const parts = partsOf(source, options.sinks);
    checkSpace(source, parts, options);
    const events = fill(source, options.to, meta, parts);
    return { ...meta, unsent: parts.reduce((sum, { unsent }) => sum + unsent, 0), events };
  } catch (error) {
    removeDatabase(options.to);
    throw error;
  } finally {
    source.close();
  }
}

function openSource(file: string): Database.Database {
  if (!existsSync(file))
    throw new ForpostError('FORPOST_BACKUP_FAILED', `${file} is not there: has this gateway ever been started?`);
  return new Database(file, { readonly: true, fileMustExist: true, timeout: 5000 });
}

function metaOf(source: Database.Database, file: string): Meta {
  const meta = source.prepare<[], Meta>(selectMeta).get();
  if (meta?.schema === schemaVersion) return meta;
  throw new ForpostError(
    'FORPOST_BACKUP_FAILED',
    `${file} was written by another version of Forpost (version ${meta?.schema} of its tables, this one knows ${schemaVersion}): make the backup with the version that runs the gateway`,
  );
}

function partsOf(source: Database.Database, sinks: readonly string[]): readonly Part[] {
  const all = source.prepare<[], LaneNumbers>(selectLanes).all();
  const cursors = source.prepare<[string, string], [string, string, string, Sequence]>(sql.selectCursorRows).raw();
  const firstFrom = source.prepare<[string, string, number], Sequence | null>(sql.selectFirstFrom).pluck();
  return all.map((lane) => {
    const { epoch, first, next } = lane;
    const acked = new Map(cursors.all(epoch, lane.lane).map(([sink, , , through]) => [sink, through]));
    const through = Math.min(next - 1, ...sinks.map((sink) => acked.get(sink) ?? 0));
    const wanted = lane.lane === 'alerts' ? first : Math.max(first, Math.min(through + 1, next - 1));
    // where that event is shed, the lane begins with the next one in the file
    const from = firstFrom.get(epoch, lane.lane, wanted) ?? next;
    return { ...lane, from, unsent: next - 1 - through };
  });
}

function checkSpace(source: Database.Database, parts: readonly Part[], { to, spareBytes }: SnapshotOptions): void {
  const before = source.prepare<[string, string, number], number>(sql.selectBytesBefore).pluck();
  const bytes = parts.reduce((sum, { epoch, lane, from, next, bytes: all }) => {
    const kept = all - (before.get(epoch, lane, from) ?? all);
    return sum + kept + rowBytes * (next - from);
  }, 0);
  const folder = dirname(to);
  const { freeBytes } = diskSpace(folder);
  if (freeBytes >= bytes + spareBytes) return;
  const mb = (value: number) => `${Math.ceil(value / 1e6)} MB`;
  throw new ForpostError(
    'FORPOST_BACKUP_FAILED',
    `the disk of ${folder} has ${mb(freeBytes)} free, and a copy of the unsent events needs ${mb(bytes + spareBytes)}: free some space, or let the gateway send first`,
  );
}

/** Fills the new file. @returns the number of copied events */
function fill(source: Database.Database, to: string, meta: Meta, parts: readonly Part[]): number {
  const target = openPlain(to);
  try {
    return target.transaction(() => {
      target.prepare(beginEpoch).run(meta.epoch, meta.starts);
      target.prepare(saveMetaHash).run();
      for (const table of sql.copiedTables) {
        const columns = target.prepare<[string], string>(sql.selectColumns).pluck().all(table);
        copy(source, target, sql.selectAll(table, columns), sql.insertAll(table, columns));
      }
      const events = parts.reduce((sum, part) => sum + copyLane(source, target, part), 0);
      nameWhatFollows(target, meta.epoch, parts);
      return events;
    })();
  } finally {
    target.close();
  }
}

function copyLane(source: Database.Database, target: Database.Database, part: Part): number {
  const { epoch, lane, start, from, next, bytes } = part;
  const numbers = { epoch, lane, start, first: from, next, bytes };
  target.prepare(insertLane).run(epoch, lane, start, from, next, bytes, hashOfLane(numbers));
  const place = [epoch, lane];
  copy(source, target, sql.selectCursorRows, sql.insertCursor, place);
  copy(source, target, sql.selectHoleRows, insertHole, [...place, from]);
  return copy(source, target, sql.selectEventRows, insertEvent, [...place, from]);
}

/** Names as lost every event that the source stores from now on. */
function nameWhatFollows(target: Database.Database, epoch: Epoch, parts: readonly Part[]): void {
  if (epoch.length === 0) return;
  const insert = target.prepare(insertLoss);
  for (const lane of lanes) {
    const next = parts.find((part) => part.epoch === epoch && part.lane === lane)?.next ?? 1;
    insert.run(epoch, lane, next, null, restoredReason);
  }
}

/** Copies the rows of a statement one by one. @returns their number */
function copy(
  source: Database.Database,
  target: Database.Database,
  select: string,
  insert: string,
  parameters: readonly unknown[] = [],
): number {
  const into = target.prepare<unknown[]>(insert);
  let rows = 0;
  for (const row of source
    .prepare<unknown[], unknown[]>(select)
    .raw()
    .iterate(...parameters)) {
    into.run(...row);
    rows++;
  }
  return rows;
}
