/** Decides whether a log-in to Kafka may go without TLS. */

import type { ClientTls } from '../client-tls.ts';
import { type Words, words } from '../texts/english.ts';
import { remoteBrokers } from './brokers.ts';
import type { KafkaLogin } from './security.ts';

export interface ClearLogin {
  readonly mechanism: KafkaLogin['mechanism'];
  readonly allow_plaintext?: boolean;
}

/**
 * Why a log-in without TLS is refused; undefined when it is allowed. PLAIN sends the password itself. SCRAM sends values
 * from which a listener can guess it, and then all data in the clear over a connection that anybody can take over.
 */
export function clearPassword(
  brokers: readonly string[],
  tls: ClientTls | undefined,
  sasl: ClearLogin | undefined,
): Words | undefined {
  if (tls !== undefined || sasl === undefined) return undefined;
  const [far] = remoteBrokers(brokers);
  if (far === undefined) return undefined;
  if (sasl.mechanism === 'plain') return words('mistake/sasl.plain', { host: far });
  if (sasl.allow_plaintext === true) return undefined;
  return words('mistake/sasl.scram', { mechanism: sasl.mechanism, host: far });
}
