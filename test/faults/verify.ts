/**
 * What stands in the history after a run, held against what the devices were told and against what the gateway has
 * committed.
 *
 * Always: lost + duplicated + unexplained = 0 says that every acknowledged reading that is promised once is there once,
 * that no plain one is missing, and that the ledger agrees: nothing missing, nothing waiting, what is shed explained. A
 * reading that is not there is excused by a gap record that names its number, as it was seen in the outbox; what was shed
 * before anybody had seen it (`shedUnseen`) excuses as many that were never seen.
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
  /** acknowledged readings, those without a promise of once among them */
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
  /** of those, the ones of which nobody had seen which reading they were */
  readonly shedUnseen: number;
  readonly repeatsOfPlain: number;
  readonly repeatsOfQosTwo: number;
  readonly alertsStored: number;
  /** rows that the table holds twice and the history shows once: the backstop's work */
  readonly rowsTwice: number;
  /** times that a persistent session was gone */
  readonly sessionsLost: number;
  /** in words, with examples */
  readonly problems: readonly string[];
}

export interface VerifyOptions {
  readonly api: { api<T>(path: string): Promise<T> };
  readonly gateway: string;
  readonly devices: readonly Device[];
  /** the gateway's outbox.db, which may be in use */
  readonly outboxFile: string;
  /** which event had which number in the outbox, by the key of its reading: outbox-watch.ts */
  readonly seen: ReadonlyMap<string, string>;
}

const examples = 5;

/** Looks once. */
export async function verify({ api, gateway, devices, outboxFile, seen }: VerifyOptions): Promise<Verdict> {
  // before the history is asked: what is committed later is not looked for
  const committed = committedIds(outboxFile, gateway);
  const events = await eventsOf(api, `gateway=${gateway}`);
  const ledger = await api.api<LedgerView>(`/api/v1/gateways/${gateway}/ledger`);
  const counts = countReadings(events);
  const problems: string[] = [];
  const tell = (what: string, keys: readonly string[]) => {
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
  if (lost > 0) tell('acknowledged and not in the history', [...unexcused, ...neverSeen]);
  const twice = [...counts].flatMap(([key, count]) =>
    count > 1 && onceIds.has(key.split(' ')[0] ?? '') ? [`${key} (${count} times)`] : [],
  );
  const duplicated =
    tell('in the history more than once', twice) + tell('alerts more than once', repeatedAlerts(events));
  const stored = new Set(events.map(({ id }) => id));
  const unsent = committed.filter((id) => !stored.has(id));
  const sessionsLost = devices.reduce((sum, device) => sum + device.sessionsLost, 0);
  const unbalanced = ledger.assigned - ledger.received - ledger.shed - ledger.missing - ledger.waiting;
  // an alarm's end may be among what a damaged disk took, and sessions with it: both are told
  const alertsLost = namedAndAbsent(events, 'alerts') > 0;
  const wasDamaged = events.some(
    ({ type, data }) => type === eventTypes.gateway && /^outbox-/.test(String(data.change)),
  );
  const unexplained =
    tell('alarms that have not ended', alertsLost ? [] : openAlarms(events)) +
    tell(
      'strangers in the history',
      [...counts.keys()].filter((key) => !isPublished(key, devices)),
    ) +
    tell('committed by the gateway and not in the history', unsent) +
    told(problems, 'missing, says the ledger', ledger.missing) +
    told(problems, 'still waiting, says the ledger', ledger.waiting) +
    told(problems, 'persistent sessions that were gone', wasDamaged ? 0 : sessionsLost) +
    told(problems, 'of which the ledger says nothing', Math.abs(unbalanced)) +
    told(problems, 'events in the ledger more or less than in the history', Math.abs(ledger.received - events.length));
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
 * What gap records name of the telemetry lanes and the history has not: the keys of what was seen of it, and how many
 * were not. Of a range without an end nobody knows how many it names.
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

/** How many numbers gap records name of a lane, of which the history has no event. */
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

/** Ids of the events in the outbox: those that are delivered stay there for a while. */
function committedIds(file: string, gateway: string): readonly string[] {
  const db = new Database(file, { readonly: true, fileMustExist: true });
  try {
    const rows = db.prepare<[], { id: string }>("select epoch || '/' || lane || '/' || seq as id from events").all();
    return rows.map(({ id }) => `${gateway}/${id}`);
  } finally {
    db.close();
  }
}

function told(problems: string[], what: string, count: number): number {
  if (count > 0) problems.push(`${count} ${what}`);
  return count;
}

function countReadings(events: readonly ApiEvent[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const { type, subject, data } of events) {
    if (type !== eventTypes.reading) continue;
    const key = keyOf(subject ?? '', data) ?? `${subject} (a reading that nobody knows)`;
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  return counts;
}

/** One change of one alarm is one event. */
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

/** Each device's last reading is a normal one: every alarm has got its end. */
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
