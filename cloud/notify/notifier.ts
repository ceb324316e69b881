/** (skeleton, see the next commit) */
import type { Clock } from '@forpost/shared/clock.ts';
import type { ForpostEvent, Severity } from '@forpost/shared/event/event.ts';
import type { Part } from '@forpost/shared/lifecycle.ts';
import type { Logger } from '@forpost/shared/logging.ts';
import type { Kafka } from 'kafkajs';
import type { Channel } from './channel.ts';

/** A channel and what it wants to hear. */
export interface Route {
  readonly channel: Channel;
  /** the least severity that is sent */
  readonly severity: Severity;
}

export interface ChannelStatus {
  readonly channel: string;
  readonly sent: number;
  /** given up */
  readonly failed: number;
  /** tries that failed, given up or not */
  readonly retries: number;
  /** waiting now */
  readonly queue: number;
  /** in words; empty where the last one went well */
  readonly lastError: string;
}

export interface NotifierStatus {
  /** whether the alerts topic is being read; true in brokerless mode */
  readonly connected: boolean;
  /** why not, in words */
  readonly reason: string;
  readonly channels: readonly ChannelStatus[];
}

export interface NotifierOptions {
  /** makes a client of the cluster; absent = brokerless: alerts come in through `take` */
  readonly kafka?: ((clientId: string) => Kafka) | undefined;
  /** the topics' prefix */
  readonly prefix: string;
  readonly routes: readonly Route[];
  readonly clock: Clock;
  readonly random: () => number;
  readonly logger: Logger;
}

export class Notifier implements Part {
  readonly #options: NotifierOptions;

  constructor(options: NotifierOptions) {
    this.#options = options;
  }

  async start(): Promise<void> {
    this.#options.logger.debug('notifier');
  }
  async stop(): Promise<void> {}

  /** Hands over an event in brokerless mode. Resolves when every channel took it or gave it up. */
  async take(_event: ForpostEvent): Promise<void> {}

  status(): NotifierStatus {
    return { connected: true, reason: '', channels: [] };
  }
}
