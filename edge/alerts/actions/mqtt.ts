/**
 * Publishes alarms to the site's own subscribers, through the broker in this process: each change on
 * `forpost/alerts/<rule>/<device>` (QoS 1, not retained), and the present state on `forpost/alarms/<rule>/<device>`
 * (retained). A rule and device may have several alarms (zones, channels): their state is active while any of them is.
 *
 * The state also names the ended alarms that nobody acknowledged (`unacknowledged`), so that a display can show that
 * somebody was at the gate at night.
 *
 * Always: nothing here waits; an error of the publisher is logged, and the next change is published all the same.
 */
import { messageOf } from '@forpost/shared/errors.ts';
import { awaitsAcknowledgement } from '@forpost/shared/event/event.ts';
import type { Logger } from '@forpost/shared/logging.ts';
import { message } from '@forpost/shared/texts/texts.ts';
import type { LocalPublisher } from '../../broker/local-publisher.ts';
import { type Action, type ActionResult, type Alert, type AlertMessage, messageOfAlert } from '../action.ts';

/** The state of a rule and device: the newest change, and which of their alarms are active. */
export interface AlarmMessage extends AlertMessage {
  readonly active: boolean;
  readonly alarms: readonly string[];
  /** ids of ended alarms that wait for an acknowledgement */
  readonly unacknowledged: readonly string[];
}

/** Where each change of an alarm is published. */
function alertTopic(rule: string, device: string): string {
  return `forpost/alerts/${rule}/${device}`;
}

/** Where the present state of a rule and device is kept. */
function alarmTopic(rule: string, device: string): string {
  return `forpost/alarms/${rule}/${device}`;
}

/** The topics that the gateway itself publishes to, for the reference. */
export const gatewayTopics: readonly { readonly topic: string; readonly retained: boolean; readonly about: string }[] =
  [
    {
      topic: alertTopic('<rule>', '<device>'),
      retained: false,
      about: 'each change of an alarm: raised, updated, cleared, acknowledged; JSON, QoS 1',
    },
    {
      topic: alarmTopic('<rule>', '<device>'),
      retained: true,
      about:
        'the present state of a rule and device: whether an alarm is active, and the ids of ended alarms that nobody acknowledged; JSON',
    },
  ];

/** What a state topic shows. */
interface Shown {
  /** active alarms */
  readonly active: Set<string>;
  /** over and not acknowledged */
  readonly waiting: Set<string>;
  newest: AlertMessage | undefined;
}

export class MqttAction implements Action {
  readonly name = 'mqtt';
  readonly #publisher: LocalPublisher;
  readonly #logger: Logger;
  /** by state topic, while it has an active or waiting alarm; bounded by what `Alarms` keeps */
  readonly #shown = new Map<string, Shown>();

  constructor(publisher: LocalPublisher, logger: Logger) {
    this.#publisher = publisher;
    this.#logger = logger;
  }

  perform(alert: Alert): void {
    const { data } = alert;
    const news = messageOfAlert(alert);
    this.#publish(alertTopic(data.rule, data.device), JSON.stringify(news), false);
    // evidence of an ended alarm comes late: by then the state may be another alarm's
    if (data.change !== 'updated' || data.active) this.#show(news);
  }

  restore(alert: Alert): void {
    this.#show(messageOfAlert(alert));
  }

  /** Only the change: a display keeps no state of a test. */
  async try(alert: Alert): Promise<ActionResult> {
    const topic = alertTopic(alert.data.rule, alert.data.device);
    const isSent = this.#publish(topic, JSON.stringify(messageOfAlert(alert)), false);
    return {
      ok: isSent,
      message: isSent
        ? message('gateway/answer.action-published', { topic })
        : message('gateway/answer.action-failed', { topic }),
    };
  }

  async stop(): Promise<void> {
    this.#shown.clear();
  }

  #show(news: AlertMessage): void {
    const topic = alarmTopic(news.rule, news.device);
    const shown = this.#shown.get(topic) ?? { active: new Set(), waiting: new Set(), newest: undefined };
    const { active, waiting } = shown;
    const isOver = !news.active;
    // the acknowledgement of an ended alarm does not change the state of the alarm that came after it
    const isLate = isOver && news.change === 'acknowledged' && shown.newest?.alarm !== news.alarm;
    if (!isLate || shown.newest === undefined) shown.newest = news;
    if (isOver) active.delete(news.alarm);
    else active.add(news.alarm);
    if (isOver && awaitsAcknowledgement(news)) keepNewest(waiting, news.alarm);
    else waiting.delete(news.alarm);
    if (active.size + waiting.size === 0) this.#shown.delete(topic);
    else this.#shown.set(topic, shown);
    const state: AlarmMessage = {
      ...shown.newest,
      active: active.size > 0,
      alarms: [...active],
      unacknowledged: [...waiting],
    };
    this.#publish(topic, JSON.stringify(state), true);
  }

  #publish(topic: string, payload: string, retain: boolean): boolean {
    try {
      this.#publisher.publish(topic, payload, { qos: 1, retain });
      return true;
    } catch (error) {
      this.#logger.error({ topic }, `an alert could not be published: ${messageOf(error)}`);
      return false;
    }
  }
}

/** As many as `Alarms` keeps of one rule, device and subject. */
const mostWaiting = 50;

function keepNewest(waiting: Set<string>, alarm: string): void {
  waiting.add(alarm);
  for (const oldest of waiting) {
    if (waiting.size <= mostWaiting) break;
    waiting.delete(oldest);
  }
}
