/**
 * The step from observations to alerts: the rules observe, the alarms act, and the outbox gets the drafts.
 *
 *   observations ──► rules ──► alarms act (local actions) ──► drafts of alerts ──► the caller's outbox entry
 *   rules name a time (hold time, silence) ──► timer ──► rules wake ──► alarms act ──► drafts ──► entry queue
 *
 * Always: when a call returns, the local actions have run, without waiting for a disk (P2). There is at most one timer,
 * for the next time that a rule has named.
 */
import type { Clock, Timer } from '@forpost/shared/clock.ts';
import type { DeviceId } from '@forpost/shared/event/ids.ts';
import type { Alert } from '../alerts/action.ts';
import type { Arrival } from '../alerts/alarm.ts';
import type { Alarms } from '../alerts/alarms.ts';
import type { EventDraft } from '../outbox/outbox.ts';
import type { RuleEngine } from '../rules/engine.ts';
import type { AlarmTransition, Observation } from '../rules/rule.ts';
import type { Site } from '../site/site.ts';
import type { CameraView } from '../vision/messages.ts';
import type { EntryQueue } from './entry-queue.ts';
import type { EventDrafts } from './event-drafts.ts';

export interface RuleStepParts {
  /** throws before the alarms from before a restart are restored */
  readonly rules: () => RuleEngine;
  readonly alarms: Alarms;
  readonly drafts: EventDrafts;
  readonly queue: EntryQueue;
  readonly clock: Clock;
  /** called for every alert, after the local actions ran */
  readonly onAlert: (alert: Alert) => void;
}

export class RuleStep {
  readonly #parts: RuleStepParts;
  #timer: Timer | undefined;
  #timerAt = Number.POSITIVE_INFINITY;
  #stopped = false;

  constructor(parts: RuleStepParts) {
    this.#parts = parts;
  }

  start(): void {
    this.#armTimer();
  }

  stop(): void {
    this.#stopped = true;
    this.#timer?.cancel();
  }

  /** Evaluates the rules for one observation. No action runs yet: see `act`. */
  observe(observation: Observation, { received, uptime }: Arrival): readonly AlarmTransition[] {
    return this.#parts.rules().observe(observation, uptime, received);
  }

  /** Runs the local actions for the rules' conclusions. Returns the drafts of the alerts for the outbox. */
  act(transitions: readonly AlarmTransition[], arrival: Arrival): readonly EventDraft[] {
    const { alarms, drafts } = this.#parts;
    const made: EventDraft[] = [];
    if (transitions.length > 0)
      for (const alert of alarms.apply(transitions, arrival)) {
        this.#parts.onAlert(alert);
        made.push(drafts.ofAlert(alert));
      }
    this.#armTimer();
    return made;
  }

  /** Handles observations without a sender: their alerts go to the entry queue. */
  observeAndKeep(observations: readonly Observation[], arrival: Arrival): void {
    const transitions = observations.flatMap((observation) => this.observe(observation, arrival));
    this.#keep(this.act(transitions, arrival));
  }

  /** The rules take a changed site: alarms that nothing watches any more end now. `viewOf`: what a camera sees now. */
  changeSite(site: Site, viewOf: (camera: DeviceId) => CameraView): void {
    const { rules, alarms, drafts } = this.#parts;
    const arrival = drafts.arrival();
    const transitions = rules().update(site, alarms.active(), arrival.uptime, arrival.received, viewOf);
    this.#keep(this.act(transitions, arrival));
  }

  #keep(events: readonly EventDraft[]): void {
    if (events.length > 0) this.#parts.queue.keep({ events });
  }

  #armTimer(): void {
    const { rules, clock, drafts } = this.#parts;
    const next = rules().nextWake() ?? Number.POSITIVE_INFINITY;
    if (this.#stopped || next === this.#timerAt) return;
    this.#timer?.cancel();
    this.#timerAt = next;
    if (next === Number.POSITIVE_INFINITY) return;
    this.#timer = clock.after(next - clock.uptime(), () => {
      this.#timerAt = Number.POSITIVE_INFINITY;
      const arrival = drafts.arrival();
      this.#keep(this.act(rules().wake(arrival.received, arrival.uptime), arrival));
    });
  }
}
