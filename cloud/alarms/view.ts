/** Converts alert events and the centre's own alarms to the API's views. Pure; a missing field gets a default. */
import { rfc3339 } from '@forpost/shared/event/codec.ts';
import { awaitsAcknowledgement } from '@forpost/shared/event/event.ts';
import { type Message, messageIn } from '@forpost/shared/texts/message.ts';
import type { AlarmList, AlarmState, HistoryEvent } from '../history/store.ts';
import type { CentreAlarm } from './centre-alarm.ts';
import type { AlarmsAnswer, AlarmView } from './schemas.ts';

export function alarmView({ alarm, site, gateway, latest, raised, open, acknowledgement }: AlarmState): AlarmView {
  const data = fieldsOf(latest.data);
  const { value, peak, duration_ms: lasted } = data;
  const active = data.active === true;
  const changed = latest.corrected_time ?? latest.time;
  const ended = typeof lasted === 'number' ? rfc3339(Math.min(Date.parse(raised) + lasted, latestTimeMs)) : changed;
  return {
    alarm,
    event: latest.id,
    site,
    gateway,
    device: text(data.device, latest.subject ?? ''),
    rule: text(data.rule),
    severity: text(data.severity, 'warning'),
    category: text(data.category),
    message: text(data.message, 'an alarm without words'),
    cause: text(data.cause),
    ...(isValue(value) ? { value } : {}),
    ...(isValue(peak) ? { peak } : {}),
    ...textOf('message_i18n', data.message_i18n),
    ...(typeof data.summary === 'string'
      ? { summary: data.summary, ...textOf('summary_i18n', data.summary_i18n) }
      : {}),
    ...(typeof data.place === 'string' && data.place !== '' ? { place: data.place } : {}),
    ...(typeof data.device_name === 'string' ? { device_name: data.device_name } : {}),
    count: typeof data.count === 'number' ? Math.trunc(data.count) : 1,
    active,
    open,
    acknowledged: data.acknowledged === true || acknowledgement !== undefined,
    ...personOf(data, acknowledgement),
    test: data.test === true,
    change: text(data.change),
    raised,
    changed,
    ...(active ? {} : { ended }),
    evidence: evidenceOf(data.evidence),
    ...(typeof data.evidence_problem === 'string'
      ? { evidence_problem: data.evidence_problem, ...textOf('evidence_problem_i18n', data.evidence_problem_i18n) }
      : {}),
  };
}

/** A field with a message of the catalogue; no field where the event has none. */
function textOf<Name extends string>(name: Name, value: unknown): { readonly [Key in Name]?: Message } {
  const text = messageIn(value);
  return (text === undefined ? {} : { [name]: text }) as { readonly [Key in Name]?: Message };
}

/** The last moment that a Date can hold. */
const latestTimeMs = 8_640_000_000_000_000;

/** The person who acknowledged an alarm, by the gateway’s event, or else by the centre’s record. */
function personOf(
  {
    acknowledged,
    acknowledged_by: by,
    acknowledged_at: at,
    acknowledged_where: where,
  }: Readonly<Record<string, unknown>>,
  here: AlarmState['acknowledgement'],
): Pick<AlarmView, 'acknowledged_by' | 'acknowledged_at' | 'acknowledged_where'> {
  if (acknowledged === true && typeof by === 'string')
    return {
      acknowledged_by: by,
      ...(isTime(at) ? { acknowledged_at: at } : {}),
      acknowledged_where: where === 'centre' ? 'centre' : 'site',
    };
  if (here === undefined) return {};
  return {
    acknowledged_by: here.by,
    acknowledged_at: here.at,
    acknowledged_where: acknowledged === true ? 'centre' : 'centre only',
  };
}

function isTime(value: unknown): value is string {
  return typeof value === 'string' && !Number.isNaN(Date.parse(value));
}

function isValue(value: unknown): value is number | string | boolean {
  return typeof value === 'number' || typeof value === 'string' || typeof value === 'boolean';
}

/** The view of an alarm that the centre itself raised, in the form of a gateway's alarm. */
export function centreAlarmView(alarm: CentreAlarm): AlarmView {
  const { id, gateway, site, kind, severity, message, active, acknowledged, change, since, changed } = alarm;
  const open = active || awaitsAcknowledgement({ acknowledged, severity, test: false });
  return {
    alarm: id,
    event: `${id}/${change}`,
    site,
    gateway,
    device: '',
    rule: `centre-${kind}`,
    severity,
    category: 'centre',
    message,
    cause: kind,
    count: 1,
    active,
    acknowledged,
    test: false,
    change,
    raised: rfc3339(since),
    changed: rfc3339(changed),
    evidence: [],
    raised_by: 'centre',
    open,
    ...(active ? {} : { ended: rfc3339(alarm.ended ?? changed) }),
    ...textOf('message_i18n', alarm.message_i18n),
    ...(alarm.summary === undefined ? {} : { summary: alarm.summary, ...textOf('summary_i18n', alarm.summary_i18n) }),
    ...(alarm.acknowledgedBy === ''
      ? {}
      : { acknowledged_by: alarm.acknowledgedBy, acknowledged_where: 'centre' as const }),
  };
}

