/**
 * Events without a device: of the gateway itself, of people who acknowledge an alarm, of evidence, of commands.
 *
 * Always: only the caller of `commandResult` waits for the disk. All other events go to the entry queue, which keeps
 * them while the outbox refuses entries.
 */

import type { CommandResultData } from '@forpost/shared/event/command.ts';
import { type ClockData, type EvidenceReference, eventTypes, type GatewayData } from '@forpost/shared/event/event.ts';
import { asMessage } from '@forpost/shared/texts/sentence.ts';
import type { Alert } from '../alerts/action.ts';
import type { Acknowledgement } from '../alerts/alarm.ts';
import type { Alarms } from '../alerts/alarms.ts';
import { resultId } from '../commands/once.ts';
import type { AlarmTransition } from '../rules/rule.ts';
import type { EntryQueue } from './entry-queue.ts';
import type { EventDrafts } from './event-drafts.ts';

export interface OwnEventsParts {
  readonly alarms: Alarms;
  readonly drafts: EventDrafts;
  readonly queue: EntryQueue;
  /** called for every alert, after the local actions ran */
  readonly onAlert: (alert: Alert) => void;
}

export class OwnEvents {
  readonly #parts: OwnEventsParts;

  constructor(parts: OwnEventsParts) {
    this.#parts = parts;
  }

  /** An event of the gateway itself: started, a camera lost, a damaged outbox replaced. Adds `message_i18n`. */
  note(data: GatewayData): void {
    const message_i18n = asMessage(data.message);
    this.#keepOwn(eventTypes.gateway, message_i18n === undefined ? data : { ...data, message_i18n });
  }

  /** Stores the difference between true time and this boot's monotonic clock, once the clock is known to be right. */
  noteClock(data: ClockData): void {
    this.#keepOwn(eventTypes.clock, data);
  }

  #keepOwn(type: string, data: object): void {
    const { drafts, queue } = this.#parts;
    queue.keep({ events: [drafts.own(type, data, drafts.arrival())] });
  }

  /** Raises or clears alarms of the gateway itself: runs the local actions now, and queues the events. */
  alarm(transitions: readonly AlarmTransition[]): void {
    const { alarms, drafts, queue, onAlert } = this.#parts;
    const alerts = alarms.apply(transitions, drafts.arrival());
    for (const alert of alerts) onAlert(alert);
    if (alerts.length > 0) queue.keep({ events: alerts.map((alert) => drafts.ofAlert(alert)) });
  }

  /** Acknowledges an alarm for `by`, on the site. false: the alarm does not wait for an acknowledgement. */
  acknowledge(alarm: string, by: string): boolean {
    const { drafts, queue } = this.#parts;
    const alerts = this.showAcknowledged(alarm, { by, where: 'site' });
    if (alerts.length === 0) return false;
    queue.keep({ events: alerts.map((alert) => drafts.ofAlert(alert)) });
    return true;
  }

  /** As `acknowledge`, but the caller stores the alerts, by `commandResult` in the same turn. */
  showAcknowledged(alarm: string, who: Pick<Acknowledgement, 'by' | 'where'>): readonly Alert[] {
    const alerts = this.#parts.alarms.acknowledge(alarm, who);
    for (const alert of alerts) this.#parts.onAlert(alert);
    return alerts;
  }

  /** Acknowledges an alarm for a person at the centre. The caller stores `alerts` by `commandResult` in this turn. */
  acknowledgeFor(
    alarm: string,
    by: string,
  ): { readonly state: 'done'; readonly alerts: readonly Alert[] } | { readonly state: 'already' | 'unknown' } {
    const alerts = this.showAcknowledged(alarm, { by, where: 'centre' });
    if (alerts.length > 0) return { state: 'done', alerts };
    return { state: this.#parts.alarms.isAcknowledged(alarm) ? 'already' : 'unknown' };
  }

  /** Adds evidence to an alarm, even after its end. false: the alarm is unknown or has the maximum already. */
  attachEvidence(alarm: string, evidence: readonly EvidenceReference[]): boolean {
    return this.#keepUpdate(this.#parts.alarms.attach(alarm, evidence));
  }

  /** Adds the reason for a missing clip to an alarm. false: the alarm is unknown, or has the reason already. */
  lackEvidence(alarm: string, why: string): boolean {
    return this.#keepUpdate(this.#parts.alarms.lack(alarm, why));
  }

  #keepUpdate(alert: Alert | undefined): boolean {
    if (alert === undefined) return false;
    const { drafts, queue, onAlert } = this.#parts;
    onAlert(alert);
    queue.keep({ events: [drafts.ofAlert(alert)] });
    return true;
  }

  /**
   * Stores a command's result and the alerts that the command caused, in one entry. Resolves when the entry is on disk,
   * or when an earlier result of this command is. @throws the outbox's error; the caller may try again
   */
  async commandResult(result: CommandResultData, alerts: readonly Alert[]): Promise<void> {
    const { drafts, queue } = this.#parts;
    const draft = drafts.own(eventTypes.commandResult, result, drafts.arrival());
    await queue.submit({
      events: [...alerts.map((alert) => drafts.ofAlert(alert)), { ...draft, resendId: resultId(result.command) }],
    });
  }
}
