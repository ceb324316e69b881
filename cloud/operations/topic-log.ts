/** The operations topic: what staff did, acks=all, kept for as long as the topic is (a year). */
import type { Clock } from '@forpost/shared/clock.ts';
import { topic } from '@forpost/shared/event/topics.ts';
import type { Logger } from '@forpost/shared/logging.ts';
import type { KafkaCluster } from '../ingest/kafka-client.ts';
import { SupervisedProducer } from '../ingest/supervised-producer.ts';
import { type Operation, type OperationsLog, operationRecord } from './operations.ts';

const headers = { 'content-type': 'application/cloudevents+json' };

export class TopicOperationsLog implements OperationsLog {
  readonly #topic: string;
  readonly #clock: Clock;
  readonly #producer: SupervisedProducer;

  constructor(kafka: KafkaCluster, clock: Clock, logger: Logger) {
    this.#topic = topic(kafka.prefix, 'operations');
    this.#clock = clock;
    this.#producer = new SupervisedProducer(kafka, 'operations', clock, logger);
  }

  /** Resolves at once: it connects with the first record. */
  start(): Promise<void> {
    return this.#producer.start();
  }

  stop(): Promise<void> {
    return this.#producer.stop();
  }

  append(operation: Operation): Promise<void> {
    return this.#producer.send([{ topic: this.#topic, ...operationRecord(operation, this.#clock.now()), headers }]);
  }
}
