/**
 * How the gateway and the centre log in to Kafka: the keys of a configuration, and what a client is made of.
 *
 * Always: the password stands in a file of its own, and no message shows it. TLS is as to any server (../client-tls.ts).
 */
import Type from 'typebox';
import type { ClientTls } from '../client-tls.ts';

/** The keys of a log-in in a configuration, without the password. */
export const kafkaLoginProperties = {
  mechanism: Type.Union([Type.Literal('plain'), Type.Literal('scram-sha-256'), Type.Literal('scram-sha-512')], {
    description: 'SASL mechanism; plain needs tls',
  }),
  user: Type.String({ minLength: 1, description: 'user name at Kafka' }),
  allow_plaintext: Type.Optional(
    Type.Boolean({
      description: 'true allows scram without tls to another machine, where the network is trusted',
      default: false,
    }),
  ),
} as const;

export interface KafkaLogin {
  readonly mechanism: Type.Static<(typeof kafkaLoginProperties)['mechanism']>;
  readonly user: string;
  readonly password: string;
}

/** What a client is made of beside its brokers. */
export interface KafkaSecurity {
  readonly tls?: ClientTls | undefined;
  readonly sasl?: KafkaLogin | undefined;
}
