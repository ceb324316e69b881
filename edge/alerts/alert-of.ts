/** The event that subscribers, the page and the centre get for one change of an alarm. Pure. */
import { rfc3339 } from '@forpost/shared/event/codec.ts';
import type { AlertData } from '@forpost/shared/event/event.ts';
import { recognise } from '@forpost/shared/texts/recognise.ts';
import type { Alert } from './action.ts';
import type { ActiveAlarm, Arrival, DeviceWords } from './alarm.ts';

/** One change of an alarm. */
export interface AlarmChange {
  readonly change: AlertData['change'];
  readonly active: boolean;
  /** when it happened, ms since 1970 */
  readonly time: number;
  readonly arrival: Arrival;
}

/** `alarm`: as the change leaves it; `words`: of its device. */
export function alertOf(alarm: ActiveAlarm, { change, active, time, arrival }: AlarmChange, words: DeviceWords): Alert {
  return {
    data: { ...alarmData(alarm, words), change, active },
    time,
    received: arrival.received,
    uptime: arrival.uptime,
  };
}

/** An alarm as all readers outside get it, without the change that led to it. `words`: of its device. */
export function alarmData(
  alarm: ActiveAlarm,
  { name, place }: DeviceWords,
): Omit<AlertData, 'change' | 'active' | 'latency_ms'> {
  const { rule, device, severity, category, message, cause, value, count, test, acknowledged } = alarm;
  const { acknowledgement: seen, summary, peak, ended, raised, messageI18n, summaryI18n } = alarm;
  const lacks = recognise(alarm.evidenceProblem ?? '');
  return {
    alarm: alarm.alarm,
    rule,
    device,
    acknowledged,
    severity,
    category,
    message,
    ...(messageI18n === undefined ? {} : { message_i18n: messageI18n }),
    cause,
    ...(value === undefined ? {} : { value }),
    count,
    test,
    evidence: alarm.evidence ?? [],
    ...(alarm.evidenceProblem === undefined ? {} : { evidence_problem: alarm.evidenceProblem }),
    ...(lacks === undefined ? {} : { evidence_problem_i18n: lacks }),
    ...(summary === undefined ? {} : { summary }),
    ...(summaryI18n === undefined ? {} : { summary_i18n: summaryI18n }),
    ...(peak === undefined ? {} : { peak }),
    ...(ended === undefined ? {} : { duration_ms: Math.max(0, Math.round(ended - raised)) }),
    ...(seen === undefined
      ? {}
      : { acknowledged_by: seen.by, acknowledged_at: rfc3339(seen.at), acknowledged_where: seen.where }),
    ...(seen?.with === undefined ? {} : { acknowledged_with: seen.with }),
    ...(name === undefined ? {} : { device_name: name }),
    ...(place === undefined ? {} : { place }),
  };
}
