/**
 * kafkajs as this gateway uses it: zstd from node:zlib, its log lines as ours, and its errors in our words.
 *
 * Always: kafkajs itself sends nothing twice (a producer's retries are 0) and every request has a timeout: what fails
 * is thrown away and sent again by the forwarder, because kafkajs does not reconnect in all cases (issues 907, 919,
 * 979). Only where it looks for a broker that answers it tries again, once for each: it goes through the list from the
 * front. The list is in another order each time, so that those of whom nothing is heard are not always the first.
 */

import { randomInt } from 'node:crypto';
import { promisify } from 'node:util';
import { zstdCompress, zstdDecompress } from 'node:zlib';
import type { ClientTls } from '@forpost/shared/client-tls.ts';
import { ForpostError, messageOf } from '@forpost/shared/errors.ts';
import { boundBrokenAnswers } from '@forpost/shared/kafka/broken-answers.ts';
import { brokerSockets, kafkajsBrokers } from '@forpost/shared/kafka/brokers.ts';
import { quickenEncoder } from '@forpost/shared/kafka/quick-encoder.ts';
import { securityReason } from '@forpost/shared/kafka/reasons.ts';
import { calmRequestQueue } from '@forpost/shared/kafka/request-queue.ts';
import type { KafkaLogin, KafkaSecurity } from '@forpost/shared/kafka/security.ts';
import { endStoppedFetchers } from '@forpost/shared/kafka/stopped-fetchers.ts';
import type { Logger } from '@forpost/shared/logging.ts';
import kafkajs, { type ISocketFactory, type Kafka, type KafkaConfig, type SASLOptions } from 'kafkajs';
import type { WireCount } from '../wire-count.ts';

calmRequestQueue(import.meta.url);
endStoppedFetchers(import.meta.url);
boundBrokenAnswers(import.meta.url);
quickenEncoder(import.meta.url);

const compress = promisify(zstdCompress);
const decompress = promisify(zstdDecompress);

// kafkajs is CommonJS: what it exports is on its default import, and its codecs are one table for the whole process
kafkajs.CompressionCodecs[kafkajs.CompressionTypes.ZSTD] = () => ({
  compress: (encoder: { buffer: Buffer }) => compress(encoder.buffer),
  decompress: (buffer: Buffer) => decompress(buffer),
});

export const connectionTimeoutMs = 5_000;
/** between two brokers of the list */
const firstRetryMs = 30;
const lastRetryMs = 200;
/** for what kafkajs sends itself */
export const noRetries = { retries: 0 };

/** A client whose log goes to `logger` at debug: what matters of it reaches the status as a reason. */
export function kafkaClient(
  brokers: readonly string[],
  { tls, sasl }: KafkaSecurity,
  clientId: string,
  requestTimeoutMs: number,
  logger: Logger,
  wire: WireCount,
): Kafka {
  const config: KafkaConfig = {
    ...(tls === undefined ? {} : { ssl: true }),
    socketFactory: countedSockets(tls, wire),
    ...(sasl === undefined ? {} : { sasl: saslOptions(sasl) }),
    brokers: kafkajsBrokers(shuffled(brokers)),
    clientId,
    connectionTimeout: connectionTimeoutMs,
    requestTimeout: requestTimeoutMs,
    retry: { retries: brokers.length - 1, initialRetryTime: firstRetryMs, maxRetryTime: lastRetryMs },
    logLevel: kafkajs.logLevel.WARN,
    logCreator:
      () =>
      ({ namespace, log: { message, timestamp: _, logger: __, stack: ___, ...fields } }) =>
        logger.debug({ kafkajs: namespace, ...fields }, message),
  };
  return new kafkajs.Kafka(config);
}

function shuffled(brokers: readonly string[]): string[] {
  const left = [...brokers];
  return brokers.flatMap(() => left.splice(randomInt(left.length), 1));
}

function countedSockets(tls: ClientTls | undefined, wire: WireCount): ISocketFactory {
  const open = brokerSockets(tls);
  return (to) => wire.watch(open(to));
}

/** kafkajs' type is one of three by the mechanism, which a value of all three cannot be told to be. */
function saslOptions({ mechanism, user, password }: KafkaLogin): SASLOptions {
  return { mechanism, username: user, password } as SASLOptions;
}

/** Kafka's own codes that say no to this very record and will say no again. */
const final = new Set(['MESSAGE_TOO_LARGE', 'RECORD_LIST_TOO_LARGE', 'INVALID_RECORD', 'INVALID_TIMESTAMP']);
const timeouts = new Set(['KafkaJSRequestTimeoutError', 'KafkaJSTimeout', 'KafkaJSLockTimeout']);

/** Anything that kafkajs throws, as one of ours, with its cause. `client`: as it was configured. */
export function kafkaError(
  error: unknown,
  doing: string,
  client: { readonly tls?: ClientTls | undefined; readonly brokers: readonly string[] },
  now: number,
): ForpostError {
  if (error instanceof ForpostError) return error;
  const root = rootOf(error);
  const type = 'type' in root && typeof root.type === 'string' ? root.type : '';
  const message = `Kafka, ${doing}: ${securityReason(root, client, now) ?? messageOf(root)}`;
  const options = { cause: error };
  if (final.has(type)) return new ForpostError('FORPOST_SINK_REFUSED', message, options);
  if (type === 'UNKNOWN_TOPIC_OR_PARTITION') return new ForpostError('FORPOST_SINK_TOPIC_MISSING', message, options);
  if (timeouts.has(root.name) || type === 'REQUEST_TIMED_OUT')
    return new ForpostError('FORPOST_SINK_TIMEOUT', message, options);
  return new ForpostError('FORPOST_SINK_UNREACHABLE', message, options);
}

/** The first cause: «number of retries exceeded» says nothing. */
function rootOf(error: unknown): Error {
  let at = error instanceof Error ? error : new Error(String(error));
  while (at.cause instanceof Error) at = at.cause;
  return at;
}
