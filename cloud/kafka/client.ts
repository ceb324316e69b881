/**
 * kafkajs as the centre uses it: codecs of our own (codecs.ts), its log lines as ours at debug, finite retries.
 * Whoever holds a client throws it away on an error and makes another (supervised-consumer.ts, supervised-producer.ts),
 * because kafkajs does not reconnect in all cases (issues 907, 919, 979).
 */

import { boundBrokenAnswers } from '@forpost/shared/kafka/broken-answers.ts';
import { brokerSockets, kafkajsBrokers } from '@forpost/shared/kafka/brokers.ts';
import { quickenEncoder } from '@forpost/shared/kafka/quick-encoder.ts';
import { securityReason } from '@forpost/shared/kafka/reasons.ts';
import { calmRequestQueue } from '@forpost/shared/kafka/request-queue.ts';
import type { KafkaLogin, KafkaSecurity } from '@forpost/shared/kafka/security.ts';
import { endStoppedFetchers } from '@forpost/shared/kafka/stopped-fetchers.ts';
import type { Logger } from '@forpost/shared/logging.ts';
import kafkajs, { type Kafka, type RetryOptions, type SASLOptions } from 'kafkajs';
import { installCodecs } from './codecs.ts';

/** Where the centre's Kafka is, and whose topics are meant. */
export interface KafkaCluster extends KafkaSecurity {
  readonly brokers: readonly string[];
  /** of the topics' names: one owner, one prefix */
  readonly prefix: string;
  /** a single development broker: few partitions, one replica */
  readonly development: boolean;
}

calmRequestQueue(import.meta.url);
endStoppedFetchers(import.meta.url);
boundBrokenAnswers(import.meta.url);
quickenEncoder(import.meta.url);

installCodecs();

// kafkajs is CommonJS: what it exports is on its default import
export const zstd = kafkajs.CompressionTypes.ZSTD;
const connectionTimeoutMs = 3_000;
const requestTimeoutMs = 15_000;

/** Fails within about half a second where nobody is there, and has asked every broker: kafkajs takes them in turn. */
const quick = (brokers: readonly string[]) => ({
  ...{ retries: Math.max(2, brokers.length - 1), initialRetryTime: 100, maxRetryTime: 1_000 },
});
/**
 * Tries twice a second for about a minute: a consumer that outlives a broker's restart keeps its place in its group,
 * where a fresh one waits until the broker has given the old one up.
 */
export const patient = { retries: 120, initialRetryTime: 100, maxRetryTime: 500 };

/** A configured kafkajs client. `name` becomes part of its client id; its log goes to `logger` at debug. */
export function kafkaClient(
  { brokers, tls, sasl }: Pick<KafkaCluster, 'brokers'> & KafkaSecurity,
  name: string,
  logger: Logger,
  retry: RetryOptions = quick(brokers),
): Kafka {
  return new kafkajs.Kafka({
    brokers: kafkajsBrokers(brokers),
    ...(tls === undefined ? {} : { ssl: true }),
    socketFactory: brokerSockets(tls),
    ...(sasl === undefined ? {} : { sasl: saslOptions(sasl) }),
    clientId: `forpost-${name}`,
    connectionTimeout: connectionTimeoutMs,
    requestTimeout: requestTimeoutMs,
    retry,
    logLevel: kafkajs.logLevel.WARN,
    logCreator:
      () =>
      ({ namespace, log: { message, timestamp: _, logger: __, stack: ___, ...fields } }) =>
        logger.debug({ kafkajs: namespace, ...fields }, message),
  });
}

/** kafkajs' type is one of three by the mechanism, which a value of all three cannot be told to be. */
function saslOptions({ mechanism, user, password }: KafkaLogin): SASLOptions {
  return { mechanism, username: user, password } as SASLOptions;
}

/** What happened first: «number of retries exceeded» says nothing. */
export function firstCause(error: unknown): Error {
  let at = error instanceof Error ? error : new Error(String(error));
  while (at.cause instanceof Error) at = at.cause;
  return at;
}

/** The sentence of the first cause. `cluster`: how the client was configured. */
export function kafkaReason(
  error: unknown,
  cluster: KafkaSecurity & { readonly brokers: readonly string[] },
  now: number,
): string {
  const cause = firstCause(error);
  return securityReason(cause, cluster, now) ?? cause.message;
}

/** Kafka's own codes that say no to this very record and will say no again. */
const final = new Set(['MESSAGE_TOO_LARGE', 'RECORD_LIST_TOO_LARGE', 'INVALID_RECORD', 'INVALID_TIMESTAMP']);

export function isFinalRefusal(error: unknown): boolean {
  for (let at = error; at instanceof Error; at = at.cause)
    if ('type' in at && typeof at.type === 'string' && final.has(at.type)) return true;
  return false;
}
