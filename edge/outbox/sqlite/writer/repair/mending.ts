/**
 * Finds altered and missing rows in a file that SQLite calls sound, and takes them out.
 *
 *   an event altered, or missing and in no hole ──► deleted, a hole instead, and a loss that a gap record will name
 *   a cursor altered ──► back in front of the first kept event: the centre drops events sent twice by their numbers
 *   a hole altered ──► deleted: its range is found missing, and named once more
 *   an alert altered (it may be a gap record), a lane altered, or damage in more places than gap records can name
 *                    ──► DamageError: the file is built anew (rescue.ts)
 *
 * Always: within one transaction of the caller, so that a kill leaves all of it or nothing.
 */

import type { Epoch, Lane, Sequence } from '@forpost/shared/event/ids.ts';
import { words } from '@forpost/shared/texts/english.ts';
import type Database from 'better-sqlite3';
import { alteredReason } from '../../../gap.ts';
import { DamageError } from '../../damage.ts';
import { type EventRow, eventOf } from '../../event-rows.ts';
import { hashOfRow } from '../../row-hash.ts';
import * as cursors from '../../sql/cursors.ts';
import * as events from '../../sql/events.ts';
import * as holes from '../../sql/holes.ts';
import { selectLaneRows, updateLane } from '../../sql/lanes.ts';
import { insertLoss } from '../../sql/losses.ts';
import { hashOfLane } from '../lane-hash.ts';
import { hashOfHole } from '../space/shedder.ts';
import { type CursorRow, isGoodCursor, isGoodLane, type LaneRow } from './books.ts';
import type { Mended } from './mended.ts';

/** The most lost ranges of one lane: each is a gap record. */
const mostPlaces = 1000;

/** Mends all rows that the writer relies on, except events: they are few. @throws DamageError */
export function mendBooks(db: Database.Database): void {
  const lanes = db.prepare<[], LaneRow>(selectLaneRows).all();
  if (!lanes.every(isGoodLane)) throw new DamageError(words('gateway/reason.outbox-lanes'));
  const firstOf = new Map(lanes.map((lane) => [`${lane.epoch}/${lane.lane}`, lane]));
  const remove = db.prepare(cursors.deleteCursor);
  for (const row of db.prepare<[], CursorRow>(cursors.selectCursorRows).all()) {
    if (isGoodCursor(row)) continue;
    const { sink, epoch, lane } = row;
    remove.run(sink, epoch, lane);
    const state = firstOf.get(`${epoch}/${lane}`);
    if (state === undefined) continue;
    const acked = state.first - 1;
    const before = db.prepare<[string, string], number>(events.selectBytesBeforeFirst).pluck().get(epoch, lane);
    const bytes = before ?? state.bytes;
    db.prepare(cursors.moveCursor).run(
      ...[sink, epoch, lane, acked, bytes, hashOfRow('cursors', [sink, epoch, lane, acked, bytes])],
    );
  }
  const removeHole = db.prepare(holes.deleteHole);
  for (const { epoch, lane, first, last, count, bytes, hash } of db.prepare<[], HoleRow>(holes.selectHoleRows).all())
    if (hash !== null && hash !== hashOfHole(epoch, lane, first, last, count, bytes))
      removeHole.run(epoch, lane, first);
}

/** Mends all events. Returns the number of lost ranges; each is a row of `losses`. @throws DamageError */
export function mendEvents(db: Database.Database): number {
  const insert = db.prepare(insertLoss);
  let count = 0;
  for (const lane of db.prepare<[], LaneRow>(selectLaneRows).all()) {
    const { ranges, next, bytes } = mendLane(db, lane, lane.first - 1, Number.POSITIVE_INFINITY);
    for (const { from, to } of ranges) insert.run(lane.epoch, lane.lane, from, to, alteredReason);
    count += ranges.length;
    if (next === lane.next || ranges.length === 0) continue;
    // no event is behind the hole at the lane's end: the lane ends in front of it
    const state = { ...lane, first: Math.min(lane.first, next), next, bytes };
    db.prepare(updateLane).run(state.first, next, bytes, hashOfLane(state), lane.epoch, lane.lane);
  }
  if (count > 0) removeStrangers(db);
  return count;
}

