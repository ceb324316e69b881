/**
 * Sentences for Kafka's refusals, with the remedy. Known inputs: codes of Node and OpenSSL, Kafka's error types, and the
 * messages of kafkajs, which drops the cause of some errors.
 */

import { words } from '@forpost/shared/texts/english.ts';
import { type ClientTls, tlsFileProblems } from '../client-tls.ts';
import { advertised, realHost } from './brokers.ts';

const unknownCa = words('gateway/reason.kafka-ca');
const untimely = (how: string) => words('gateway/reason.kafka-cert-time', { what: how });
const noTls = words('gateway/reason.kafka-no-tls');
/** kafkajs keeps the code of a TLS error; of a closed socket it keeps only the fact */
const closed = words('gateway/reason.kafka-closed');

const byCode: Readonly<Record<string, string>> = {
  SELF_SIGNED_CERT_IN_CHAIN: unknownCa,
  DEPTH_ZERO_SELF_SIGNED_CERT: unknownCa,
  UNABLE_TO_GET_ISSUER_CERT: unknownCa,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: unknownCa,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: unknownCa,
  CERT_SIGNATURE_FAILURE: unknownCa,
  CERT_HAS_EXPIRED: untimely(words('gateway/reason.has-expired')),
  CERT_NOT_YET_VALID: untimely(words('gateway/reason.not-valid-yet')),
  ERR_SSL_WRONG_VERSION_NUMBER: noTls,
  ERR_SSL_PACKET_LENGTH_TOO_LONG: noTls,
};

const byType: Readonly<Record<string, string>> = {
  ILLEGAL_SASL_STATE: words('gateway/reason.kafka-no-sasl'),
  UNSUPPORTED_SASL_MECHANISM: words('gateway/reason.kafka-mechanism'),
  TOPIC_AUTHORIZATION_FAILED: words('gateway/reason.kafka-acl'),
};

/** OpenSSL's names for the broker's verdict on our certificate. Java says «bad» when there is none. */
const ofCertificate =
  /_ALERT_(CERTIFICATE_REQUIRED|BAD_CERTIFICATE|CERTIFICATE_UNKNOWN|CERTIFICATE_EXPIRED|UNKNOWN_CA)$/;

/**
 * The sentence for `error`, a first cause of a kafkajs error; undefined when its own message is the best. The client's
 * configuration tells which of its files is at fault at `now`, and which brokers it did not name itself.
 */
export function securityReason(
  error: Error,
  { tls, brokers = [] }: { readonly tls?: ClientTls | undefined; readonly brokers?: readonly string[] },
  now: number,
): string | undefined {
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  const type = 'type' in error && typeof error.type === 'string' ? error.type : '';
  if (error.name === 'KafkaJSSASLAuthenticationError') return refusedLogin(error.message);
  if (error.name === 'KafkaJSConnectionClosedError') return closed;
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID')
    return `the broker’s certificate is for another name: write that name under brokers (${error.message})`;
  if (code === 'ECONNRESET' && error.message.includes('before secure TLS connection')) return noTls;
  if (ofCertificate.test(code)) return refusedCertificate(tls, now);
  return byCode[code] ?? byType[type] ?? unreachable(error, brokers);
}

/** A failed connection: to a broker of the list, or to one that Kafka advertised. */
function unreachable(error: Error, brokers: readonly string[]): string | undefined {
  if (error.name !== 'KafkaJSConnectionError' || !('broker' in error) || typeof error.broker !== 'string')
    return undefined;
  const why = error.message.replace(/^Connection error: /, '').replaceAll(/ipv6-[0-9a-f.-]+\.invalid/g, realHost);
  const named = brokers.length === 0 ? undefined : advertised(error.broker, brokers);
  if (named === undefined) return `${why} (${realHost(error.broker.replace(/:\d+$/, ''))})`;
  return (
    `Kafka names a broker at ${named} (its advertised.listeners), which cannot be reached from here (${why}): ` +
    'that broker is down, or its advertised.listeners is to name an address that this machine reaches'
  );
}

function refusedLogin(message: string): string | undefined {
  if (message.includes('not supported')) return byType.UNSUPPORTED_SASL_MECHANISM;
  if (/[Ii]nvalid (username|credentials)|unknown-user|invalid-proof/.test(message))
    return words('gateway/reason.kafka-password');
  return undefined;
}

function refusedCertificate(tls: ClientTls | undefined, now: number): string {
  if (tls === undefined || tls === true || tls.certificate === undefined)
    return words('gateway/reason.kafka-asks-cert');
  const own = tlsFileProblems(tls, now).find(({ file }) => file === 'certificate');
  if (own !== undefined) return `the broker does not take our certificate: ${own.message}`;
  return `the broker does not take our certificate ${tls.certificate}: have it signed by a CA that the broker trusts, or let the broker trust its CA`;
}
