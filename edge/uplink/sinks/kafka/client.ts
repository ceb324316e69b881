/**
 * Configures kafkajs for the gateway: zstd from node:zlib, its log in the gateway's log, its errors as ForpostErrors.
 *
 * Always: kafkajs never resends (its producers have 0 retries), and every request has a timeout. After a failure the
 * forwarder throws the client away and sends again with a new one, because kafkajs does not always reconnect (its
 * issues 907, 919, 979). Only while connecting does kafkajs retry: once for each broker, in the order of the list. Each
 * client shuffles the list, so that a dead broker does not always come first.
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
import { type Words, words } from '@forpost/shared/texts/english.ts';
import kafkajs, { type ISocketFactory, type Kafka, type KafkaConfig, type SASLOptions } from 'kafkajs';
import type { WireCount } from '../wire-count.ts';

calmRequestQueue(import.meta.url);
endStoppedFetchers(import.meta.url);
boundBrokenAnswers(import.meta.url);
quickenEncoder(import.meta.url);

const compress = promisify(zstdCompress);
const decompress = promisify(zstdDecompress);

// kafkajs is CommonJS: its exports are properties of the default import. Its table of codecs is global to the process.
kafkajs.CompressionCodecs[kafkajs.CompressionTypes.ZSTD] = () => ({
  compress: (encoder: { buffer: Buffer }) => compress(encoder.buffer),
  decompress: (buffer: Buffer) => decompress(buffer),
});

export const connectionTimeoutMs = 5_000;
/** between two brokers of the list */
const firstRetryMs = 30;
const lastRetryMs = 200;
/** kafkajs must not resend by itself */
export const noRetries = { retries: 0 };

/** A client whose log goes to `logger` at level debug; important errors also reach the status as a reason. */
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

/** The type of kafkajs is a union by mechanism; TypeScript cannot see that this value is a member of it. */
function saslOptions({ mechanism, user, password }: KafkaLogin): SASLOptions {
  return { mechanism, username: user, password } as SASLOptions;
}

/** Kafka's errors that are final for a record: sending it again would fail again. */
const final = new Set(['MESSAGE_TOO_LARGE', 'RECORD_LIST_TOO_LARGE', 'INVALID_RECORD', 'INVALID_TIMESTAMP']);
const timeouts = new Set(['KafkaJSRequestTimeoutError', 'KafkaJSTimeout', 'KafkaJSLockTimeout']);

/** Converts an error of kafkajs to a ForpostError with its cause. `client`: the client's configuration. */
export function kafkaError(
  error: unknown,
  doing: Words,
  client: { readonly tls?: ClientTls | undefined; readonly brokers: readonly string[] },
  now: number,
): ForpostError {
  if (error instanceof ForpostError) return error;
  const root = rootOf(error);
  const type = 'type' in root && typeof root.type === 'string' ? root.type : '';
  const reason = securityReason(root, client, now) ?? messageOf(root);
  const message = words('gateway/reason.kafka', { what: doing, reason });
  const options = { cause: error };
  if (final.has(type)) return new ForpostError('FORPOST_SINK_REFUSED', message, options);
  if (type === 'UNKNOWN_TOPIC_OR_PARTITION') return new ForpostError('FORPOST_SINK_TOPIC_MISSING', message, options);
  if (timeouts.has(root.name) || type === 'REQUEST_TIMED_OUT')
    return new ForpostError('FORPOST_SINK_TIMEOUT', message, options);
  return new ForpostError('FORPOST_SINK_UNREACHABLE', message, options);
}

/** The innermost cause. The outer error of kafkajs, «number of retries exceeded», does not name it. */
function rootOf(error: unknown): Error {
  let at = error instanceof Error ? error : new Error(String(error));
  while (at.cause instanceof Error) at = at.cause;
  return at;
}
