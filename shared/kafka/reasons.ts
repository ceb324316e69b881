/**
 * Sentences for Kafka's refusals, with the remedy. Known inputs: codes of Node and OpenSSL, Kafka's error types, and the
 * messages of kafkajs, which drops the cause of some errors.
 */

import type { ClientTls } from '../client-tls.ts';
import { type Words, words } from '../texts/english.ts';
import { type TlsSentences, tlsReason } from '../tls-reasons.ts';
import { advertised, realHost } from './brokers.ts';

const untimely = (what: Words) => words('gateway/reason.kafka-cert-time', { what });
const noTls = words('gateway/reason.kafka-no-tls');
/** kafkajs keeps the code of a TLS error; of a closed socket it keeps only the fact */
const closed = words('gateway/reason.kafka-closed');

const ofTls: TlsSentences = {
  faults: {
    'unknown-ca': words('gateway/reason.kafka-ca'),
    expired: untimely(words('gateway/reason.has-expired')),
    early: untimely(words('gateway/reason.not-valid-yet')),
    'no-tls': noTls,
    version: words('gateway/reason.kafka-tls-version'),
  },
  otherName: (detail) => words('gateway/reason.kafka-name', { detail }),
  asksCertificate: words('gateway/reason.kafka-asks-cert'),
  refused: (reason) => words('gateway/reason.kafka-not-taken', { reason }),
  notTrusted: (file) => words('gateway/reason.kafka-not-trusted', { file }),
};

const byType: Readonly<Record<string, Words>> = {
  ILLEGAL_SASL_STATE: words('gateway/reason.kafka-no-sasl'),
  UNSUPPORTED_SASL_MECHANISM: words('gateway/reason.kafka-mechanism'),
  TOPIC_AUTHORIZATION_FAILED: words('gateway/reason.kafka-acl'),
};

/**
 * The sentence for `error`, a first cause of a kafkajs error; undefined when its own message is the best. The client's
 * configuration shows which of its files is at fault at `now`, and which brokers it did not name itself.
 */
export function securityReason(
  error: Error,
  { tls, brokers = [] }: { readonly tls?: ClientTls | undefined; readonly brokers?: readonly string[] },
  now: number,
): string | undefined {
  const type = 'type' in error && typeof error.type === 'string' ? error.type : '';
  if (error.name === 'KafkaJSSASLAuthenticationError') return refusedLogin(error.message);
  if (error.name === 'KafkaJSConnectionClosedError') return closed;
  if (error.message.includes('before secure TLS connection')) return noTls;
  return tlsReason(error, ofTls, tls, now) ?? byType[type] ?? unreachable(error, brokers);
}

/** A failed connection: to a broker of the list, or to one that Kafka advertised. */
function unreachable(error: Error, brokers: readonly string[]): string | undefined {
  if (error.name !== 'KafkaJSConnectionError' || !('broker' in error) || typeof error.broker !== 'string')
    return undefined;
  const why = error.message.replace(/^Connection error: /, '').replaceAll(/ipv6-[0-9a-f.-]+\.invalid/g, realHost);
  const named = brokers.length === 0 ? undefined : advertised(error.broker, brokers);
  if (named === undefined) return `${why} (${realHost(error.broker.replace(/:\d+$/, ''))})`;
  return words('gateway/reason.kafka-advertised', { broker: named, error: why });
}

function refusedLogin(message: string): string | undefined {
  if (message.includes('not supported')) return byType.UNSUPPORTED_SASL_MECHANISM;
  if (/[Ii]nvalid (username|credentials)|unknown-user|invalid-proof/.test(message))
    return words('gateway/reason.kafka-password');
  return undefined;
}
