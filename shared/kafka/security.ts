/**
 * The log-in of gateway and centre to Kafka: the configuration keys, and the client's options made from them.
 *
 * Always: the password stands in a file of its own, and no message shows it. TLS works as for any server (../client-tls.ts).
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

/** Options of a client beside its brokers. */
export interface KafkaSecurity {
  readonly tls?: ClientTls | undefined;
  readonly sasl?: KafkaLogin | undefined;
}
