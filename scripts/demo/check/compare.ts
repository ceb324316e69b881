/** The counts of the check, as pure functions: readings against the history, alerts against notifications. */
import type { HistoryEvent } from '../../../cloud/history/store.ts';
import type { ArrivedNotification } from '../receiver.ts';
import type { ReceivedAlert } from './probe.ts';

export interface HistoryCount {
  /** the epoch's events, each once */
  readonly ids: ReadonlySet<string>;
  /** acknowledged readings that the history lacks */
  readonly readingsMissing: number;
  /** surplus copies of events, and of readings by their own id */
  readonly duplicated: number;
}

/** Counts the epoch's events, and looks for each acknowledged reading by the id that its device gave it. */
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

/** Severities that the demo's receiver wants. */
const notified = new Set(['warning', 'critical']);

export interface NotifyDelays {
  /** delays of alerts outside the outage */
  readonly ms: readonly number[];
  /** delays of alerts within the outage, and until the notifier had caught up */
  readonly outageMs: readonly number[];
  /** when the last notification of the outage arrived, ms since 1970; undefined when there was none */
  readonly caughtUp: number | undefined;
  /** alerts without a notification */
  readonly missing: number;
}

/**
 * ms from each raised or cleared alert on the site to its notification. `outage`: ms since 1970. An alert that waited
 * behind those of the outage counts as one of the outage.
 */
export function notifyDelays(
  alerts: readonly ReceivedAlert[],
  notifications: readonly Pick<ArrivedNotification, 'alarm' | 'change' | 'at'>[],
  outage: { readonly from: number; readonly back: number } | undefined,
): NotifyDelays {
  const arrived = new Map<string, number>();
  for (const { alarm, change, at } of notifications) {
    const name = `${alarm}/${change}`;
    // delivery is at least once: the first notification counts
    if (!arrived.has(name)) arrived.set(name, at);
  }
  const wanted = alerts.filter(({ change, severity }) => change !== 'updated' && notified.has(severity));
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

/** An alert this long before the outage may not have left the site yet. */
const onItsWayMs = 1_000;
