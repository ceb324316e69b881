/** The operations log in its topic: acks=all, kept for the retention of the topic (a year). */
import type { Clock } from '@forpost/shared/clock.ts';
import { topic } from '@forpost/shared/event/topics.ts';
import type { Logger } from '@forpost/shared/logging.ts';
import { firstCause, type KafkaCluster, kafkaClient } from '../kafka/client.ts';
import { heldRanges, readRanges } from '../kafka/range-reader.ts';
import { SupervisedProducer } from '../kafka/supervised-producer.ts';
import { type KeptOperation, type Operation, type OperationsLog, operationIn, operationRecord } from './operations.ts';

const headers = { 'content-type': 'application/cloudevents+json' };

export class TopicOperationsLog implements OperationsLog {
  readonly #topic: string;
  readonly #kafka: KafkaCluster;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #producer: SupervisedProducer;

  constructor(kafka: KafkaCluster, clock: Clock, logger: Logger) {
    this.#topic = topic(kafka.prefix, 'operations');
    this.#kafka = kafka;
    this.#clock = clock;
    this.#logger = logger;
    this.#producer = new SupervisedProducer(kafka, 'operations', clock, logger);
  }

  /** Resolves at once: the first record connects. */
  start(): Promise<void> {
    return this.#producer.start();
  }

  stop(): Promise<void> {
    return this.#producer.stop();
  }

  append(operation: Operation): Promise<void> {
    return this.#producer.send([{ topic: this.#topic, ...operationRecord(operation, this.#clock.now()), headers }]);
  }

  async read(handle: (operations: readonly KeptOperation[]) => Promise<void>): Promise<void> {
    const common = { name: 'operations-read', clock: this.#clock, logger: this.#logger };
    const client = kafkaClient(this.#kafka, common.name, this.#logger);
    await readRanges({
      ...common,
      cluster: this.#kafka,
      random: Math.random,
      ranges: await heldRanges(client, [this.#topic]).catch((error: unknown) => {
        // no operation was written yet
        if (firstCause(error).message.includes('does not host this topic')) return [];
        throw error;
      }),
      handle: (messages) =>
        handle(
          messages.flatMap(({ value }) => {
            const operation = value === null ? undefined : operationIn(value.toString());
            return operation === undefined ? [] : [operation];
          }),
        ),
    });
  }
}
