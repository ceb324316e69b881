/**
 * The alarms that are over. An alarm that nobody acknowledged waits here until a person does: what lasted five seconds at
 * night is still to be seen in the morning. And the newest ones may still get their evidence, a clip comes some seconds
 * after its alarm.
 *
 *   over ── acknowledged before, a trial, info ──► recent (for evidence)
 *     └── else ──► recent, and waits ── acknowledged ──► recent        too many ──► dropped, and counted
 *
 * Always: `mostOfOneKind` wait of one rule, device and subject, so that a door that bangs takes no other alarm's place,
 * and `mostWaiting` in all: of the least grave the one that has waited longest is dropped. `snapshot` tells no more
 * than the outbox has.
 */
import { awaitsAcknowledgement } from '@forpost/shared/event/event.ts';
import type { ActiveAlarm } from './alarms.ts';

/** Newest ones that may still get their evidence. */
const mostRecent = 200;
/** 1 KB each */
const mostWaiting = 1000;
const mostOfOneKind = 50;

export class EndedAlarms {
  /** by alarm id, in the order in which they ended; so are the others */
  readonly #recent = new Map<string, ActiveAlarm>();
  readonly #critical = new Map<string, ActiveAlarm>();
  readonly #others = new Map<string, ActiveAlarm>();
  /** what waits as far as the outbox has it */
  readonly #stored = new Map<string, ActiveAlarm>();
  /** how many wait of each rule, device and subject */
  readonly #kinds = new Map<string, number>();
  #dropped = 0;

  /** What waited before a restart. */
  restore(alarms: readonly ActiveAlarm[], dropped: number): void {
    for (const alarm of alarms) {
      this.add(alarm);
      this.stored(alarm);
    }
    // what was dropped before is in the outbox still, and is dropped again
    this.#dropped = dropped;
  }

  /** It has just ended. */
  add(alarm: ActiveAlarm): void {
    this.#recent.set(alarm.alarm, alarm);
    for (const oldest of this.#recent.keys()) {
      if (this.#recent.size <= mostRecent) break;
      this.#recent.delete(oldest);
    }
    if (!awaitsAcknowledgement(alarm)) return;
    const kind = kindOf(alarm);
    if ((this.#kinds.get(kind) ?? 0) >= mostOfOneKind) this.#dropOldest(this.#of(alarm), kind);
    this.#of(alarm).set(alarm.alarm, alarm);
    this.#kinds.set(kind, (this.#kinds.get(kind) ?? 0) + 1);
    if (this.#others.size + this.#critical.size > mostWaiting)
      this.#dropOldest(this.#others.size > 0 ? this.#others : this.#critical);
  }

  /** The outbox has this state of it. */
  stored(alarm: ActiveAlarm): void {
    if (awaitsAcknowledgement(alarm) && this.waitingOf(alarm.alarm) !== undefined) this.#stored.set(alarm.alarm, alarm);
    // one that was acknowledged meanwhile stays until its acknowledgement is stored
    else if (alarm.acknowledged) this.#stored.delete(alarm.alarm);
  }

  acknowledged(alarm: ActiveAlarm): void {
    this.#forget(alarm.alarm);
    if (this.#recent.has(alarm.alarm)) this.#recent.set(alarm.alarm, alarm);
  }

  /** More is known of it: there are pictures now. */
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
      if (kind !== undefined && kindOf(alarm) !== kind) continue;
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
    const left = (this.#kinds.get(kindOf(alarm)) ?? 1) - 1;
    if (left > 0) this.#kinds.set(kindOf(alarm), left);
    else this.#kinds.delete(kindOf(alarm));
  }
}

function kindOf({ rule, device, subject }: ActiveAlarm): string {
  return `${rule}/${device}/${subject}`;
}
