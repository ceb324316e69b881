/** Alarms over the gateway's API: those that are active or wait, those that are over, and one change in the stream. */

import { answer, closed, list, message, optional, time } from '@forpost/shared/http/schema.ts';
import Type from 'typebox';
import { severitySchema } from '../../site/site.ts';

export const evidenceReference = answer({
  id: Type.String({ description: 'id of the picture or clip' }),
  sha256: Type.String({ description: 'sha256 of the file, in hex' }),
  size: Type.Integer({ description: 'bytes of the file' }),
  kind: optional(Type.String({ description: 'picture, best or clip' })),
  media: optional(Type.String({ description: 'image/jpeg or video/mp4' })),
});

const reading = (description: string) => Type.Union([Type.Number(), Type.String(), Type.Boolean()], { description });

/** The fields that an alarm has in a list and in the stream. */
const alarmFields = {
  alarm: Type.String({ description: 'id of this occurrence' }),
  rule: Type.String({ description: 'id of the rule' }),
  device: Type.String({ description: 'id of the device or camera' }),
  active: Type.Boolean({ description: 'false: the alarm is over' }),
  acknowledged: Type.Boolean({ description: 'whether a person has acknowledged it' }),
  severity: severitySchema,
  category: Type.String({ description: 'category of the rule' }),
  message: Type.String({ description: 'the alarm in words, in the site’s language' }),
  message_i18n: optional(message('`message` as a message of the catalogue')),
  cause: Type.String({ description: 'what raised it: name of a metric, silent, zone-entered, …' }),
  value: optional(reading('the value that raised it')),
  count: Type.Integer({ description: 'how many times the condition has come true since the alarm was raised' }),
  test: Type.Boolean({ description: 'an installer’s test: notifies nobody' }),
  evidence: list(evidenceReference),
  evidence_problem: optional(Type.String({ description: 'why the alarm has no clip, in words' })),
  evidence_problem_i18n: optional(message('`evidence_problem` as a message of the catalogue')),
  summary: optional(Type.String({ description: 'the alarm in words that stay true when it is over' })),
  summary_i18n: optional(message('`summary` as a message of the catalogue')),
  peak: optional(reading('the worst value since the alarm was raised')),
  duration_ms: optional(Type.Number({ description: 'ms that an alarm that is over lasted' })),
  acknowledged_by: optional(Type.String({ description: 'log-in name of who acknowledged it' })),
  acknowledged_at: optional(time('when, by the gateway’s clock')),
  acknowledged_where: optional(
    Type.Union([Type.Literal('site'), Type.Literal('centre')], { description: 'where it was acknowledged' }),
  ),
  acknowledged_with: optional(Type.String({ description: 'the later alarm that was acknowledged with it' })),
  device_name: optional(Type.String({ description: 'name of the device or camera' })),
  place: optional(Type.String({ description: 'where the device or camera is' })),
} as const;

export const activeAlarmSchema = answer({
  ...alarmFields,
  since: time('when the alarm was raised'),
  at: time('when the alarm ended, or else last changed'),
});

export const alarmsAnswer = answer({ alarms: list(activeAlarmSchema) });

export const acknowledgeBody = Type.Object(
  { alarm: Type.String({ minLength: 1, maxLength: 200, description: 'id of the alarm' }) },
  closed,
);
export const acknowledgeAnswer = answer({ acknowledged: Type.Literal(true, { description: 'always true' }) });

export const earlierQuery = Type.Object({
  limit: optional(
    Type.Integer({ minimum: 1, maximum: 100, description: 'maximum number of alarms in the answer, default 20' }),
  ),
  before: optional(
    Type.String({ maxLength: 300, description: 'id of an alarm, the `next` of the page before: only older alarms' }),
  ),
  until: optional(Type.String({ maxLength: 40, description: 'RFC 3339: only alarms raised by then' })),
  device: optional(Type.String({ maxLength: 64, description: 'only of this device or camera' })),
  pictured: optional(Type.Boolean({ description: 'true: only alarms with a picture or a clip that is still kept' })),
});

const earlierAlarm = answer({
  alarm: Type.String({ description: 'id of this occurrence' }),
  rule: Type.String({ description: 'id of the rule' }),
  device: Type.String({ description: 'id of the device or camera' }),
  severity: severitySchema,
  message: Type.String({ description: 'the alarm in words' }),
  messageI18n: optional(message('`message` as a message of the catalogue')),
  count: Type.Integer({ description: 'how many times the condition came true' }),
  test: Type.Boolean({ description: 'an installer’s test' }),
  acknowledged: Type.Boolean({ description: 'whether a person has acknowledged it' }),
  acknowledgedBy: optional(Type.String({ description: 'who acknowledged it, where that is known' })),
  since: time('when the alarm was raised'),
  ended: Type.Union([time('when the alarm ended'), Type.Null()], { description: 'null: unknown' }),
  evidence: list(evidenceReference),
  why: Type.String({ description: 'why pictures are missing, in words; empty where none is' }),
  whyI18n: optional(message('`why` as a message of the catalogue')),
});

export const earlierAnswer = answer({
  alarms: list(earlierAlarm),
  next: Type.Union([Type.String(), Type.Null()], { description: '`before` of the next page; null on the last one' }),
});
export type EarlierAlarmView = Type.Static<typeof earlierAlarm>;
export type EarlierAlarmsView = Type.Static<typeof earlierAnswer>;
