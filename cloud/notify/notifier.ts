/**
 * The notifier notifies people about alerts. Alerts come from Kafka, in a consumer group of its own, or without Kafka from
 * the receiver.
 *
 * Always: the notifier never waits for the history, and no channel waits for another. An alert is settled when every
 * channel that wants it has sent it to each of its languages or given it up. Only settled alerts are committed, so each
 * alert is sent at least once, with the event's id, by which the other side recognises a repetition. The notifier
 * itself drops a repetition among the last `recentIds` events.
 */
import type { Clock } from '@forpost/shared/clock.ts';
import type { ForpostEvent } from '@forpost/shared/event/event.ts';
import type { Part } from '@forpost/shared/lifecycle.ts';
import type { Logger } from '@forpost/shared/logging.ts';
import type { KafkaCluster } from '../kafka/client.ts';
import { eventOf } from '../kafka/records.ts';
import type { KafkaMessage } from '../kafka/types.ts';
import { AlertsConsumer } from './alerts-consumer.ts';
import type { Notification } from './channel.ts';
import type { ChannelStatus } from './channel-queue.ts';
import { firstStart } from './first-start.ts';
import { FloodGroups } from './flood-groups.ts';
import { notificationOf } from './policy.ts';
import type { ChosenLanguage } from './recipients.ts';
import { type Route, RouteQueues } from './route-queues.ts';

export interface NotifierStatus {
  /** whether the notifier reads alerts; true without Kafka and without channels */
  readonly connected: boolean;
  /** why it does not, in words */
  readonly reason: string;
  /** notifications since the start */
  readonly notifications: number;
  readonly channels: readonly ChannelStatus[];
}

export interface NotifierOptions {
  /** the centre's data folder, which holds the time of the first start */
  readonly folder: string;
  /** absent = alerts come through `onEvent` */
  readonly kafka?: KafkaCluster | undefined;
  readonly routes: readonly Route[];
  /** the languages that people have chosen at the centre; default: none */
  readonly chosenLanguage?: ChosenLanguage | undefined;
  /** notifications of one gateway a minute that are sent one by one; further ones are grouped. Default 60, and 60 critical ones */
  readonly perMinute?: number | undefined;
  readonly clock: Clock;
  readonly random: () => number;
  readonly logger: Logger;
}

/** The consumer group of all notifiers of one prefix. */
export function notifyGroup(prefix: string): string {
  return `${prefix}-notify`;
}

/** Ids kept to recognise repetitions: more than a restart of Kafka or of the group repeats. */
const recentIds = 20_000;
/** Ids kept of one gateway, so that its flood does not push out the ids of others. */
const recentOfGateway = 2_000;

export class Notifier implements Part {
  readonly #options: NotifierOptions;
  readonly #queues: readonly RouteQueues[];
  #consumer: AlertsConsumer | undefined;
  readonly #groups: FloodGroups;
  /** by gateway and event id, in order of arrival; each promise resolves when the event is settled */
  readonly #recent = new Map<string, Map<string, Promise<void>>>();
  #recentCount = 0;
  #notifications = 0;

  constructor(options: NotifierOptions) {
    this.#options = options;
    this.#queues = options.routes.map((route) => new RouteQueues(route, options));
    const { clock } = options;
    this.#groups = new FloodGroups({
      clock,
      send: (notification) => this.#queue(notification),
      perMinute: options.perMinute,
    });
  }

  /**
   * Does not wait for Kafka; `status` says when the notifier is connected.
   * @throws the error of the file system where the first start cannot be noted
   */
  async start(): Promise<void> {
    const { clock, folder, kafka, logger, random, routes } = this.#options;
    // a failing channel is reported before its first alarm
    for (const queues of this.#queues) void queues.check();
    if (kafka === undefined || routes.length === 0) return;
    const since = await firstStart(folder, clock.now());
    const handle = (message: KafkaMessage) => {
      const decoded = eventOf(message);
      // the ingest notes an invalid record as a dead letter; the notifier skips it
      return decoded.ok ? this.#handle(decoded.event) : Promise.resolve();
    };
    const group = notifyGroup(kafka.prefix);
    this.#consumer = new AlertsConsumer({ cluster: kafka, group, since, handle, clock, random, logger });
    await this.#consumer.start();
  }

  /** Commits settled alerts and leaves the group; unsettled alerts are sent after the next start. */
  async stop(): Promise<void> {
    await this.#consumer?.stop();
    this.#groups.stop();
    for (const queues of this.#queues) queues.stop();
  }

  /**
   * Call it for each event where there is no Kafka; any type is allowed, and repetitions too. Returns at once. Notifications that
   * wait for a channel are in memory only: a crash of the centre loses them.
   */
  onEvent(event: ForpostEvent): void {
    void this.#handle(event);
  }

  /** Sends a notification of the centre itself; a repeated id is dropped. Resolves when it is settled. */
  notify(notification: Notification): Promise<void> {
    const known = this.#known(notification);
    if (known !== undefined) return known;
    this.#notifications++;
    return this.#note(notification, this.#queue(notification));
  }

  status(): NotifierStatus {
    const { state, reason } = this.#consumer?.state ?? { state: 'consuming', reason: '' };
    const channels = this.#queues.map((queues) => queues.status());
    return { connected: state === 'consuming', reason, notifications: this.#notifications, channels };
  }

  /** Resolves when the event is settled. */
  #handle(event: ForpostEvent): Promise<void> {
    const known = this.#known(event);
    if (known !== undefined) return known;
    const notification = notificationOf(event, this.#options.clock.now());
    if (notification === undefined) return Promise.resolve();
    this.#notifications++;
    if (!this.#anybodyWants(notification)) return Promise.resolve();
    return this.#note(notification, this.#groups.join(notification) ?? this.#queue(notification));
  }

  #anybodyWants(notification: Notification): boolean {
    return this.#queues.some((queues) => queues.wants(notification));
  }

  #queue(notification: Notification): Promise<void> {
    const wanted = this.#queues.filter((queues) => queues.wants(notification));
    return Promise.all(wanted.map((queues) => queues.enqueue(notification))).then(() => undefined);
  }

  #known({ gateway, id }: Pick<Notification, 'gateway' | 'id'>): Promise<void> | undefined {
    return this.#recent.get(gateway)?.get(id);
  }

  #note({ gateway, id }: Notification, settled: Promise<void>): Promise<void> {
    const own = this.#recent.get(gateway) ?? new Map<string, Promise<void>>();
    this.#recent.set(gateway, own.set(id, settled));
    this.#recentCount++;
    const from = own.size > recentOfGateway ? gateway : this.#recent.keys().next().value;
    if (from !== undefined && (own.size > recentOfGateway || this.#recentCount > recentIds)) this.#forgetOldest(from);
    return settled;
  }

  #forgetOldest(gateway: string): void {
    const ids = this.#recent.get(gateway);
    const oldest = ids?.keys().next().value;
    if (ids === undefined || oldest === undefined) return;
    ids.delete(oldest);
    this.#recentCount--;
    if (ids.size === 0) this.#recent.delete(gateway);
  }
}
