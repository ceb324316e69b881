/**
 * The commands topic. The centre writes its commands there and reads all of them back, so each of several centres hands
 * out and shows the commands of all, also after a restart.
 *
 * Always: a group of its own without any commit reads from two days ago on, by the brokers' clock. `append` resolves with
 * acks=all. An unreadable item is skipped.
 */
import { randomUUID } from 'node:crypto';
import type { Clock } from '@forpost/shared/clock.ts';
import { topic } from '@forpost/shared/event/topics.ts';
import type { Logger } from '@forpost/shared/logging.ts';
import type { KafkaCluster } from '../kafka/client.ts';
import { SupervisedConsumer } from '../kafka/supervised-consumer.ts';
import { SupervisedProducer } from '../kafka/supervised-producer.ts';
import type { EachBatchPayload, Kafka, TopicPartitionOffset } from '../kafka/types.ts';
import { keptMs } from './book.ts';
import type { CommandLog, OnCommand } from './log.ts';

export interface TopicLogOptions {
  readonly kafka: KafkaCluster;
  readonly onCommand: OnCommand;
  readonly clock: Clock;
  readonly random: () => number;
  readonly logger: Logger;
}

const headers = { 'content-type': 'application/json' };

export class TopicCommandLog implements CommandLog {
  readonly #topic: string;
  readonly #onCommand: OnCommand;
  readonly #clock: Clock;
  readonly #producer: SupervisedProducer;
  readonly #consumer: SupervisedConsumer;
  #begin: readonly TopicPartitionOffset[] = [];

  constructor({ kafka, onCommand, clock, random, logger }: TopicLogOptions) {
    this.#topic = topic(kafka.prefix, 'commands');
    this.#onCommand = onCommand;
    this.#clock = clock;
    this.#producer = new SupervisedProducer(kafka, 'commands', clock, logger);
    this.#consumer = new SupervisedConsumer({
      cluster: kafka,
      name: 'commands',
      topics: [this.#topic],
      clock,
      random,
      logger,
      // a group of its own: after a kill the centre need not wait until the broker drops its former member
      groupId: `${kafka.prefix}-commands-${randomUUID()}`,
      prepare: (client) => this.#findBegin(client),
      onJoined: async (consumer, assigned) => {
        const mine = assigned[this.#topic] ?? [];
        for (const place of this.#begin) if (mine.includes(place.partition)) consumer.seek(place);
      },
      eachBatch: async (payload) => this.#batch(payload),
    });
  }

  /** Resolves at once: it connects when Kafka is there. */
  async start(): Promise<void> {
    await this.#producer.start();
    await this.#consumer.start();
  }

  async stop(): Promise<void> {
    await Promise.all([this.#producer.stop(), this.#consumer.stop()]);
  }

  append(gateway: string, envelope: string): Promise<void> {
    return this.#producer.send([{ topic: this.#topic, key: gateway, value: envelope, headers }]);
  }

  /** @throws where Kafka or the topic is not there */
  async #findBegin(client: Kafka): Promise<void> {
    const admin = client.admin();
    try {
      await admin.connect();
      const offsets = await admin.fetchTopicOffsetsByTimestamp(this.#topic, this.#clock.now() - keptMs);
      this.#begin = offsets.map(({ partition, offset }) => ({ topic: this.#topic, partition, offset }));
    } finally {
      await admin.disconnect();
    }
  }

  #batch({ batch, resolveOffset }: EachBatchPayload): void {
    for (const { value } of batch.messages) if (value !== null) this.#onCommand(value.toString('utf8'));
    resolveOffset(batch.lastOffset());
  }
}
