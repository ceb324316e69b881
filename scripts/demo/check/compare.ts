/** What the check counts, pure: readings against the history, alerts against notifications. */
import type { HistoryEvent } from '../../../cloud/history/store.ts';
import type { Arrived } from '../receiver.ts';
import type { Heard } from './probe.ts';

export interface HistoryCount {
  /** of the epoch's events, each once */
  readonly ids: ReadonlySet<string>;
  /** acknowledged readings that are not there */
  readonly readingsMissing: number;
  /** events, and readings by their own id, that are there more than once: how many too many */
  readonly duplicated: number;
}

/** Counts the epoch's events, and finds each acknowledged reading by the id that its device gave it. */
export async function compare(
  events:
    | AsyncIterable<Pick<HistoryEvent, 'id' | 'epoch' | 'data'>>
    | Iterable<Pick<HistoryEvent, 'id' | 'epoch' | 'data'>>,
  epoch: string,
  acknowledged: readonly string[],
): Promise<HistoryCount> {
  const ids = new Set<string>();
  const wanted = new Set(acknowledged);
  const readings = new Set<string>();
  let duplicated = 0;
  for await (const { id, epoch: of, data } of events) {
    if (of !== epoch) continue;
    const reading = (data as { readonly id?: unknown } | null)?.id;
    const isOurs = typeof reading === 'string' && wanted.has(reading);
    if (ids.has(id) || (isOurs && readings.has(reading))) duplicated += 1;
    ids.add(id);
    if (isOurs) readings.add(reading);
  }
  return { ids, readingsMissing: wanted.size - readings.size, duplicated };
}

/** Severities that the demo's receiver is told of. */
const told = new Set(['warning', 'critical']);

/**
 * ms from each raised or cleared alert, as heard on the site, to its notification; those of an outage apart. `missing`:
 * alerts nobody was told of. `outage`: ms since 1970.
 */
export function notifyDelays(
  heard: readonly Heard[],
  notifications: readonly Pick<Arrived, 'alarm' | 'change' | 'at'>[],
  outage: { readonly from: number; readonly to: number } | undefined,
): { readonly ms: readonly number[]; readonly outageMs: readonly number[]; readonly missing: number } {
  const arrived = new Map<string, number>();
  for (const { alarm, change, at } of notifications) {
    const name = `${alarm}/${change}`;
    // at least once: the first one is when somebody knew
    if (!arrived.has(name)) arrived.set(name, at);
  }
  const ms: number[] = [];
  const outageMs: number[] = [];
  let missing = 0;
  for (const { alarm, change, severity, at } of heard) {
    if (change === 'updated' || !told.has(severity)) continue;
    const when = arrived.get(`${alarm}/${change}`);
    if (when === undefined) missing += 1;
    else if (outage !== undefined && at >= outage.from - 1_000 && at <= outage.to) outageMs.push(when - at);
    else ms.push(when - at);
  }
  return { ms, outageMs, missing };
}
