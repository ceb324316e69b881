/**
 * Reads a file's lanes and each sink's cursors, as far as their rows are unaltered: of a damaged file (rescue.ts), and
 * of a file that is opened (mending.ts).
 */
import { type Epoch, isId, isLane, type Lane, type Sequence } from '@forpost/shared/event/ids.ts';
import type Database from 'better-sqlite3';
import { hashOfRow } from '../../row-hash.ts';
import { selectCursorRows } from '../../sql/cursors.ts';
import { selectLaneRows } from '../../sql/lanes.ts';
import { selectMetaIsGood, selectStarts } from '../../sql/meta.ts';
import { hashOfLane } from '../lane-hash.ts';

export interface LaneRow {
  readonly epoch: Epoch;
  readonly lane: Lane;
  readonly start: number;
  readonly first: Sequence;
  readonly next: Sequence;
  readonly bytes: number;
  readonly hash: number | null;
}

export interface CursorRow {
  readonly sink: string;
  readonly epoch: string;
  readonly lane: string;
  readonly acked: Sequence;
  readonly bytes: number;
  readonly hash: number | null;
}

export interface Books {
  /** lanes whose row is unaltered, oldest first */
  readonly lanes: readonly LaneRow[];
  /** no lane of the file is missing here */
  readonly isComplete: boolean;
  readonly starts: number;
  /** 0: unknown */
  acked(sink: string, epoch: string, lane: string): Sequence;
}

/**
 * @param startsKnown the number of starts that is known from beside the file: a file with fewer starts is an older copy
 */
export function readBooks(db: Database.Database | undefined, startsKnown: number): Books {
  const lanes = attempt(() => db?.prepare<[], LaneRow>(selectLaneRows).all());
  const good = lanes?.filter(isGoodLane) ?? [];
  const starts = attempt(() => {
    if (db?.prepare(selectMetaIsGood).pluck().get() !== 1) return undefined;
    return db.prepare<[], number>(selectStarts).pluck().get();
  });
  const acked = new Map<string, Sequence>();
  for (const row of attempt(() => db?.prepare<[], CursorRow>(selectCursorRows).all()) ?? [])
    if (isGoodCursor(row)) acked.set(`${row.sink}/${row.epoch}/${row.lane}`, row.acked);
  return {
    lanes: good,
    isComplete: lanes !== undefined && good.length === lanes.length && starts !== undefined && starts >= startsKnown,
    starts: starts ?? 0,
    acked: (sink, epoch, lane) => acked.get(`${sink}/${epoch}/${lane}`) ?? 0,
  };
}

export function isGoodLane(row: LaneRow): boolean {
  const { epoch, lane, start, first, next, bytes, hash } = row;
  if (!isId(epoch) || !isLane(lane) || ![start, first, next, bytes].every(isCount) || first > next) return false;
  return hash === null || hash === hashOfLane(row);
}

export function isGoodCursor({ sink, epoch, lane, acked, bytes, hash }: CursorRow): boolean {
  if (!isCount(acked) || !isCount(bytes)) return false;
  return hash === null || hash === hashOfRow('cursors', [sink, epoch, lane, acked, bytes]);
}

function isCount(value: unknown): boolean {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}

function attempt<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}
