/**
 * Rescues a damaged file into a new one: events from every page that holds them (carving.ts), under their own numbers;
 * the other tables through SQLite as far as it reads them; and the exact ranges of lost events, for gap records.
 *
 *   events (alerts first where space is short) ──► lanes, cursors, holes, losses ──► the broker's state ──► done
 *        └── the disk is full, or the rescue takes too long: events that are not rescued by then are named as lost
 *
 * Always: a rescued event is unaltered. Every event that was stored and not delivered is rescued or named. The damaged
 * file is only read, so that a rescue after a kill begins anew. Bounded: a page and a chunk of rows in memory,
 * `longestMs`.
 */
import type { Clock } from '@forpost/shared/clock.ts';
import { type Epoch, type Lane, lanes, type Sequence } from '@forpost/shared/event/ids.ts';
import type Database from 'better-sqlite3';
import { damagedReason, type Loss } from '../../../gap.ts';
import { codeOf } from '../../damage.ts';
import type { EventRow } from '../../event-rows.ts';
import { hashOfRow } from '../../row-hash.ts';
import * as cursors from '../../sql/cursors.ts';
import * as events from '../../sql/events.ts';
import { insertHole } from '../../sql/holes.ts';
import { insertLane } from '../../sql/lanes.ts';
import { insertLoss } from '../../sql/losses.ts';
import { saveMetaHash, saveStarts } from '../../sql/meta.ts';
import { sessionTables } from '../../sql/sessions.ts';
import { hashOfLane } from '../lane-hash.ts';
import { hashOfHole } from '../space/shedder.ts';
import { type Books, readBooks } from './books.ts';
import { carve } from './carving.ts';
import type { PageImages } from './page-images.ts';
import { type Known, knownEnd, knownEpochs, missingIn } from './salvage.ts';

export interface RescueParts {
  /** with our tables, empty */
  readonly target: Database.Database;
  readonly images: PageImages;
  /** the damaged file opened by SQLite; undefined: SQLite cannot open it */
  readonly damaged: Database.Database | undefined;
  readonly known: Known;
  readonly sinks: readonly string[];
  readonly freeBytes: number;
  readonly clock: Pick<Clock, 'uptime'>;
}

export interface Rescued {
  readonly events: number;
  readonly losses: readonly Loss[];
}

/** Meanwhile devices keep their messages, and alarms act. A file of 1 GB takes a minute or two on two cores. */
const longestMs = 300_000;
const chunkRows = 1000;
/** Bytes that the new file needs in addition to its share of the old file’s size. */
const spareShare = 1.2;
/** Lost ranges that are named for one lane; beyond that the last one reaches to the lane's end. */
const mostRanges = 1000;
/** Tables that are copied row by row, as far as they are readable. */
const copied = ['recent', 'reused_ids', 'redeliveries', 'dead_letters', 'sessions', ...sessionTables, 'retained'];

export function rescue(parts: RescueParts): Rescued {
  const { target, images, damaged, known, freeBytes } = parts;
  const isTight = freeBytes < spareShare * images.totalBytes;
  for (const wanted of isTight ? lanes.map((lane) => [lane]) : [lanes]) saveEvents(parts, wanted);
  const books = readBooks(damaged, known.numbers?.starts ?? 0);
  const losses = target.transaction(() => settle(parts, books))();
  if (damaged !== undefined) for (const table of copied) copyTable(target, damaged, table);
  const count = target.prepare<[], number>('select count(*) from events').pluck().get() ?? 0;
  return { events: count, losses };
}

/**
 * Inserts in chunks, so that a full disk keeps the earlier chunks; then the newest events are deleted to make space for
 * lanes and cursors.
 */
