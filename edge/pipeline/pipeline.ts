/**
 * The steps of one message through the gateway, the same for the publish of a meter and the frame of a camera:
 *
 *   decode ──► rules ──► local actions ──► one outbox entry (readings, alerts, dead letter) ──► committed
 *
 *   admit.ts        a device's publish            scene.ts         reports of the vision process
 *   own-events.ts   events that no device sent    rule-step.ts     observations to alerts
 *   event-drafts.ts events for the outbox         entry-queue.ts   entries on their way to the outbox
 *   resend-filter.ts  readings that came before
 *
 * Always: the local actions have run before an entry goes to the outbox, so an alert never waits for the disk (P2).
 * After its local actions an alert is stored even if the entry of its reading was refused. This file only connects the
 * steps.
 */
import type { Clock } from '@forpost/shared/clock.ts';
import type { ClockQuality } from '@forpost/shared/event/event.ts';
import type { DeviceId } from '@forpost/shared/event/ids.ts';
import type { Logger } from '@forpost/shared/logging.ts';
import type { Alert } from '../alerts/action.ts';
import type { Alarms } from '../alerts/alarms.ts';
import type { Admit } from '../broker/access.ts';
import type { DeviceRegistry } from '../devices/registry.ts';
import type { Outbox } from '../outbox/outbox.ts';
import type { RuleEngine } from '../rules/engine.ts';
import type { Site } from '../site/site.ts';
import type { CameraView } from '../vision/messages.ts';
import { Admission } from './admit.ts';
import { EntryQueue } from './entry-queue.ts';
import { EventDrafts } from './event-drafts.ts';
import { OwnEvents } from './own-events.ts';
import { ResendFilter } from './resend-filter.ts';
import { RuleStep } from './rule-step.ts';
import { SceneIntake } from './scene.ts';

export interface PipelineParts {
  readonly devices: DeviceRegistry;
  /** throws before the alarms from before a restart are restored */
  readonly rules: () => RuleEngine;
  readonly alarms: Alarms;
  readonly outbox: Outbox;
  /** default: an empty one */
  readonly resends?: ResendFilter;
  readonly clock: Clock;
  readonly quality: () => ClockQuality;
  readonly boot: () => string;
  /** uniform in [0, 1) */
  readonly random: () => number;
  readonly logger: Logger;
  /** called for every alert, after the local actions ran */
  readonly onAlert: (alert: Alert) => void;
}

export class Pipeline {
  /** admits a device's publish */
  readonly admit: Admit;
  /** handles the reports of the vision process */
  readonly cameras: SceneIntake;
  /** events that no device sent */
  readonly own: OwnEvents;
  readonly #queue: EntryQueue;
  readonly #drafts: EventDrafts;
  readonly #rules: RuleStep;

  constructor({
    devices,
    rules,
    alarms,
    outbox,
    clock,
    quality,
    boot,
    random,
    logger,
    onAlert,
    resends,
  }: PipelineParts) {
    const drafts = new EventDrafts({ clock, quality, boot });
    const queue = new EntryQueue({
      outbox,
      clock,
      stamp: () => ({ clock: quality(), boot: boot() }),
      random,
      logger,
      onStored: (draft) => {
        const alert = drafts.alertOf(draft);
        if (alert !== undefined) alarms.stored(alert);
      },
    });
    this.#queue = queue;
    this.#drafts = drafts;
    this.#rules = new RuleStep({ rules, alarms, drafts, queue, clock, onAlert });
    this.own = new OwnEvents({ alarms, drafts, queue, onAlert });
    this.cameras = new SceneIntake({ rules: this.#rules, drafts, queue, own: this.own, clock });
    const admission = new Admission({
      devices,
      resends: resends ?? new ResendFilter(),
      rules: this.#rules,
      drafts,
      queue,
    });
    this.admit = admission.admit;
  }

  /** Counts of events without a sender: waiting in memory, given up, and replaced by a later state of their alarm. */
  get unstored(): { readonly waiting: number; readonly lost: number; readonly collapsed: number } {
    const { waiting, lost, collapsed } = this.#queue;
    return { waiting, lost, collapsed };
  }

  /** A bridge can be reached, or no longer. */
  bridgeReached(bridge: DeviceId, reachable: boolean): void {
    const now = this.#drafts.arrival();
    const { received } = now;
    this.#rules.observeAndKeep([{ kind: 'reach', device: bridge, time: received, received, reachable }], now);
  }

  /** See `RuleStep.changeSite`. */
  changeSite(site: Site, viewOf: (camera: DeviceId) => CameraView): void {
    this.#rules.changeSite(site, viewOf);
  }

  start(): void {
    this.#rules.start();
  }

  async stop(): Promise<void> {
    this.#rules.stop();
    this.cameras.stop();
    await this.#queue.stop();
  }
}
