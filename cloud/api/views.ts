/** From what the centre's parts hold to what the API answers. Pure; a field that an event lacks gets a plain default. */
import { rfc3339 } from '@forpost/shared/event/codec.ts';
import type { CentreAlarm } from '../alarms/centre-alarms.ts';
import type { AlarmState, HistoryEvent } from '../history/store.ts';
import type { KnownGateway } from '../registry/gateways.ts';
import type { AlarmView, GatewayView } from './schemas.ts';

export function gatewayView(known: KnownGateway): GatewayView {
  const { gateway, site, online, lastContact, status } = known;
  const lanes = status?.lanes ?? [];
  return {
    gateway,
    site,
    online,
    last_contact: lastContact === undefined ? null : rfc3339(lastContact),
    name: status?.name ?? gateway,
    version: status?.version ?? '',
    at: status?.at ?? null,
    clock: status?.clock ?? null,
    revision: status?.revision ?? '',
    backlog: {
      events: lanes.reduce((sum, lane) => sum + Math.max(0, lane.assigned - lane.acknowledged), 0),
      bytes: lanes.reduce((sum, lane) => sum + lane.bytes, 0),
    },
    lanes,
    uplinks: status?.uplinks ?? [],
    cameras: status?.cameras ?? [],
    devices: status?.devices ?? [],
    problems: status?.problems ?? [],
  };
}

export function alarmView({ alarm, site, gateway, latest, raised }: AlarmState): AlarmView {
  const data = fieldsOf(latest.data);
  const value = data.value;
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
    ...(typeof value === 'number' || typeof value === 'string' || typeof value === 'boolean' ? { value } : {}),
    count: typeof data.count === 'number' ? Math.trunc(data.count) : 1,
    active: data.active === true,
    acknowledged: data.acknowledged === true,
    test: data.test === true,
    change: text(data.change),
    raised,
    changed: latest.corrected_time ?? latest.time,
    evidence: evidenceOf(data.evidence),
  };
}

/** An alarm that the centre itself raised, as one of a gateway is shown. */
export function centreAlarmView(alarm: CentreAlarm): AlarmView {
  const { id, gateway, site, kind, severity, message, active, acknowledged, change, since, changed } = alarm;
  return {
    ...{ alarm: id, event: `${id}/${change}`, site, gateway, device: '', rule: `centre-${kind}`, severity },
    ...{ category: 'centre', message, cause: kind, count: 1, active, acknowledged, test: false, change },
    ...{ raised: rfc3339(since), changed: rfc3339(changed), evidence: [], raised_by: 'centre' },
  };
}

/** An alarm of more pieces than this is none of ours. */
const mostEvidence = 50;

/** What can be asked for; anything else in there is passed over. */
function evidenceOf(list: unknown): AlarmView['evidence'] {
  if (!Array.isArray(list)) return [];
  return list.slice(0, mostEvidence).flatMap((one: unknown) => {
    const { id, sha256, size, kind, media } = fieldsOf(one);
    if (typeof id !== 'string' || typeof sha256 !== 'string' || typeof size !== 'number') return [];
    if (!/^[0-9a-f]{16}$/.test(id) || !/^[0-9a-f]{64}$/.test(sha256) || !Number.isInteger(size) || size < 1) return [];
    return [{ id, sha256, size, kind: text(kind), media: media === 'video/mp4' ? media : 'image/jpeg' }];
  });
}

/** What one alert event says about its alarm; who knew the alarm before knows better when it was raised. */
export function alarmOfEvent(event: HistoryEvent): AlarmView {
  const alarm = text(fieldsOf(event.data).alarm, event.id);
  return alarmView({
    alarm,
    site: event.site,
    gateway: event.gateway,
    latest: event,
    raised: event.corrected_time ?? event.time,
  });
}

/** `data` came from another machine: an object with whatever is in it, or nothing. */
function fieldsOf(data: unknown): Readonly<Record<string, unknown>> {
  return typeof data === 'object' && data !== null && !Array.isArray(data) ? (data as Record<string, unknown>) : {};
}

function text(value: unknown, otherwise = ''): string {
  return typeof value === 'string' ? value : otherwise;
}