/** Most pieces of evidence with an alarm. */
const mostEvidence = 50;

/** The pieces of evidence that the centre can request from a gateway; malformed entries are skipped. */
function evidenceOf(list: unknown): AlarmView['evidence'] {
  if (!Array.isArray(list)) return [];
  return list.slice(0, mostEvidence).flatMap((one: unknown) => {
    const { id, sha256, size, kind, media } = fieldsOf(one);
    if (typeof id !== 'string' || typeof sha256 !== 'string' || typeof size !== 'number') return [];
    if (!/^[0-9a-f]{16}$/.test(id) || !/^[0-9a-f]{64}$/.test(sha256) || !Number.isInteger(size) || size < 1) return [];
    return [{ id, sha256, size, kind: text(kind), media: media === 'video/mp4' ? media : 'image/jpeg' }];
  });
}

/** The centre's own alarms that a list begins with: the open and gravest ones, half of the list at most. */
export function centreAlarmsFirst(own: readonly AlarmView[], limit: number): readonly AlarmView[] {
  const rank = (alarm: AlarmView) => Number(alarm.open) * 10 + (alarm.severity === 'critical' ? 1 : 0);
  return own.toSorted((a, b) => rank(b) - rank(a) || (a.changed < b.changed ? 1 : -1)).slice(0, Math.floor(limit / 2));
}

/** The list: `first` of the centre's `own` alarms, then those of gateways. Names the gateways with more open alarms than are listed. */
export function alarmsPage(
  own: readonly AlarmView[],
  first: readonly AlarmView[],
  { alarms, open }: AlarmList,
): AlarmsAnswer {
  const listed = Map.groupBy(
    alarms.filter((alarm) => alarm.open),
    ({ gateway }) => gateway,
  );
  const gateways = new Map(alarms.map((alarm) => [alarm.gateway, alarm]));
  const notListed = [...gateways.values()]
    .map(({ gateway, site, openOfGateway }) => ({
      gateway,
      site,
      open: openOfGateway - (listed.get(gateway)?.length ?? 0),
    }))
    .filter((one) => one.open > 0)
    .sort((a, b) => b.open - a.open)
    .slice(0, mostNotListed);
  return {
    alarms: [...first, ...alarms.map(alarmView)],
    open: open + own.filter((alarm) => alarm.open).length,
    not_listed: notListed,
  };
}

const mostNotListed = 100;

/** The alarm of one alert event. If a page knows the alarm already, the page's time of its raise is more exact. */
export function alarmOfEvent(event: HistoryEvent): AlarmView {
  const data = fieldsOf(event.data);
  const alarm = text(data.alarm, event.id);
  return alarmView({
    alarm,
    site: event.site,
    gateway: event.gateway,
    latest: event,
    raised: raisedOf(event),
    openOfGateway: 0,
    open:
      data.active === true ||
      awaitsAcknowledgement({
        acknowledged: data.acknowledged === true,
        test: data.test === true,
        severity: text(data.severity, 'warning'),
      }),
  });
}

/** When an alarm was raised: the event of its end has its duration. */
function raisedOf(event: HistoryEvent): string {
  const time = event.corrected_time ?? event.time;
  const { active, change, duration_ms: lasted } = fieldsOf(event.data);
  if (active === true || change !== 'cleared' || typeof lasted !== 'number') return time;
  const raised = Date.parse(time) - lasted;
  return Math.abs(raised) > latestTimeMs ? time : rfc3339(raised);
}

/** `data` came from another machine: an object with any content, or else an empty one. */
function fieldsOf(data: unknown): Readonly<Record<string, unknown>> {
  return typeof data === 'object' && data !== null && !Array.isArray(data) ? (data as Record<string, unknown>) : {};
}

/** Longest text, beyond any text of a gateway: an alarm's id must not be cut, because its gateway would not know it. */
const longestText = 1_000;

function text(value: unknown, otherwise = ''): string {
  if (typeof value !== 'string') return otherwise;
  return value.length <= longestText ? value : `${value.slice(0, longestText - 1).toWellFormed()}…`;
}
