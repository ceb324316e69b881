/**
 * Reads the active alarms from the newest alert events of the outbox. They are newer than the snapshot, which is written
 * a little later. A start folds them over the snapshot, so that after a kill between the two every alarm gets its end
 * and no ended alarm is active.
 */
import type { StoredEvent } from '@forpost/shared/event/codec.ts';
import type { AlertData } from '@forpost/shared/event/event.ts';
import { awaitsAcknowledgement, eventTypes } from '@forpost/shared/event/event.ts';
import type { DeviceId, RuleId } from '@forpost/shared/event/ids.ts';
import { idPatternText } from '@forpost/shared/event/ids.ts';
import Type from 'typebox';
import Value from 'typebox/value';
import type { OutboxReader } from '../outbox/outbox.ts';
import { severitySchema } from '../site/site.ts';
import type { ActiveAlarm } from './alarm.ts';
import { evidenceSchema } from './evidence-schema.ts';
import { messageSchema } from './message-schema.ts';
import { aboutOf, alarmTextOfData, summaryFromText, summaryOfData, withoutSummary } from './sentences.ts';

/** A change of an alarm as it was stored. `time`: when it happened, ms since 1970. */
export interface RecordedAlert {
  readonly time: number;
  readonly data: AlertData;
}

/** Events of the alerts lane that a start reads: many times what comes between two snapshots. */
const mostRecorded = 5000;

const id = Type.String({ pattern: idPatternText });
const valueSchema = Type.Union([Type.Number(), Type.String(), Type.Boolean()]);
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
  message_i18n: Type.Optional(messageSchema),
  cause: Type.String(),
  value: Type.Optional(valueSchema),
  count: Type.Integer({ minimum: 1 }),
  test: Type.Boolean(),
  evidence: Type.Optional(evidenceSchema),
  evidence_problem: Type.Optional(Type.String()),
  summary: Type.Optional(Type.String()),
  summary_i18n: Type.Optional(messageSchema),
  peak: Type.Optional(valueSchema),
  duration_ms: Type.Optional(Type.Number()),
  acknowledged_by: Type.Optional(Type.String()),
  acknowledged_at: Type.Optional(Type.String()),
  acknowledged_where: Type.Optional(Type.Union([Type.Literal('site'), Type.Literal('centre')])),
});

/** The alerts among events of the outbox, in the same order. Skips what is not an alert of this schema. */
export function recordedAlerts(events: readonly StoredEvent[]): readonly RecordedAlert[] {
  return events.flatMap(({ type, time, data }) => {
    if (type !== eventTypes.alert) return [];
    const value: unknown = JSON.parse(data);
    return Value.Check(schema, value) ? [{ time, data: value as unknown as AlertData }] : [];
  });
}

/** The newest alerts of the outbox, oldest first. @throws what the reader says */
export function recordedIn(reader: Pick<OutboxReader, 'newest'>): readonly RecordedAlert[] {
  return recordedAlerts(reader.newest('alerts', mostRecorded)).toReversed();
}

export interface Folded {
  /** oldest first */
  readonly active: readonly ActiveAlarm[];
  /** over and not acknowledged, in the order in which they ended */
  readonly waiting: readonly ActiveAlarm[];
}

/** The active alarms, and those that wait for an acknowledgement, after these changes to the known ones. */
export function foldRecorded(
  knownActive: readonly ActiveAlarm[],
  knownWaiting: readonly ActiveAlarm[],
  recorded: readonly RecordedAlert[],
): Folded {
  const active = new Map(knownActive.map((alarm) => [alarm.alarm, alarm]));
  const waiting = new Map(knownWaiting.map((alarm) => [alarm.alarm, alarm]));
  for (const { time, data } of recorded) {
    const before = active.get(data.alarm) ?? waiting.get(data.alarm);
    if (data.active) {
      active.set(data.alarm, alarmOf(data, time, before));
      continue;
    }
    active.delete(data.alarm);
    if (!awaitsAcknowledgement(data)) waiting.delete(data.alarm);
    else waiting.set(data.alarm, endedOf(data, time, before));
  }
  const ended = [...waiting.values()].sort((a, b) => (a.ended ?? 0) - (b.ended ?? 0));
  return { active: [...active.values()], waiting: ended };
}

/** Evidence that comes after the end does not move the end. */
function endedOf(data: AlertData, time: number, before: ActiveAlarm | undefined): ActiveAlarm {
  const ended = before?.ended ?? time;
  const known = before ?? { raised: ended - (data.duration_ms ?? 0) };
  const about = [summaryOfData(data), aboutOf(before ?? {})].find(({ summary }) => summary !== undefined);
  const alarm = withoutSummary(alarmOf(data, time, known));
  return { ...alarm, ended, ...(about ?? summaryFromText(before ?? alarmTextOfData(data))) };
}

type Known = Pick<ActiveAlarm, 'raised' | 'peak' | 'summary' | 'summaryI18n'> & Partial<Pick<ActiveAlarm, 'count'>>;

/** Only the snapshot has a peak between two events: an older event does not lower it. */
function worstOf(data: AlertData, before: Known | undefined): Pick<ActiveAlarm, 'summary' | 'summaryI18n' | 'peak'> {
  const isOlder = data.active && before?.count !== undefined && data.count <= before.count;
  const told = { ...summaryOfData(data), peak: data.peak };
  const [first, second] = isOlder ? [before, told] : [told, before];
  const about = first.summary === undefined ? aboutOf(second ?? {}) : aboutOf(first);
  const peak = first.peak ?? second?.peak;
  return { ...about, ...(peak === undefined ? {} : { peak }) };
}

function alarmOf(data: AlertData, changed: number, before: Known | undefined): ActiveAlarm {
  const {
    alarm,
    rule,
    device,
    severity,
    category,
    test,
    cause,
    value,
    count,
    acknowledged,
    acknowledged_by: by,
    acknowledged_at: at,
    acknowledged_where: where = 'site',
    evidence = [],
    evidence_problem: evidenceProblem,
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
    ...alarmTextOfData(data),
    ...(value === undefined ? {} : { value }),
    count,
    acknowledged,
    ...(by === undefined || at === undefined ? {} : { acknowledgement: { by, where, at: Date.parse(at) } }),
    raised: before?.raised ?? changed,
    changed,
    ...worstOf(data, before),
    ...(evidence.length === 0 ? {} : { evidence }),
    ...(evidenceProblem === undefined ? {} : { evidenceProblem }),
  };
}

/** `<rule>/<device>/<subject, or - for none>/<occurrence>`: as `Alarms` makes its ids. */
function subjectOf({ alarm, rule, device }: AlertData): string {
  const subject = alarm.slice(`${rule}/${device}/`.length, alarm.lastIndexOf('/'));
  return subject === '-' ? '' : subject;
}