function saveEvents({ target, images, clock }: RescueParts, wanted: readonly Lane[]): void {
  const insert = target.prepare(events.insertFound);
  const remove = target.prepare(events.deleteRange);
  const until = clock.uptime() + longestMs;
  let chunk: EventRow[] = [];
  let before: EventRow[] = [];
  const save = () => {
    target.transaction(() => {
      for (const row of chunk) insert.run(...valuesOf(row));
    })();
    before = chunk;
    chunk = [];
  };
  try {
    for (const row of carve(images)) {
      if (!wanted.includes(row.lane)) continue;
      chunk.push(row);
      if (chunk.length >= chunkRows) save();
      if (clock.uptime() > until) break;
    }
    save();
  } catch (error) {
    if (codeOf(error) !== 'SQLITE_FULL') throw error;
    for (const { epoch, lane, sequence } of before)
      if (lane === 'telemetry') remove.run(epoch, lane, sequence, sequence);
  }
}

function valuesOf(row: EventRow): unknown[] {
  const { epoch, lane, sequence, type, device, time, received, clock, boot, uptime, data, totalBytes, hash } = row;
  return [epoch, lane, sequence, type, device, time, received, clock, boot, uptime, data, totalBytes, hash];
}

interface Place {
  readonly epoch: Epoch;
  readonly lane: Lane;
  readonly start: number;
  /** the last number that every sink has called safe */
  readonly delivered: Sequence;
  /** the last number known to have been given, and whether no later one can exist */
  readonly last: Sequence;
  readonly isEndKnown: boolean;
}

/** Writes lanes, cursors and holes for the rescued events. Returns the losses. */
function settle(parts: RescueParts, books: Books): readonly Loss[] {
  const { target, known } = parts;
  const numbers = target.prepare<[string, string], Sequence>(selectNumbers).pluck();
  const places = placesOf(parts, books);
  const missing = (place: Place, from: Sequence) =>
    rangesOf(place, missingIn(from, place.last, numbers.iterate(place.epoch, place.lane)));
  const isAlertLost = places.some((place) => place.lane === 'alerts' && missing(place, place.delivered + 1).length > 0);
  const losses = places.flatMap((place) => missing(place, isAlertLost ? 1 : place.delivered + 1));
  // of these epochs only gap records were left, which may be among the lost events
  const others = isAlertLost || !books.isComplete ? known.list.named.map(({ epoch }) => epoch) : [];
  for (const epoch of new Set(others))
    if (!places.some((place) => place.epoch === epoch))
      for (const lane of lanes) losses.push({ epoch, lane, from: 1, to: null, reason: damagedReason });
  for (const place of places) writeLane(parts, books, place);
  const insert = target.prepare(insertLoss);
  for (const { epoch, lane, from, to, reason } of losses) insert.run(epoch, lane, from, to, reason);
  target.prepare(saveStarts).run(Math.max(books.starts, known.numbers?.starts ?? 0));
  target.prepare(saveMetaHash).run();
  return losses;
}

const selectNumbers = `select seq from events where epoch = ? and lane = ? order by seq`;
const selectHighest = `select max(seq) from events where epoch = ? and lane = ?`;

function placesOf({ target, known, sinks }: RescueParts, books: Books): readonly Place[] {
  const found = target.prepare<[], { epoch: Epoch; lane: Lane }>(events.selectLanesOfEvents).all();
  const highest = target.prepare<[string, string], Sequence | null>(selectHighest).pluck();
  const forget = target.prepare(events.deleteThrough);
  const order = knownEpochs(known);
  const epochs = new Set([...order, ...books.lanes.map(({ epoch }) => epoch), ...found.map(({ epoch }) => epoch)]);
  const newest = known.numbers?.epoch ?? books.lanes.at(-1)?.epoch ?? order.at(-1);
  const places: Place[] = [];
  for (const epoch of epochs)
    for (const lane of lanes) {
      const row = books.lanes.find((one) => one.epoch === epoch && one.lane === lane);
      const highestFound = highest.get(epoch, lane) ?? 0;
      // an older epoch that the file no longer names was delivered completely: its events on old pages are of no use
      if (row === undefined && books.isComplete && epoch !== newest) {
        forget.run(epoch, lane, highestFound);
        continue;
      }
      if (row !== undefined) forget.run(epoch, lane, row.first - 1);
      const end = knownEnd(known, epoch, lane);
      const last = Math.max(highestFound, (row?.next ?? 1) - 1, end ?? 0);
      const isExact = end !== undefined && (known.numbers?.epoch !== epoch || known.isSameBoot);
      const isEndKnown = isExact || (epoch !== newest && row !== undefined);
      const acked = sinks.map((sink) => books.acked(sink, epoch, lane));
      const delivered = sinks.length === 0 ? last : Math.min(...acked);
      const start = row?.start ?? (known.numbers?.epoch === epoch ? known.numbers.starts : order.indexOf(epoch) + 1);
      places.push({ epoch, lane, start, delivered, last, isEndKnown });
    }
  return places;
}

