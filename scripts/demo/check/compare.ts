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

export interface NotifyDelays {
  /** of alerts outside the outage */
  readonly ms: readonly number[];
  /** of those within it, and until the notifier had caught up */
  readonly outageMs: readonly number[];
  /** when everything of the outage had been told, ms since 1970; undefined where nothing was to tell */
  readonly caughtUp: number | undefined;
  /** alerts nobody was told of */
  readonly missing: number;
}

/**
 * ms from each raised or cleared alert, as heard on the site, to its notification. `outage`: ms since 1970; an alert
 * that came while those of the outage were still being told waited behind them, and counts as one of them.
 */
export function notifyDelays(
  heard: readonly Heard[],
  notifications: readonly Pick<Arrived, 'alarm' | 'change' | 'at'>[],
  outage: { readonly from: number; readonly back: number } | undefined,
): NotifyDelays {
  const arrived = new Map<string, number>();
  for (const { alarm, change, at } of notifications) {
    const name = `${alarm}/${change}`;
    // at least once: the first one is when somebody knew
    if (!arrived.has(name)) arrived.set(name, at);
  }
  const wanted = heard.filter(({ change, severity }) => change !== 'updated' && told.has(severity));
  const timed = wanted.flatMap(({ alarm, change, at }) => {
    const when = arrived.get(`${alarm}/${change}`);
    return when === undefined ? [] : [{ at, when }];
  });
  const since = outage === undefined ? Number.POSITIVE_INFINITY : outage.from - onItsWayMs;
  const within = timed.filter(({ at }) => outage !== undefined && at >= since && at <= outage.back);
  const caughtUp = within.length === 0 ? undefined : Math.max(...within.map(({ when }) => when));
  const until = Math.max(outage?.back ?? 0, caughtUp ?? 0);
  const isOfOutage = ({ at }: { readonly at: number }) => at >= since && at <= until;
  const ms = ({ at, when }: { readonly at: number; readonly when: number }) => when - at;
  return {
    ms: timed.filter((one) => !isOfOutage(one)).map(ms),
    outageMs: timed.filter(isOfOutage).map(ms),
    caughtUp,
    missing: wanted.length - timed.length,
  };
}

/** An alert of this long before the outage may not have left the site yet. */
const onItsWayMs = 1_000;
