/**
 * The queues of one channel: one for each language of its recipients, or a single one where the channel knows its recipients
 * itself.
 *
 * Always: the readers of one language do not wait for those of another; a delivery that fails is tried again alone,
 * and the other deliveries are not repeated. All queues of a channel have one status.
 */
import type { Clock } from '@forpost/shared/clock.ts';
import type { Severity } from '@forpost/shared/event/event.ts';
import type { Logger } from '@forpost/shared/logging.ts';
import { type Language, languages } from '@forpost/shared/texts/language.ts';
import type { Channel, Notification } from './channel.ts';
import { ChannelQueue, type ChannelStatus } from './channel-queue.ts';
import { isWanted } from './policy.ts';
import { type Audience, type ChosenLanguage, deliveriesOf } from './recipients.ts';

/** A channel, and the notifications that it gets. */
export interface Route extends Audience {
  readonly channel: Channel;
  /** the least severity that is sent */
  readonly severity: Severity;
}

interface RouteQueuesOptions {
  readonly clock: Clock;
  readonly random: () => number;
  readonly logger: Logger;
  readonly chosenLanguage?: ChosenLanguage | undefined;
}

export class RouteQueues {
  readonly #route: Route;
  readonly #chosen: ChosenLanguage;
  /** checks the other side for all queues */
  readonly #first: ChannelQueue;
  readonly #others: ReadonlyMap<Language | undefined, ChannelQueue>;

  constructor(route: Route, { clock, random, logger, chosenLanguage = () => undefined }: RouteQueuesOptions) {
    this.#route = route;
    this.#chosen = chosenLanguage;
    const { channel, recipients, language: own = 'en' } = route;
    const queue = () => new ChannelQueue({ channel, clock, random, logger });
    this.#first = queue();
    const others = recipients === undefined ? [] : languages.filter((language) => language !== own);
    this.#others = new Map(others.map((language) => [language, queue()]));
  }

  wants({ severity }: Pick<Notification, 'severity'>): boolean {
    return isWanted(severity, this.#route.severity);
  }

  /** Resolves when each language is sent or given up. Never rejects, and never resolves after `stop`. */
  async enqueue(notification: Notification): Promise<void> {
    const deliveries = deliveriesOf(notification, this.#route, this.#chosen);
    const queueOf = ({ language }: Notification) => this.#others.get(language) ?? this.#first;
    await Promise.all(deliveries.map((delivery) => queueOf(delivery).enqueue(delivery)));
  }

  /** As `ChannelQueue.check`. */
  check(): Promise<void> {
    return this.#first.check();
  }

  stop(): void {
    for (const queue of [this.#first, ...this.#others.values()]) queue.stop();
  }

  status(): ChannelStatus {
    const all = [this.#first, ...this.#others.values()].map((queue) => queue.status());
    const sum = (field: 'sent' | 'failed' | 'retries' | 'queue') => all.reduce((total, one) => total + one[field], 0);
    return {
      ...this.#first.status(),
      sent: sum('sent'),
      failed: sum('failed'),
      retries: sum('retries'),
      queue: sum('queue'),
      lastError: all.map(({ lastError }) => lastError).find((text) => text !== '') ?? '',
    };
  }
}
