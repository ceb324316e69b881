/**
 * The list of events: new events do not move the rows that a person reads. Pure.
 *
 *   new events ── following ──► into the list          ── reading ──► held back and counted until the person asks for them
 *
 * Always: an event is in the list once; the order is newest first, by time. The numbers of held and listed events are
 * bounded; beyond that the list is `stale` and is requested again as a whole.
 */
import type { EventView } from '../../../events/schemas.ts';

export interface EventList {
  readonly shown: readonly EventView[];
  /** newest first */
  readonly held: readonly EventView[];
  /** the centre stored more events than this list holds */
  readonly stale: boolean;
  /** the place of the next older page; undefined = there are no older events */
  readonly next: Next | undefined;
  readonly loaded: boolean;
}

/** The next page by its cursor; or, where the end of the list was cut off, the events before a time (exclusive). */
export type Next = { readonly cursor: string } | { readonly before: string };

export const emptyList: EventList = { shown: [], held: [], stale: false, next: undefined, loaded: false };

/** Longest followed list; older events beyond it are dropped, and come again with "older". */
export const maxFollowed = 200;
export const maxHeld = 500;
/** Longest list that a person has loaded page by page. */
export const maxShown = 5000;

export function firstPage(events: readonly EventView[], cursor: string | undefined): EventList {
  return { shown: newestFirst(events), held: [], stale: false, next: nextOf(cursor), loaded: true };
}

export function withOlder(list: EventList, events: readonly EventView[], cursor: string | undefined): EventList {
  const shown = merged(list.shown, events);
  return { ...list, shown, next: shown.length >= maxShown ? undefined : nextOf(cursor) };
}

/** Adds new events. `skipped`: number of further stored events that are not in `events`. */
export function withNew(list: EventList, events: readonly EventView[], skipped: number, following: boolean): EventList {
  const oldest = list.shown.at(-1);
  // an event older than the end of the list belongs to a page that is not loaded yet
  const inReach = events.filter(
    (event) => list.next === undefined || oldest === undefined || happenedAt(event) >= happenedAt(oldest),
  );
  const stale = list.stale || skipped > 0;
  if (!following) {
    const known = new Set([...list.shown, ...list.held].map(({ id }) => id));
    const held = newestFirst([...inReach.filter(({ id }) => !known.has(id)), ...list.held]);
    return { ...list, held: held.slice(0, maxHeld), stale: stale || held.length > maxHeld };
  }
  const shown = merged(list.shown, [...inReach, ...list.held]);
  if (shown.length <= maxFollowed) return { ...list, shown, held: [], stale };
  const kept = shown.slice(0, maxFollowed);
  // the cursor points behind the events that are cut off here; 1 ms is added, because several events may share the last time
  const last = kept.at(-1);
  const lastTime = last === undefined ? '' : happenedAt(last);
  const before = new Date(Date.parse(lastTime) + 1).toISOString();
  return { ...list, shown: kept, held: [], stale, next: { before } };
}

function nextOf(cursor: string | undefined): Next | undefined {
  return cursor === undefined ? undefined : { cursor };
}

function merged(a: readonly EventView[], b: readonly EventView[]): readonly EventView[] {
  const byId = new Map([...a, ...b].map((event) => [event.id, event]));
  return newestFirst([...byId.values()]);
}

/** The event's time, corrected where a correction is known. */
function happenedAt({ time, corrected_time: corrected }: EventView): string {
  return corrected ?? time;
}

/** The history's order: by time, then by id, so that live events and pages have the same order. */
function newestFirst(events: readonly EventView[]): readonly EventView[] {
  return [...events].sort((a, b) => compare(happenedAt(b), happenedAt(a)) || compare(b.id, a.id));
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
