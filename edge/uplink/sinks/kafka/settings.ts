/** Configuration of a sink of kind kafka. */
import { kafkaLoginProperties } from '@forpost/shared/kafka/security.ts';
import Type from 'typebox';
import { type SinkConfig, tlsKey } from '../../sink-kind.ts';

export const schema = Type.Object({
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
      additionalProperties: false,
      description: 'log-in to Kafka; its password stands in the secrets file as uplink: { NAME: { password } }',
    }),
  ),
});

export type KafkaSinkConfig = SinkConfig & Type.Static<typeof schema>;
