/**
 * The list of events as a person reads it: what is new does not push away what is being read. Pure.
 *
 *   new events ── following ──► into the list          ── reading ──► held back, counted, until they are asked for
 *
 * Always: an event is in the list once; newest first by when it happened; what is held back and what is listed is
 * bounded: beyond that the list says `stale` and is asked for again as a whole.
 */
import type { EventView } from '../../../events/schemas.ts';

export interface EventList {
  readonly shown: readonly EventView[];
  /** newest first */
  readonly held: readonly EventView[];
  /** more were stored than are held */
  readonly stale: boolean;
  /** where older ones go on; undefined = there are none */
  readonly next: Next | undefined;
  readonly loaded: boolean;
}

/** The page after the last one, or, where the end of the list was cut off, what happened before a time (exclusive). */
export type Next = { readonly cursor: string } | { readonly before: string };

export const emptyList: EventList = { shown: [], held: [], stale: false, next: undefined, loaded: false };

/** While following, older ones fall out of the end (they come again with "older"). */
export const maxFollowed = 200;
export const maxHeld = 500;
/** What somebody has asked for page by page. */
export const maxShown = 5000;

export function firstPage(events: readonly EventView[], cursor: string | undefined): EventList {
  return { shown: newestFirst(events), held: [], stale: false, next: nextOf(cursor), loaded: true };
}

export function withOlder(list: EventList, events: readonly EventView[], cursor: string | undefined): EventList {
  const shown = merged(list.shown, events);
  return { ...list, shown, next: shown.length >= maxShown ? undefined : nextOf(cursor) };
}

/** `skipped`: how many more were stored that are not in here. */
export function withNew(list: EventList, events: readonly EventView[], skipped: number, following: boolean): EventList {
  const oldest = list.shown.at(-1);
  // an event that happened before the end of what is listed belongs to a page that was not asked for yet
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
  // the page's cursor points behind what is cut off here; one ms more, because several may share the last one's time
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

/** The corrected time where there is one. */
function happenedAt({ time, corrected_time: corrected }: EventView): string {
  return corrected ?? time;
}

/** As the history sorts them: by time, then by id, so that live and listed ones stand in one order. */
function newestFirst(events: readonly EventView[]): readonly EventView[] {
  return [...events].sort((a, b) => compare(happenedAt(b), happenedAt(a)) || compare(b.id, a.id));
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
