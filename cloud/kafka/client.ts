/**
 * kafkajs as the centre uses it: codecs of our own (codecs.ts), its log lines as ours at debug, finite retries.
 * The holder of a client discards it on an error and makes another (supervised-consumer.ts, supervised-producer.ts),
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
import { words } from '@forpost/shared/texts/english.ts';
import { recognise } from '@forpost/shared/texts/recognise.ts';
import kafkajs, { type Kafka, type RetryOptions, type SASLOptions } from 'kafkajs';
import { installCodecs } from './codecs.ts';

/** The address of the centre's Kafka, and the prefix of its topics. */
export interface KafkaCluster extends KafkaSecurity {
  readonly brokers: readonly string[];
  /** prefix of the topics' names: one for each owner */
  readonly prefix: string;
  /** a single development broker: few partitions, one replica */
  readonly development: boolean;
}

calmRequestQueue(import.meta.url);
endStoppedFetchers(import.meta.url);
boundBrokenAnswers(import.meta.url);
quickenEncoder(import.meta.url);

installCodecs();

// kafkajs is CommonJS: its exports are on the default import
export const zstd = kafkajs.CompressionTypes.ZSTD;
const connectionTimeoutMs = 3_000;
const requestTimeoutMs = 15_000;

/** Fails within about half a second where no broker answers. By then each broker was asked: kafkajs takes them in turn. */
const quick = (brokers: readonly string[]) => ({
  retries: Math.max(2, brokers.length - 1),
  initialRetryTime: 100,
  maxRetryTime: 1_000,
});
/**
 * Tries twice a second for about a minute. A consumer that outlives a broker's restart keeps its place in its group; a
 * fresh consumer waits until the broker has dropped the old one.
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

/** kafkajs types the log-in as a union by mechanism; the type checker cannot see that this value is one of the union. */
function saslOptions({ mechanism, user, password }: KafkaLogin): SASLOptions {
  return { mechanism, username: user, password } as SASLOptions;
}

/** The first cause of an error; kafkajs wraps it in «number of retries exceeded». */
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
  const known = securityReason(cause, cluster, now);
  if (known !== undefined || recognise(cause.message) !== undefined) return known ?? cause.message;
  if ('type' in cause && typeof cause.type === 'string')
    return words('centre/reason.kafka-answers', { code: cause.type, said: cause.message });
  return cause.name.startsWith('KafkaJS') ? words('centre/reason.client-says', { said: cause.message }) : cause.message;
}

/** Kafka's error codes that refuse this record for good. */
const final = new Set(['MESSAGE_TOO_LARGE', 'RECORD_LIST_TOO_LARGE', 'INVALID_RECORD', 'INVALID_TIMESTAMP']);

export function isFinalRefusal(error: unknown): boolean {
  for (let at = error; at instanceof Error; at = at.cause)
    if ('type' in at && typeof at.type === 'string' && final.has(at.type)) return true;
  return false;
}
