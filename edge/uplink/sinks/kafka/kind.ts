/** The sink `kafka`: an owner's own brokers. What its configuration is; the sink itself is in kafka.ts. */
import { brokerProblem } from '@forpost/shared/kafka/brokers.ts';
import { clearPassword } from '@forpost/shared/kafka/clear-password.ts';
import { kafkaLoginProperties } from '@forpost/shared/kafka/security.ts';
import Type from 'typebox';
import { type SinkConfig, type SinkKind, secretKey, tlsKey, wrongSecret } from '../../sink-kind.ts';

const closed = { additionalProperties: false } as const;

const schema = Type.Object({
  brokers: Type.Array(Type.String({ description: 'host:port; an IPv6 address in brackets, as [::1]:9092' }), {
    minItems: 1,
    description: 'brokers to ask first for the cluster, as host:port',
  }),
  prefix: Type.Optional(
    Type.String({
      pattern: '^[a-zA-Z0-9._-]{1,100}$',
      description: 'first part of the topics’ names; the same as at the centre',
      default: 'forpost',
    }),
  ),
  ...tlsKey,
  sasl: Type.Optional(
    Type.Object(kafkaLoginProperties, {
      ...closed,
      description: 'log-in to Kafka; its password stands in the secrets file as uplink: { NAME: { password } }',
    }),
  ),
});

const secret = Type.Object(
  { password: Type.String({ minLength: 1, description: 'password of the user at Kafka' }) },
  { ...closed, description: 'for an uplink of kind kafka with sasl' },
);

export type KafkaSinkConfig = SinkConfig & Type.Static<typeof schema>;

export const kafka: SinkKind<KafkaSinkConfig> = {
  kind: 'kafka',
  description: 'events go straight to a Kafka cluster',
  about: 'an uplink to Kafka',
  schema,
  secret,
  // back within two seconds of the brokers' return
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
    return `the uplink "${place.name}" has a ${key} in ${place.secretsFile} but no sasl: add sasl, or remove the ${key}`;
  },

  summary: ({ brokers }) => `Kafka at ${brokers.join(', ')}`,

  async create(config, context) {
    const { kafkaSink } = await import('./kafka.ts');
    return kafkaSink(config, context);
  },
};
