/**
 * Compares the history after a run with the acknowledgements that devices got, and with the events that the gateway committed.
 *
 * Always: lost + duplicated + unexplained = 0 means that every acknowledged reading is in the history, those that are promised
 * once exactly once, and that the ledger agrees: nothing missing, nothing waiting, every shed event explained.
 *
 * A gap record excuses an absent reading whose number it names, as that number was seen in the outbox. Numbers that were shed
 * before they were seen (`shedUnseen`) excuse as many absent readings that were never seen.
 */
import { eventTypes } from '@forpost/shared/event/event.ts';
import type { Lane } from '@forpost/shared/event/ids.ts';
import Database from 'better-sqlite3';
import { gapOf } from '../../cloud/history/gaps.ts';
import { IntervalSet } from '../../cloud/ledger/interval-set.ts';
import type { LedgerView } from '../../cloud/ledger/schemas.ts';
import { type ApiEvent, eventsOf } from '../harness/centre.ts';
import { type Device, keyOf } from './load/device.ts';

export interface Verdict {
  /** all acknowledged readings, also those of plain QoS 1 */
  readonly acknowledged: number;
  readonly acknowledgedPlain: number;
  readonly acknowledgedQosTwo: number;
  /** events of this gateway in the history */
  readonly stored: number;
  readonly lost: number;
  readonly duplicated: number;
  readonly unexplained: number;
  /** events that a gap record names */
  readonly gapsExplained: number;
  /** of those, events that were shed before the watch of the outbox saw them */
  readonly shedUnseen: number;
  readonly repeatsOfPlain: number;
  readonly repeatsOfQosTwo: number;
  readonly alertsStored: number;
  /** rows that the table holds twice; the history shows them once */
  readonly rowsTwice: number;
  /** how often the gateway had lost a persistent session */
  readonly sessionsLost: number;
  /** sentences with examples */
  readonly problems: readonly string[];
}

export interface VerifyOptions {
  readonly api: { api<T>(path: string): Promise<T> };
  readonly gateway: string;
  readonly devices: readonly Device[];
  /** the gateway's outbox.db, which may be in use */
  readonly outboxFile: string;
  /** keys of the readings that were seen in the outbox, by `epoch/lane/number`: see outbox-watch.ts */
  readonly seen: ReadonlyMap<string, string>;
}

const examples = 5;

/** Compares once; the caller repeats it while events are still on their way. */
export async function verify({ api, gateway, devices, outboxFile, seen }: VerifyOptions): Promise<Verdict> {
  // read before the history: an event that is committed later is not expected there
  const committed = committedIds(outboxFile, gateway);
  const events = await eventsOf(api, `gateway=${gateway}`);
  const ledger = await api.api<LedgerView>(`/api/v1/gateways/${gateway}/ledger`);
  const counts = countReadings(events);
  const problems: string[] = [];
  const report = (what: string, keys: readonly string[]) => {
    if (keys.length > 0) problems.push(`${keys.length} ${what}: ${keys.slice(0, examples).join(', ')}`);
    return keys.length;
  };
  const repeats = (device: Device) =>
    [...device.acknowledged].reduce((sum, key) => sum + Math.max(0, (counts.get(key) ?? 0) - 1), 0);
  const plain = devices.filter(({ promised }) => promised === 'at-least-once');
  const qosTwo = devices.filter(({ id }) => id === 'qos-2');
  const once = devices.filter(({ promised }) => promised === 'once');
  const onceIds = new Set(once.map(({ id }) => id));

  const absent = devices.flatMap(({ acknowledged }) => [...acknowledged].filter((key) => !counts.has(key)));
  const shed = shedOf(events, seen);
  const shedUnseen = shed.unseen;
  const seenKeys = new Set(seen.values());
  const unexcused = absent.filter((key) => seenKeys.has(key) && !shed.keys.has(key));
  const neverSeen = absent.filter((key) => !seenKeys.has(key));
  const lost = unexcused.length + Math.max(0, neverSeen.length - shedUnseen);
  if (lost > 0) report('acknowledged and not in the history', [...unexcused, ...neverSeen]);
  const twice = [...counts].flatMap(([key, count]) =>
    count > 1 && onceIds.has(key.split(' ')[0] ?? '') ? [`${key} (${count} times)`] : [],
  );
  const duplicated =
    report('in the history more than once', twice) + report('alerts more than once', repeatedAlerts(events));
  const stored = new Set(events.map(({ id }) => id));
  const unsent = committed.filter((id) => !stored.has(id));
  const sessionsLost = devices.reduce((sum, device) => sum + device.sessionsLost, 0);
  const unbalanced = ledger.assigned - ledger.received - ledger.shed - ledger.missing - ledger.waiting;
  // a damaged disk may have lost an alarm's end, and sessions; gap records and gateway events say so
  const alertsLost = namedAndAbsent(events, 'alerts') > 0;
  const wasDamaged = events.some(
    ({ type, data }) => type === eventTypes.gateway && /^outbox-/.test(String(data.change)),
  );
  const unexplained =
    report('alarms that have not ended', alertsLost ? [] : openAlarms(events)) +
    report(
      'readings in the history that no device published',
      [...counts.keys()].filter((key) => !isPublished(key, devices)),
    ) +
    report('committed by the gateway and not in the history', unsent) +
    reportCount(problems, 'missing by the ledger', ledger.missing) +
    reportCount(problems, 'still waiting by the ledger', ledger.waiting) +
    reportCount(problems, 'persistent sessions lost', wasDamaged ? 0 : sessionsLost) +
    reportCount(problems, 'numbers that the ledger does not account for', Math.abs(unbalanced)) +
    reportCount(
      problems,
      'events of difference between the ledger and the history',
      Math.abs(ledger.received - events.length),
    );
  return {
    acknowledged: devices.reduce((sum, { acknowledged }) => sum + acknowledged.size, 0),
    acknowledgedPlain: plain.reduce((sum, { acknowledged }) => sum + acknowledged.size, 0),
    acknowledgedQosTwo: qosTwo.reduce((sum, { acknowledged }) => sum + acknowledged.size, 0),
    stored: events.length,
    lost,
    duplicated,
    unexplained,
    gapsExplained: ledger.shed,
    shedUnseen,
    repeatsOfPlain: plain.reduce((sum, device) => sum + repeats(device), 0),
    repeatsOfQosTwo: qosTwo.reduce((sum, device) => sum + repeats(device), 0),
    alertsStored: events.filter(({ type }) => type === eventTypes.alert).length,
    rowsTwice: ledger.duplicates,
    sessionsLost,
    problems,
  };
}

