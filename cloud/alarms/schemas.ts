/** Alarms over HTTP: the filters of the list, and one alarm in its newest state. */

import { answer, closed, deviceValue, id, list, message, optional, time } from '@forpost/shared/http/schema.ts';
import Type from 'typebox';

export const maxAlarms = 1000;

export const alarmsQuery = Type.Object(
  {
    since: optional(time('leaves out alarms that ended before this time; default: a day ago')),
    limit: optional(
      Type.Integer({
        minimum: 1,
        maximum: maxAlarms,
        description:
          'default 200. Left out first: alarms that ended and are acknowledged; then open alarms beyond each gateway’s ' +
          'equal share, in this order: acknowledged, least severe, oldest',
      }),
    ),
    site: optional(id('only of this site')),
    gateway: optional(id('only of this gateway')),
    skip: optional(
      Type.Integer({
        minimum: 0,
        maximum: 10_000,
        description: 'number of alarms to leave out at the beginning: those of the answers before',
      }),
    ),
  },
  closed,
);

export const alarmSchema = answer({
  alarm: Type.String({ description: 'id of this occurrence' }),
  /** of the newest event about the alarm */
  event: Type.String({ description: 'id of the newest event of the alarm' }),
  site: Type.String({ description: 'id of the site' }),
  gateway: Type.String({ description: 'id of the gateway' }),
  device: Type.String({ description: 'id of the device or camera' }),
  rule: Type.String({ description: 'id of the rule' }),
  severity: Type.String({ description: 'info, warning or critical' }),
  category: Type.String({ description: 'category of the rule, such as power' }),
  message: Type.String({ description: 'the alarm in words' }),
  message_i18n: optional(message('`message` as a message of the catalogue')),
  cause: Type.String({ description: 'what raised it: a metric, or a kind of rule' }),
  value: optional(deviceValue('the value that raised it, or the newest one')),
  count: Type.Integer({ description: 'how often it was set off since it was raised' }),
  peak: optional(
    Type.Union([Type.Number(), Type.String(), Type.Boolean()], { description: 'the worst value since it was raised' }),
  ),
  summary: optional(Type.String({ description: 'what it is about, also when it is over: how far it went' })),
  summary_i18n: optional(message('`summary` as a message of the catalogue')),
  device_name: optional(Type.String({ description: 'name of the device for people' })),
  place: optional(Type.String({ description: 'where the device is, in the site’s words' })),
  active: Type.Boolean({ description: 'whether its condition still holds' }),
  open: Type.Boolean({ description: 'active, or over and not acknowledged by a person' }),
  acknowledged: Type.Boolean({ description: 'whether a person has acknowledged it' }),
  acknowledged_by: optional(Type.String({ description: 'a log-in name' })),
  acknowledged_at: optional(time('by the clock of where it was acknowledged')),
  acknowledged_where: optional(
    Type.Union([Type.Literal('site'), Type.Literal('centre'), Type.Literal('centre only')], {
      description: 'site: on the gateway’s page; centre only: the gateway does not know yet',
    }),
  ),
  test: Type.Boolean({ description: 'an installer’s test' }),
  change: Type.String({ description: 'the newest one: raised, updated, cleared or acknowledged' }),
  raised: time('when it was raised'),
  changed: time('when the newest change happened'),
  ended: optional(time('absent: it is active')),
  raised_by: optional(Type.Literal('centre', { description: 'the centre found it; absent: its gateway raised it' })),
  evidence: list(
    answer({
      id: Type.String({ description: 'as its gateway calls it' }),
      sha256: Type.String({ description: 'SHA-256 of the picture or clip, hex' }),
      size: Type.Integer({ description: 'bytes' }),
      kind: Type.String({ description: 'picture, best or clip' }),
      media: Type.String({ description: 'image/jpeg or video/mp4' }),
    }),
  ),
  evidence_problem: optional(Type.String({ description: 'why it has no clip, in words' })),
  evidence_problem_i18n: optional(message('`evidence_problem` as a message of the catalogue')),
});
export type AlarmView = Type.Static<typeof alarmSchema>;

export const alarmsAnswer = answer({
  alarms: list(alarmSchema),
  open: Type.Integer({ description: 'active, or over and not acknowledged: in all, those beyond the limit included' }),
  not_listed: list(
    answer({
      gateway: Type.String({ description: 'id of the gateway' }),
      site: Type.String({ description: 'id of the site' }),
      open: Type.Integer({
        description: 'open alarms of this gateway that are not in this answer; ask with `gateway`',
      }),
    }),
  ),
});
export type AlarmsAnswer = Type.Static<typeof alarmsAnswer>;
