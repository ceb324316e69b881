/** The schemas of the uplinks in gateway.yaml and of their secrets, made of the kinds of sinks there are. */
import Type, { type TSchema } from 'typebox';
import { secretsSchema, uplinkSecretsAbout } from '../site/secrets.ts';
import { type SinkConfig, type SinkSecret, sinkOfKind } from '../uplink/sink-kind.ts';
import { tokenSchema } from '../uplink/sinks/http/kind.ts';
import { sinkKinds } from '../uplink/sinks/registry.ts';

/** Any sink. */
export const anySinkSchema = Type.Unsafe<SinkConfig>(Type.Union(sinkKinds.map(sinkOfKind)));

/** The token of `evidence: receiver`, and the secrets of the kinds of sinks, each once. */
const anySecret = Type.Unsafe<SinkSecret>(
  Type.Union(distinct([tokenSchema, ...sinkKinds.flatMap(({ secret }) => secret ?? [])])),
);

/** secrets.yaml with the secrets of all kinds of sinks. */
export const wholeSecretsSchema = Type.Object(
  {
    ...secretsSchema.properties,
    uplink: Type.Optional(Type.Record(Type.String(), anySecret, { description: uplinkSecretsAbout })),
  },
  { additionalProperties: false },
);

function distinct(schemas: readonly TSchema[]): TSchema[] {
  return [...new Map(schemas.map((schema) => [JSON.stringify(schema), schema])).values()];
}
