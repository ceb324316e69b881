/**
 * A kind of sink: what its configuration is, what is wrong with one, and how a sink is made of it. A new kind is one
 * folder in sinks/ and one line in sinks/registry.ts; the file's schema, the secrets file's schema, `forpost check` and
 * the uplink's thread read the registry and name no kind.
 *
 * Always: a kind's own file imports no client library. `create` imports the sink itself, so that only the uplink's
 * thread loads the client, and only that of a kind that is configured.
 */

import { type ClientTls, clientTlsSchema } from '@forpost/shared/client-tls.ts';
import type { Clock } from '@forpost/shared/clock.ts';
import type { Problem } from '@forpost/shared/config/explain.ts';
import { idPatternText } from '@forpost/shared/event/ids.ts';
import type { Logger } from '@forpost/shared/logging.ts';
import type { Backoff } from '@forpost/shared/retry.ts';
import Type, { type TObject } from 'typebox';
import type { Sink, SinkIdentity } from './sink.ts';

const linkLimitSchema = Type.Object(
  {
    bytes_per_second: Type.Optional(
      Type.Integer({
        minimum: 200,
        description: 'highest rate of this uplink, in both directions',
        'x-default': 'no limit',
      }),
    ),
    bytes_per_day: Type.Optional(
      Type.Integer({
        minimum: 100_000,
        description: 'traffic of one local day of the site; beyond it only alerts and commands use the link',
        'x-default': 'no limit',
      }),
    ),
  },
  {
    additionalProperties: false,
    description: 'limits for a metered link: compressed bytes on the wire, of events, commands and evidence',
  },
);

const nameText = {
  pattern: idPatternText,
  description: 'name of this uplink in the page, the log and the secrets file',
} as const;

/** What all sinks have; the rest of a sink's keys are its kind's own. */
const base = {
  name: Type.Optional(Type.String(nameText)),
  limit: Type.Optional(linkLimitSchema),
} as const;

/** The key `tls`, for kinds that have it: its paths are resolved, its files checked and watched, as of every other. */
export const tlsKey = { tls: Type.Optional(clientTlsSchema) } as const;

/** A sink in gateway.yaml, checked against its kind's schema: what is outside its kind sees no more of it. */
export interface SinkConfig extends Type.Static<Type.TObject<typeof base>> {
  readonly kind: string;
  readonly tls?: ClientTls;
  readonly [key: string]: unknown;
}

/** What stands in secrets.yaml under uplink: NAME. One key, which its kind's `secret` names. */
export type SinkSecret = Readonly<Record<string, string>>;

/** What a sink may remember beyond its process; what it reads may be of an older version, or another kind's. */
export interface SinkMemory {
  readonly value: unknown;
  /** `value`: plain JSON */
  change(value: unknown): void;
}

export interface SinkContext {
  readonly name: string;
  readonly identity: SinkIdentity;
  /** what the other side knows this gateway by, where there is one */
  readonly secret: SinkSecret | undefined;
  /** absent: the sink remembers as long as it lives */
  readonly memory?: SinkMemory;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** For the messages of a check: what the sink is called, where it stands, and in which file its secret belongs. */
export interface SinkPlace {
  readonly name: string;
  /** as `uplink[0]` */
  readonly setting: string;
  readonly secretsFile: string;
}

export interface SinkKind<Config extends SinkConfig = SinkConfig> {
  /** as gateway.yaml names it: kafka, http, … */
  readonly kind: string;
  /** where events go, for the reference and for editors */
  readonly description: string;
  /** what such a block is, as «an uplink to Kafka» */
  readonly about: string;
  /** of the kind's own keys in gateway.yaml */
  readonly schema: TObject;
  /** of what stands in secrets.yaml under uplink: NAME: one key; absent: the kind has no secret */
  readonly secret?: TObject;
  /** how eagerly a lost connection is tried again */
  readonly backoff: Backoff;
  /** the same with each path to a file, beside those of `tls`, as `at` makes it: the file means it from where it is */
  resolved?(config: Config, at: (path: string) => string): Config;
  /** what is wrong beyond the schema; paths within the sink */
  check(config: Config, place: Pick<SinkPlace, 'setting'>): readonly Problem[];
  /** what is wrong with the secret that is there or missing, as a sentence */
  checkSecret(config: Config, secret: SinkSecret | undefined, place: SinkPlace): string | undefined;
  /** where it sends, as it follows «uplink to»: Kafka at broker:9092 */
  summary(config: Config): string;
  /** the address that takes evidence beside the events, with the sink's token; absent: events alone */
  evidence?(config: Config): { readonly url: string; readonly tls: ClientTls | undefined };
  create(config: Config, context: SinkContext): Promise<Sink>;
}

/** The whole schema of a sink of this kind. An unknown key is an error. */
export function sinkOfKind({ kind, description, about, schema }: SinkKind): TObject {
  const properties = {
    kind: Type.Literal(kind, { description }),
    name: Type.Optional(Type.String({ ...nameText, default: kind })),
    ...schema.properties,
    limit: base.limit,
  };
  return Type.Object(properties, { additionalProperties: false, description: about });
}

/** What a sink is called in cursors, secrets and the status. */
export function sinkName({ name, kind }: Pick<SinkConfig, 'name' | 'kind'>): string {
  return name ?? kind;
}

/** The one key of a secret: token, password. */
export function secretKey(secret: SinkSecret): string {
  return Object.keys(secret)[0] ?? 'secret';
}

/** For `checkSecret` of a sink that needs `key`: why the secret that is there is not it. */
export function wrongSecret(key: string, secret: SinkSecret | undefined, place: SinkPlace): string | undefined {
  if (secret !== undefined && Object.hasOwn(secret, key)) return undefined;
  const instead = secret === undefined ? '' : `, but a ${secretKey(secret)}`;
  return `the uplink "${place.name}" has no ${key}${instead}: add it under uplink in ${place.secretsFile}`;
}
