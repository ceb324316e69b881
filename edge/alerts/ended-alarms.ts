/**
 * Keeps alarms that are over. An unacknowledged alarm waits here until a person acknowledges it, so the page still shows
 * in the morning an alarm that lasted five seconds at night. The newest alarms are kept for their evidence too, because a
 * clip comes some seconds after its alarm.
 *
 *   over ── acknowledged before, a test, info ──► recent (for evidence)
 *     └── else ──► recent, and waits ── acknowledged ──► recent        too many ──► dropped, and counted
 *
 * Always: at most `mostOfOneKind` alarms of one rule, device and subject wait, so that a banging door displaces only its
 * own alarms. At most `mostWaiting` alarms wait in all; beyond that the oldest of the least severe is dropped. `snapshot`
 * contains only states that the outbox has stored.
 */
import { awaitsAcknowledgement } from '@forpost/shared/event/event.ts';
import { type ActiveAlarm, keyOf } from './alarm.ts';

/** The newest alarms, which may still get their evidence. */
const mostRecent = 200;
/** 1 KB each */
const mostWaiting = 1000;
const mostOfOneKind = 50;

export class EndedAlarms {
  /** by alarm id, in the order in which the alarms ended; so are the next two */
  readonly #recent = new Map<string, ActiveAlarm>();
  readonly #critical = new Map<string, ActiveAlarm>();
  readonly #others = new Map<string, ActiveAlarm>();
  /** the waiting alarms, in the state that the outbox has stored */
  readonly #stored = new Map<string, ActiveAlarm>();
  /** number of waiting alarms by rule, device and subject */
  readonly #kinds = new Map<string, number>();
  #dropped = 0;

  /** Restores the alarms that waited before a restart. */
  restore(alarms: readonly ActiveAlarm[], dropped: number): void {
    for (const alarm of alarms) {
      this.add(alarm);
      this.stored(alarm);
    }
    // the outbox still has the dropped alarms, so `restore` dropped them again; each counts once
    this.#dropped = dropped;
  }

  /** The alarm has just ended. */
  add(alarm: ActiveAlarm): void {
    this.#recent.set(alarm.alarm, alarm);
    for (const oldest of this.#recent.keys()) {
      if (this.#recent.size <= mostRecent) break;
      this.#recent.delete(oldest);
    }
    if (!awaitsAcknowledgement(alarm)) return;
    const kind = keyOf(alarm);
    if ((this.#kinds.get(kind) ?? 0) >= mostOfOneKind) this.#dropOldest(this.#of(alarm), kind);
    this.#of(alarm).set(alarm.alarm, alarm);
    this.#kinds.set(kind, (this.#kinds.get(kind) ?? 0) + 1);
    if (this.#others.size + this.#critical.size > mostWaiting)
      this.#dropOldest(this.#others.size > 0 ? this.#others : this.#critical);
  }

  /** The outbox has stored this state of the alarm. */
  stored(alarm: ActiveAlarm): void {
    if (awaitsAcknowledgement(alarm) && this.waitingOf(alarm.alarm) !== undefined) this.#stored.set(alarm.alarm, alarm);
    // an alarm acknowledged in the meantime stays until the outbox has stored the acknowledgement
    else if (alarm.acknowledged) this.#stored.delete(alarm.alarm);
  }

  acknowledged(alarm: ActiveAlarm): void {
    this.#forget(alarm.alarm);
    if (this.#recent.has(alarm.alarm)) this.#recent.set(alarm.alarm, alarm);
  }

  /** Evidence was added to the alarm. */
  update(alarm: ActiveAlarm): void {
    if (this.#recent.has(alarm.alarm)) this.#recent.set(alarm.alarm, alarm);
    const waiting = this.#of(alarm);
    if (waiting.has(alarm.alarm)) waiting.set(alarm.alarm, alarm);
  }

  get(alarm: string): ActiveAlarm | undefined {
    return this.#recent.get(alarm) ?? this.waitingOf(alarm);
  }

  waitingOf(alarm: string): ActiveAlarm | undefined {
    return this.#critical.get(alarm) ?? this.#others.get(alarm);
  }

  /** In the order in which they ended. */
  waiting(): readonly ActiveAlarm[] {
    return [...this.#critical.values(), ...this.#others.values()].sort((a, b) => (a.ended ?? 0) - (b.ended ?? 0));
  }

  get dropped(): number {
    return this.#dropped;
  }

  snapshot(): { readonly stored: readonly ActiveAlarm[]; readonly dropped: number } {
    return { stored: [...this.#stored.values()], dropped: this.#dropped };
  }

  #of({ severity }: ActiveAlarm): Map<string, ActiveAlarm> {
    return severity === 'critical' ? this.#critical : this.#others;
  }

  #dropOldest(from: Map<string, ActiveAlarm>, kind?: string): void {
    for (const [id, alarm] of from) {
      if (kind !== undefined && keyOf(alarm) !== kind) continue;
      this.#forget(id);
      this.#stored.delete(id);
      this.#dropped++;
      return;
    }
  }

  #forget(id: string): void {
    const alarm = this.waitingOf(id);
    if (alarm === undefined) return;
    this.#of(alarm).delete(id);
    const left = (this.#kinds.get(keyOf(alarm)) ?? 1) - 1;
    if (left > 0) this.#kinds.set(keyOf(alarm), left);
    else this.#kinds.delete(keyOf(alarm));
  }
}
