/**
 * What the outbox has of alarms: its newest alert events tell which alarms are active, more exactly than the snapshot,
 * which is written a little later. Folded over the snapshot at a start, so that a kill between the two leaves no alarm
 * without an end, and none active that has had its end.
 */

import type { StoredEvent } from '@forpost/shared/event/codec.ts';
import type { AlertData } from '@forpost/shared/event/event.ts';
import { eventTypes } from '@forpost/shared/event/event.ts';
import type { DeviceId, RuleId } from '@forpost/shared/event/ids.ts';
import { idPatternText } from '@forpost/shared/event/ids.ts';
import Type from 'typebox';
import Value from 'typebox/value';
import { severitySchema } from '../site/site.ts';
import type { ActiveAlarm } from './alarms.ts';
import { evidenceSchema } from './evidence-schema.ts';

/** A change of an alarm as it was stored. `time`: when it happened, ms since 1970. */
export interface RecordedAlert {
  readonly time: number;
  readonly data: AlertData;
}

/** Events of the alerts lane that are looked at: many times what comes in between two snapshots. */
export const mostRecorded = 5000;

const id = Type.String({ pattern: idPatternText });
const schema = Type.Object({
  alarm: Type.String(),
  rule: id,
  device: id,
  change: Type.Union(['raised', 'updated', 'cleared', 'acknowledged'].map((change) => Type.Literal(change))),
  active: Type.Boolean(),
  acknowledged: Type.Boolean(),
  severity: severitySchema,
  category: Type.String(),
  message: Type.String(),
  cause: Type.String(),
  value: Type.Optional(Type.Union([Type.Number(), Type.String(), Type.Boolean()])),
  count: Type.Integer({ minimum: 1 }),
  test: Type.Boolean(),
  evidence: Type.Optional(evidenceSchema),
});

/** The alerts among events of the outbox, in the same order. What is none of ours is passed over. */
export function recordedAlerts(events: readonly StoredEvent[]): readonly RecordedAlert[] {
  return events.flatMap(({ type, time, data }) => {
    if (type !== eventTypes.alert) return [];
    const value: unknown = JSON.parse(data);
    return Value.Check(schema, value) ? [{ time, data: value as unknown as AlertData }] : [];
  });
}

/** What is active after these changes, oldest first, on top of what was known before them. */
export function foldRecorded(
  known: readonly ActiveAlarm[],
  recorded: readonly RecordedAlert[],
): readonly ActiveAlarm[] {
  const active = new Map(known.map((alarm) => [alarm.alarm, alarm]));
  for (const { time, data } of recorded) {
    if (!data.active) active.delete(data.alarm);
    else active.set(data.alarm, alarmOf(data, time, active.get(data.alarm)?.raised ?? time));
  }
  return [...active.values()];
}

function alarmOf(data: AlertData, changed: number, raised: number): ActiveAlarm {
  const {
    alarm,
    rule,
    device,
    severity,
    category,
    test,
    cause,
    message,
    value,
    count,
    acknowledged,
    evidence = [],
  } = data;
  return {
    alarm,
    rule: rule as RuleId,
    device: device as DeviceId,
    subject: subjectOf(data),
    severity,
    category,
    test,
    cause,
    message,
    ...(value === undefined ? {} : { value }),
    count,
    acknowledged,
    raised,
    changed,
    ...(evidence.length === 0 ? {} : { evidence }),
  };
}

/** `<rule>/<device>/<subject, or - for none>/<occurrence>`: as `Alarms` makes its ids. */
function subjectOf({ alarm, rule, device }: AlertData): string {
  const subject = alarm.slice(`${rule}/${device}/`.length, alarm.lastIndexOf('/'));
  return subject === '-' ? '' : subject;
}