/** The lost ranges in the form of gap records. */
function rangesOf({ epoch, lane, last, isEndKnown }: Place, missing: Iterable<[Sequence, Sequence]>): Loss[] {
  const losses: Loss[] = [];
  for (const [from, to] of missing) {
    losses.push({ epoch, lane, from, to, reason: damagedReason });
    if (losses.length < mostRanges) continue;
    losses[losses.length - 1] = { epoch, lane, from, to: last, reason: damagedReason };
    break;
  }
  if (!isEndKnown) losses.push({ epoch, lane, from: last + 1, to: null, reason: damagedReason });
  return losses;
}

/** A lane with its rescued events; undefined: no event of it was rescued. */
function writeLane({ target, sinks }: RescueParts, books: Books, { epoch, lane, start }: Place): void {
  const rows = target.prepare<[string, string], Row>(selectRows);
  const hole = target.prepare(insertHole);
  let first: Row | undefined;
  let before: Row | undefined;
  const holes: [number, number, number, number][] = [];
  for (const row of rows.iterate(epoch, lane)) {
    if (before !== undefined && row.seq > before.seq + 1) {
      const bytes = Math.max(0, row.total - row.bytes - before.total);
      holes.push([before.seq + 1, row.seq - 1, row.seq - before.seq - 1, bytes]);
    }
    first ??= row;
    before = row;
  }
  if (first === undefined || before === undefined) return;
  for (const values of holes) hole.run(epoch, lane, ...values, hashOfHole(epoch, lane, ...values));
  const state = { epoch, lane, start, first: first.seq, next: before.seq + 1, bytes: before.total };
  target.prepare(insertLane).run(epoch, lane, start, state.first, state.next, state.bytes, hashOfLane(state));
  const move = target.prepare(cursors.moveCursor);
  const through = target.prepare<[string, string, number], Row>(events.selectLastThrough);
  for (const sink of sinks) {
    const acked = Math.min(Math.max(books.acked(sink, epoch, lane), first.seq - 1), before.seq);
    const bytes = through.get(epoch, lane, acked)?.total ?? first.total - first.bytes;
    move.run(sink, epoch, lane, acked, bytes, hashOfRow('cursors', [sink, epoch, lane, acked, bytes]));
  }
}

interface Row {
  readonly seq: Sequence;
  /** bytes of the lane's data up to and including this row */
  readonly total: number;
  readonly bytes: number;
}

const selectRows = `
select seq, total_bytes as total, octet_length(data) as bytes from events where epoch = ? and lane = ? order by seq`;

/**
 * Copies the table as far as it is readable. The broker's sessions are copied all or none: a session
 * without its subscriptions would get no messages.
 */
function copyTable(target: Database.Database, damaged: Database.Database, table: string): void {
  const isOfSession = table === 'sessions' || (sessionTables as readonly string[]).includes(table);
  try {
    const columns = columnsOf(target, table).filter((name) => columnsOf(damaged, table).includes(name));
    const insert = target.prepare(
      `insert or ignore into ${table} (${columns.join(', ')}) values (${columns.map(() => '?').join(', ')})`,
    );
    const rows = damaged.prepare<[], unknown[]>(`select ${columns.join(', ')} from ${table}`).raw();
    target.transaction(() => {
      for (const row of rows.iterate()) insert.run(...row);
    })();
  } catch {
    if (isOfSession) for (const one of ['sessions', ...sessionTables]) target.exec(`delete from ${one}`);
  }
}

function columnsOf(db: Database.Database, table: string): readonly string[] {
  return db.prepare<[string], string>('select name from pragma_table_info(?)').pluck().all(table);
}