/** Deletes events of lanes that do not exist: their keys are altered, and no reader would find them. */
function removeStrangers(db: Database.Database): void {
  db.exec(`delete from events where not exists
    (select 1 from lanes where lanes.epoch = events.epoch and lanes.lane = events.lane)`);
}

/**
 * Checks at most `mostRows` events of a lane behind `after`: deletes altered ones, and makes holes of missing ranges.
 * @throws DamageError
 */
export function mendLane(
  db: Database.Database,
  { epoch, lane, first, next }: Pick<LaneRow, 'epoch' | 'lane' | 'first' | 'next'>,
  after: Sequence,
  mostRows: number,
): Mended {
  const found = examine(db, epoch, lane, Math.max(after, first - 1), next, mostRows);
  const remove = db.prepare(events.deleteRange);
  const insert = db.prepare(holes.insertHole);
  const ranges: { from: Sequence; to: Sequence }[] = [];
  for (const { from, to, bytes } of found.suspect) {
    const free = outsideHoles(db, epoch, lane, from, to);
    // the alert may be a gap record of another lane, which only a rescue can restore
    if (lane === 'alerts' && free.length > 0) throw new DamageError(words('gateway/reason.outbox-alert'));
    if (free.length > 0) remove.run(epoch, lane, from, to);
    for (const [one, other] of free) {
      const count = other - one + 1;
      const ofHole = count === to - from + 1 ? bytes : 0;
      insert.run(epoch, lane, one, other, count, ofHole, hashOfHole(epoch, lane, one, other, count, ofHole));
      ranges.push({ from: one, to: other });
    }
    if (ranges.length > mostPlaces) throw new DamageError(words('gateway/reason.outbox-places'));
  }
  return { ranges, next: found.next, bytes: found.bytes };
}

/** The parts of a range that are in no hole. */
function outsideHoles(
  db: Database.Database,
  epoch: Epoch,
  lane: Lane,
  from: Sequence,
  to: Sequence,
): readonly (readonly [Sequence, Sequence])[] {
  const known = db.prepare<[string, string, number], { first: Sequence; last: Sequence }>(holes.selectHolesOf);
  const free: [Sequence, Sequence][] = [];
  let begin = from;
  for (const hole of known.all(epoch, lane, from - 1)) {
    if (hole.first > to) break;
    if (hole.first > begin) free.push([begin, hole.first - 1]);
    begin = Math.max(begin, hole.last + 1);
  }
  if (begin <= to) free.push([begin, to]);
  return free;
}

interface Suspect {
  readonly from: Sequence;
  readonly to: Sequence;
  /** bytes that the lane counts for the range */
  readonly bytes: number;
}

/** Ranges without an unaltered event; holes may be among them. */
function examine(
  db: Database.Database,
  epoch: Epoch,
  lane: Lane,
  after: Sequence,
  next: Sequence,
  mostRows: number,
): { readonly suspect: readonly Suspect[]; readonly next: Sequence; readonly bytes: number } {
  const rows = db.prepare<[string, string, number], EventRow>(events.selectEventsOfLane);
  const suspect: Suspect[] = [];
  let last = after;
  let total = 0;
  let isWhole = true;
  let examined = 0;
  let key = after;
  for (const row of rows.iterate(epoch, lane, after)) {
    // in a b-tree with damaged order no row is found where it belongs
    if (!(row.sequence > key) || row.sequence >= next) throw new DamageError(words('gateway/reason.outbox-disorder'));
    key = row.sequence;
    if (++examined > mostRows) {
      isWhole = false;
      break;
    }
    if (eventOf(row) === undefined) continue;
    const ownBytes = Buffer.byteLength(row.data);
    if (row.sequence > last + 1) {
      const bytes = total === 0 ? 0 : Math.max(0, row.totalBytes - ownBytes - total);
      suspect.push({ from: last + 1, to: row.sequence - 1, bytes });
    }
    last = row.sequence;
    total = row.totalBytes;
  }
  if (isWhole && last + 1 < next) suspect.push({ from: last + 1, to: next - 1, bytes: 0 });
  return { suspect, next: last + 1, bytes: total };
}

interface HoleRow {
  readonly epoch: Epoch;
  readonly lane: Lane;
  readonly first: Sequence;
  readonly last: Sequence;
  readonly count: number;
  readonly bytes: number;
  readonly hash: number | null;
}
