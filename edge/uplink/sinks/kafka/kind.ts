/** The sink kind `kafka`, a Kafka cluster: its configuration. The sink itself is in kafka.ts. */
import { brokerProblem, parseBroker } from '@forpost/shared/kafka/brokers.ts';
import { clearPassword } from '@forpost/shared/kafka/clear-password.ts';
import { securityReason } from '@forpost/shared/kafka/reasons.ts';
import { words } from '@forpost/shared/texts/english.ts';
import Type from 'typebox';
import { type SinkKind, secretKey, wrongSecret } from '../../sink-kind.ts';
import { type KafkaSinkConfig, schema } from './settings.ts';

const closed = { additionalProperties: false } as const;

const secret = Type.Object(
  { password: Type.String({ minLength: 1, description: 'password of the user at Kafka' }) },
  { ...closed, description: 'for an uplink of kind kafka with sasl' },
);

export const kafka: SinkKind<KafkaSinkConfig> = {
  kind: 'kafka',
  description: 'events go straight to a Kafka cluster',
  about: 'an uplink to Kafka',
  schema,
  secret,
  // the uplink reconnects within two seconds of the brokers' return
  backoff: { baseMs: 200, ceilingMs: 1_500 },

  check({ brokers, tls, sasl }) {
    const clear = clearPassword(brokers, tls, sasl);
    return [
      ...brokers.flatMap((broker, index) => {
        const message = brokerProblem(broker);
        return message === undefined ? [] : [{ path: ['brokers', index], message }];
      }),
      ...(clear === undefined ? [] : [{ path: ['sasl'], message: clear }]),
    ];
  },

  checkSecret({ sasl }, secret, place) {
    if (sasl !== undefined) return wrongSecret('password', secret, place);
    if (secret === undefined) return undefined;
    const key = secretKey(secret);
    return words('mistake/sink.no-sasl', { name: place.name, key, file: place.secretsFile });
  },

  summary: ({ brokers }) => `Kafka at ${brokers.join(', ')}`,

  servers({ brokers, tls }, now) {
    const reasonOf = (error: Error) => securityReason(error, { tls, brokers }, now());
    return brokers.flatMap((text) => {
      const broker = parseBroker(text);
      return broker === undefined ? [] : [{ ...broker, tls, reasonOf }];
    });
  },

  async create(config, context) {
    const { kafkaSink } = await import('./kafka.ts');
    return kafkaSink(config, context);
  },
};
