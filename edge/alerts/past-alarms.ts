/**
 * Remembers the alarms of the last days for the page: their messages, when they began and ended, and their evidence.
 *
 *   start: alarms from the newest alerts in the outbox, and from kept pictures ──► known
 *   then each alert ──► known, or changed ──► more than `mostKnown` ──► the oldest is forgotten
 *
 * Always: an alert costs one look-up, because every alert passes here after the local actions. A forgotten alarm
 * disappears from the page only; the outbox, the centre and the evidence store have their own limits.
 */
import type { AlertData, EvidenceReference, Severity } from '@forpost/shared/event/event.ts';
import type { Message } from '@forpost/shared/texts/message.ts';
import type { ActiveAlarm } from './alarm.ts';
import { type AlarmText, alarmTextOf, alarmTextOfData, summaryOfData } from './sentences.ts';

/** An alarm, from raised to cleared. Times in ms since 1970. */
export interface PastAlarm {
  readonly alarm: string;
  readonly rule: string;
  /** a device's id or a camera's */
  readonly device: string;
  readonly severity: Severity;
  readonly message: string;
  readonly messageI18n?: Message;
  readonly count: number;
  readonly test: boolean;
  readonly acknowledged: boolean;
  /** who acknowledged it; undefined: nobody, or unknown */
  readonly acknowledgedBy?: string;
  readonly raised: number;
  /** undefined: the alarm is active, or the time of its end is unknown */
  readonly ended: number | undefined;
  readonly evidence: readonly EvidenceReference[];
}

/** A change of an alarm. `time`: when it happened, ms since 1970. */
export interface AlarmChange {
  readonly time: number;
  readonly data: AlertData;
}

export interface PastAlarmsQuery {
  readonly limit: number;
  /** only the alarms that follow this one in the list */
  readonly before?: string | undefined;
  /** only alarms raised by then, ms since 1970 */
  readonly until?: number | undefined;
  readonly device?: string | undefined;
  /** only alarms for which it returns true */
  readonly wanted?: ((alarm: PastAlarm) => boolean) | undefined;
}

export interface PastAlarmsPage {
  /** newest first */
  readonly alarms: readonly PastAlarm[];
  /** `before` of the next page; undefined at the end */
  readonly next: string | undefined;
}

/** 1 KB each with the names of three pictures; four weeks at an alarm every ten minutes. */
const mostKnown = 4000;

export class PastAlarms {
  readonly #most: number;
  /** by id, in the order in which they were raised */
  #known = new Map<string, PastAlarm>();

  constructor(most = mostKnown) {
    this.#most = most;
  }

  /** Records an alert, after its local actions. */
  record({ time, data }: AlarmChange): void {
    const { alarm, rule, device, severity, count, test, acknowledged, active } = data;
    const evidence = data.evidence ?? [];
    const before = this.#known.get(alarm);
    // an alarm that is over may still get its pictures
    const ended = active ? undefined : (before?.ended ?? time);
    const raised = before?.raised ?? time;
    this.#known.set(alarm, {
      alarm,
      rule,
      device,
      severity,
      count,
      test,
      acknowledged,
      raised,
      ended,
      ...(active ? alarmTextOfData(data) : endedText(data, before)),
      ...(data.acknowledged_by === undefined ? {} : { acknowledgedBy: data.acknowledged_by }),
      evidence: evidence.length === 0 ? (before?.evidence ?? []) : evidence,
    });
    this.#forget();
  }

  /**
   * Adds alarms from another record. An alarm that is known already gets the earlier beginning and the additional
   * evidence, because a kill may have lost the events with them.
   */
  remember(alarms: readonly PastAlarm[]): void {
    const all = new Map(this.#known);
    for (const alarm of alarms) {
      const known = all.get(alarm.alarm) ?? alarm;
      const more = alarm.evidence.filter(({ id }) => known.evidence.every((one) => one.id !== id));
      all.set(alarm.alarm, {
        ...known,
        raised: Math.min(known.raised, alarm.raised),
        evidence: [...known.evidence, ...more],
      });
    }
    this.#known = new Map([...all].sort(([, a], [, b]) => a.raised - b.raised));
    this.#forget();
  }

  /** undefined: the alarm named by `before` is unknown or forgotten. */
  page({ limit, before, until, device, wanted }: PastAlarmsQuery): PastAlarmsPage | undefined {
    const all = [...this.#known.values()].reverse();
    const from = before === undefined ? 0 : all.findIndex(({ alarm }) => alarm === before) + 1;
    if (before !== undefined && from === 0) return undefined;
    const alarms: PastAlarm[] = [];
    for (let i = from; i < all.length; i++) {
      const one = all[i] as PastAlarm;
      if (until !== undefined && one.raised > until) continue;
      if (device !== undefined && one.device !== device) continue;
      if (wanted !== undefined && !wanted(one)) continue;
      if (alarms.length === limit) return { alarms, next: alarms.at(-1)?.alarm };
      alarms.push(one);
    }
    return { alarms, next: undefined };
  }

  #forget(): void {
    for (const oldest of this.#known.keys()) {
      if (this.#known.size <= this.#most) break;
      this.#known.delete(oldest);
    }
  }
}

/** An alarm keeps its first message, which says more than the message of its end. */
function endedText(data: AlertData, before: PastAlarm | undefined): AlarmText {
  const { summary: message, summaryI18n: messageI18n } = summaryOfData(data);
  if (message === undefined) return before === undefined ? alarmTextOfData(data) : alarmTextOf(before);
  return messageI18n === undefined ? { message } : { message, messageI18n };
}

/** The alarms that were active before a restart and still are. */
export function activePast(alarms: readonly ActiveAlarm[]): readonly PastAlarm[] {
  return alarms.map(
    ({ alarm, rule, device, severity, count, test, acknowledged, raised, evidence = [], ...says }): PastAlarm => ({
      ...alarmTextOf(says),
      alarm,
      rule,
      device,
      severity,
      count,
      test,
      acknowledged,
      raised,
      ended: undefined,
      evidence,
    }),
  );
}
