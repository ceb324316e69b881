/**
 * How a page of events is read from ClickHouse: slice of time by slice of time, newest first, from the place where the last
 * page ended.
 */
import type { Lane } from '@forpost/shared/event/ids.ts';
import type { Position } from '../queries.ts';
import type { HistoryEvent } from '../store.ts';
import type { Parameters } from './executor.ts';
import { type EventRow, toEvent } from './rows.ts';

/** The length of the first slice of time that a page searches, and the factor by which each next slice is longer. */
const firstSliceMs = 3_600_000;
const sliceGrowth = 30;
/** After a slice of this length, the next slice covers all the rest. */
const lastSliceMs = 100 * 86_400_000;

/** A row of sql/events.sql. `at_ms`: the event's time, corrected where a correction is known. */
export type PageRow = EventRow & Readonly<Record<'at_ms' | 'data_begin' | 'data_bytes' | 'rest_bytes', string>>;

/** The event of a row, with the beginning of its data where the query left large data out. */
export function toPageEvent(row: PageRow): HistoryEvent {
  // empty data means that the query left it out: an event's data is never empty
  if (row.data === '')
    return { ...toEvent({ ...row, data: JSON.stringify(row.data_begin) }), data_bytes: Number(row.data_bytes) };
  const event = toEvent(row);
  return row.rest === '' && row.rest_bytes !== '0' ? { ...event, data_bytes: Number(row.data_bytes) } : event;
}

/** The place of a row, from which the next page goes on. */
export function positionOf(row: PageRow): Position {
  const { gateway, epoch, sequence } = row;
  return { time: Number(row.at_ms), gateway, epoch, lane: row.lane as Lane, sequence };
}

/** The parameters that let a query go on after this place. */
export function cursorOf(after: Position | undefined): Parameters {
  return {
    after: after === undefined ? 0 : 1,
    after_time: after?.time ?? 0,
    after_gateway: after?.gateway ?? '',
    after_epoch: after?.epoch ?? '',
    after_lane: after?.lane ?? '',
    after_sequence: after?.sequence ?? '0',
  };
}

/** Disjoint slices of [from, through], newest first. The first slice includes all events dated in the future. */
export function* slices(
  from: number,
  through: number,
  now: number,
): Generator<{ readonly from: number; readonly through: number }> {
  let newest = through;
  let lengthMs = firstSliceMs;
  let anchor = Math.min(through, now);
  while (newest >= from) {
    const oldest = lengthMs > lastSliceMs ? from : Math.max(from, anchor - lengthMs);
    yield { from: oldest, through: newest };
    newest = oldest - 1;
    anchor = newest;
    lengthMs *= sliceGrowth;
  }
}
