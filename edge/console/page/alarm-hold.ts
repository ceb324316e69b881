/**
 * Holds the list of alarms still while a person uses the page, so that no row moves under a finger.
 *
 *   empty ── the first list ──► following
 *   following ── a touch, a key, scrolling ──► held ── no input for 10 s, or «show» ──► following
 *
 * Always: the first list is shown at once, although the tap on «Log in» was a moment ago. Held rows keep their places and
 * show the newest state of their alarms; an alarm that has left the gateway's list is marked in its place. New alarms are
 * announced beside the list. Pure: times are parameters.
 */
import type { ActiveAlarm } from '../view.ts';
import { t } from './texts.ts';
import { alarmMessage, severityWords } from './words.ts';

export interface HeldRow {
  readonly alarm: ActiveAlarm;
  /** the alarm is no longer in the gateway's list */
  readonly gone: boolean;
}

export interface HeldAlarms {
  readonly rows: readonly HeldRow[];
  /** alarms that came since, most severe first */
  readonly waiting: readonly ActiveAlarm[];
}

const idleMs = 10_000;

export class AlarmHold {
  /** the rows that were shown last; undefined before the first list */
  #rows: readonly ActiveAlarm[] | undefined;
  #heldUntil = Number.NEGATIVE_INFINITY;

  /** Notes a person's input. `now`: ms of a monotonic clock */
  used(now: number): void {
    this.#heldUntil = now + idleMs;
  }

  release(): void {
    this.#heldUntil = Number.NEGATIVE_INFINITY;
  }

  /** The rows to show for the gateway's list, and the new alarms that wait. */
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