/**
 * The telemetry events that gap records name and the history lacks: the keys of those that were seen in the outbox, and the
 * number of the others. A range without an end is left out, because its length is not known.
 */
function shedOf(
  events: readonly ApiEvent[],
  seen: ReadonlyMap<string, string>,
): { readonly unseen: number; readonly keys: ReadonlySet<string> } {
  const arrived = new Set(events.map(({ id }) => id.slice(id.indexOf('/') + 1)));
  const named = new Map<string, IntervalSet>();
  for (const event of events) {
    const record = gapOf(event);
    if (record?.gap === undefined || record.lane !== 'telemetry') continue;
    const { from, through } = record.gap;
    if (through === null || through < from) continue;
    const set = named.get(record.epoch) ?? new IntervalSet();
    set.add(from, through);
    named.set(record.epoch, set);
  }
  const keys = new Set<string>();
  let unseen = 0;
  for (const [epoch, numbers] of named)
    for (const [from, through] of numbers.ranges())
      for (let number = from; number <= through; number++) {
        const name = `${epoch}/telemetry/${number}`;
        const key = seen.get(name);
        if (arrived.has(name)) continue;
        if (key === undefined) unseen++;
        else keys.add(key);
      }
  return { unseen, keys };
}

/** How many numbers of a lane gap records name and the history lacks. */
function namedAndAbsent(events: readonly ApiEvent[], lane: Lane): number {
  const arrived = new Set(events.map(({ id }) => id.slice(id.indexOf('/') + 1)));
  let absent = 0;
  for (const event of events) {
    const record = gapOf(event);
    if (record?.gap === undefined || record.lane !== lane || record.gap.through === null) continue;
    for (let number = record.gap.from; number <= record.gap.through; number++)
      if (!arrived.has(`${record.epoch}/${lane}/${number}`)) absent++;
  }
  return absent;
}

/** Ids of the events in the outbox, which also keeps delivered events for a while. */
function committedIds(file: string, gateway: string): readonly string[] {
  const db = new Database(file, { readonly: true, fileMustExist: true });
  try {
    const rows = db.prepare<[], { id: string }>("select epoch || '/' || lane || '/' || seq as id from events").all();
    return rows.map(({ id }) => `${gateway}/${id}`);
  } finally {
    db.close();
  }
}

function reportCount(problems: string[], what: string, count: number): number {
  if (count > 0) problems.push(`${count} ${what}`);
  return count;
}

function countReadings(events: readonly ApiEvent[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const { type, subject, data } of events) {
    if (type !== eventTypes.reading) continue;
    const key = keyOf(subject ?? '', data) ?? `${subject} (an unknown reading)`;
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  return counts;
}

/** Alarm changes that the history has more than once. */
function repeatedAlerts(events: readonly ApiEvent[]): readonly string[] {
  const seen = new Set<string>();
  return events.flatMap(({ type, data }) => {
    if (type !== eventTypes.alert) return [];
    const name = `${data.alarm}/${data.change}/${data.count}`;
    if (seen.has(name)) return [name];
    seen.add(name);
    return [];
  });
}

/** Alarms without an end. The last reading of each device is normal, so every alarm must have ended. */
function openAlarms(events: readonly ApiEvent[]): readonly string[] {
  const alerts = events.filter(({ type }) => type === eventTypes.alert);
  const ended = new Set(alerts.filter(({ data }) => data.change === 'cleared').map(({ data }) => data.alarm));
  return [...new Set(alerts.map(({ data }) => String(data.alarm)))].filter((alarm) => !ended.has(alarm));
}

/** Readings are numbered from 1: `with-id-1 r17`, `plain 17`. */
function isPublished(key: string, devices: readonly Device[]): boolean {
  const [id, number = ''] = key.split(' ');
  const n = Number(number.replace(/^r/, ''));
  return devices.some((device) => device.id === id && n >= 1 && n <= device.published);
}
