/**
 * Tells the site's own subscribers, through the broker in this process: each change on `forpost/alerts/<rule>/<device>`
 * (QoS 1, not retained), and the state now on `forpost/alarms/<rule>/<device>` (retained), where the state of a rule and
 * device with several alarms (zones, channels) is active as long as one of them is.
 *
 * Always: nothing here waits; a publisher that throws is told in the log, and the next change is tried anew.
 */
import { messageOf } from '@forpost/shared/errors.ts';
import type { AlertData } from '@forpost/shared/event/event.ts';
import type { Logger } from '@forpost/shared/logging.ts';
import type { Action, Alert, LocalPublisher } from '../action.ts';

/** One change for local consumers: the event's data with its times, ms since 1970. */
export interface AlertMessage extends AlertData {
  /** when it happened */
  readonly time: number;
  /** when the gateway took what set it off */
  readonly received: number;
}

/** The state of a rule and device: its newest change, whether any alarm of theirs is active, and which. */
export interface AlarmMessage extends AlertMessage {
  readonly active: boolean;
  readonly alarms: readonly string[];
}

export class MqttAction implements Action {
  readonly name = 'mqtt';
  readonly #publisher: LocalPublisher;
  readonly #logger: Logger;
  /** active alarms by state topic; bounded by what `Alarms` keeps active */
  readonly #active = new Map<string, Set<string>>();

  constructor(publisher: LocalPublisher, logger: Logger) {
    this.#publisher = publisher;
    this.#logger = logger;
  }

  perform(alert: Alert): void {
    const { data, time, received } = alert;
    const message: AlertMessage = { ...data, time, received };
    this.#publish(`forpost/alerts/${data.rule}/${data.device}`, JSON.stringify(message), false);
    // what is over gets its evidence late: the state is by then another alarm's
    if (data.change !== 'updated' || data.active) this.#show(message);
  }

  restore({ data, time, received }: Alert): void {
    this.#show({ ...data, time, received });
  }

  async stop(): Promise<void> {
    this.#active.clear();
  }

  #show(message: AlertMessage): void {
    const topic = `forpost/alarms/${message.rule}/${message.device}`;
    const active = this.#active.get(topic) ?? new Set<string>();
    if (message.active) active.add(message.alarm);
    else active.delete(message.alarm);
    if (active.size === 0) this.#active.delete(topic);
    else this.#active.set(topic, active);
    const state: AlarmMessage = { ...message, active: active.size > 0, alarms: [...active] };
    this.#publish(topic, JSON.stringify(state), true);
  }

  #publish(topic: string, payload: string, retain: boolean): void {
    try {
      this.#publisher.publish(topic, payload, { qos: 1, retain });
    } catch (error) {
      this.#logger.error({ topic }, `an alert could not be published: ${messageOf(error)}`);
    }
  }
}
