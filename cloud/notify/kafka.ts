/**
 * kafkajs for the notifier. Two kinds of clients come from one factory: a quick one that asks and says at once why it
 * cannot, and a patient one that rides a short outage out.
 *
 * Why patient: after a crash kafkajs forgets its member id, and a fresh member waits until the broker has given the old
 * one up (the session's time). A client that goes on trying is back half a second after the broker is. It is patient
 * for a minute at most, because kafkajs does not come back in all cases (issues 907, 919, 979); then a fresh one follows.
 */
import type { Logger } from '@forpost/shared/logging.ts';
import type { Kafka, RetryOptions } from 'kafkajs';
import { kafkaClient } from '../ingest/kafka-client.ts';

/** Makes a client; without `patience` one that gives up after a try or two. */
export type KafkaFactory = (clientId: string, patience?: RetryOptions) => Kafka;

/** Tries twice a second for about a minute. */
export const patience: RetryOptions = { retries: 120, initialRetryTime: 100, maxRetryTime: 500 };

/** The factory for a cluster; kafkajs's log goes to `logger` at debug. */
export function notifyKafka(brokers: readonly string[], logger: Logger): KafkaFactory {
  return (clientId, retry) => kafkaClient({ brokers }, clientId, logger, retry);
}
