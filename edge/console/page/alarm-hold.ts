/**
 * The alarms stand still while a finger is at work, so that nothing moves under it.
 *
 *   empty ── the first list ──► following
 *   following ── a touch, a key, scrolling ──► held ── nothing of it for 10 s, or «show» ──► following
 *
 * Always: the first list is shown at once, although the tap that logged somebody in was a moment ago; rows that are
 * held keep their places and show what is true of them now; one that is over and acknowledged meanwhile says so in its
 * place; what came is told beside the list. Pure: times come in.
 */
import type { ActiveAlarm } from '../view.ts';
import { t } from './texts.ts';
import { alarmMessage, severityWords } from './words.ts';

export interface HeldRow {
  readonly alarm: ActiveAlarm;
  /** it is in the gateway's list no longer */
  readonly gone: boolean;
}

export interface HeldAlarms {
  readonly rows: readonly HeldRow[];
  /** that came since, the gravest first */
  readonly waiting: readonly ActiveAlarm[];
}

const idleMs = 10_000;

export class AlarmHold {
  /** as they were shown last; undefined: nothing has been shown */
  #rows: readonly ActiveAlarm[] | undefined;
  #heldUntil = Number.NEGATIVE_INFINITY;

  /** Somebody uses the page. `now`: ms of a monotonic clock */
  used(now: number): void {
    this.#heldUntil = now + idleMs;
  }

  release(): void {
    this.#heldUntil = Number.NEGATIVE_INFINITY;
  }

  /** What to show of the gateway's list. */
  list(alarms: readonly ActiveAlarm[], now: number): HeldAlarms {
    const before = this.#rows;
    if (before === undefined || now >= this.#heldUntil) {
      this.#rows = alarms;
      return { rows: alarms.map((alarm) => ({ alarm, gone: false })), waiting: [] };
    }
    const present = new Map(alarms.map((alarm) => [alarm.alarm, alarm]));
    const rows = before.map((row) => {
      const alarm = present.get(row.alarm);
      return { alarm: alarm ?? row, gone: alarm === undefined };
    });
    const shown = new Set(before.map(({ alarm }) => alarm));
    return { rows, waiting: alarms.filter(({ alarm }) => !shown.has(alarm)) };
  }
}

/** «2 new alarms, Critical: Somebody at the gate» */
export function waitingWords(waiting: readonly ActiveAlarm[]): string {
  const [gravest] = waiting;
  if (gravest === undefined) return '';
  const severity = severityWords[gravest.severity];
  return t('gateway-page/alarms.new', { count: waiting.length, severity, message: alarmMessage(gravest) });
}
