/**
 * A kind of sink owns its configuration: the schema, the checks, and the function that creates a sink. A new kind is
 * one folder in sinks/ and one line in sinks/registry.ts. The schemas of gateway.yaml and of the secrets file, `forpost
 * check` and the uplink's thread read the registry and name no kind.
 *
 * Always: a kind's own file imports no client library. `create` imports the sink itself, so that only the uplink's
 * thread loads a client library, and only for kinds that are configured.
 */

import { type ClientTls, clientTlsSchema } from '@forpost/shared/client-tls.ts';
import type { Clock } from '@forpost/shared/clock.ts';
import type { Problem } from '@forpost/shared/config/explain.ts';
import { idPatternText } from '@forpost/shared/event/ids.ts';
import type { Logger } from '@forpost/shared/logging.ts';
import type { Backoff } from '@forpost/shared/retry.ts';
import { type Words, words } from '@forpost/shared/texts/english.ts';
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

/** The keys of every sink; a kind adds its own. */
const base = {
  name: Type.Optional(Type.String(nameText)),
  limit: Type.Optional(linkLimitSchema),
} as const;

/** The key `tls`. A kind that has it gets its paths resolved and its files checked and watched. */
export const tlsKey = { tls: Type.Optional(clientTlsSchema) } as const;

/** A sink in gateway.yaml, checked against its kind's schema. Code outside the kind knows only these keys. */
export interface SinkConfig extends Type.Static<Type.TObject<typeof base>> {
  readonly kind: string;
  readonly tls?: ClientTls;
  readonly [key: string]: unknown;
}

/** The entry uplink: NAME of secrets.yaml: one key, which the kind's `secret` names. */
export type SinkSecret = Readonly<Record<string, string>>;

/** The memory of a sink across restarts. `value` may have been written by an older version or by another kind. */
export interface SinkMemory {
  readonly value: unknown;
  /** `value`: plain JSON */
  change(value: unknown): void;
}

export interface SinkContext {
  readonly name: string;
  readonly identity: SinkIdentity;
  /** the credential of this gateway at the sink; undefined: none is configured */
  readonly secret: SinkSecret | undefined;
  /** absent: the sink remembers nothing across restarts */
  readonly memory?: SinkMemory;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** For the messages of a check: the sink's name, its setting, and the file of its secret. */
export interface SinkPlace {
  readonly name: string;
  /** as `uplink[0]` */
  readonly setting: string;
  readonly secretsFile: string;
}

/** A server that the sink connects to first, for a try of the link. */
export interface SinkServer {
  /** without brackets */
  readonly host: string;
  readonly port: number;
  /** undefined: without TLS */
  readonly tls: ClientTls | undefined;
  /** the environment may name a proxy for it */
  readonly throughProxy?: boolean;
  /** the sentence with the remedy for an error of TLS; undefined: its own message is the best there is */
  readonly reasonOf: (error: Error) => string | undefined;
}

export interface SinkKind<Config extends SinkConfig = SinkConfig> {
  /** as gateway.yaml names it: kafka, http, … */
  readonly kind: string;
  /** one sentence for the reference and for editors: where events go */
  readonly description: string;
  /** a noun phrase for this block of the file, as «an uplink to Kafka» */
  readonly about: string;
  /** schema of the kind's own keys in gateway.yaml */
  readonly schema: TObject;
  /** schema of the entry uplink: NAME in secrets.yaml, which has one key; absent: the kind has no secret */
  readonly secret?: TObject;
  /** delays between attempts to reconnect */
  readonly backoff: Backoff;
  /** resolves the paths to files, except those of `tls`, with `at`: gateway.yaml names them relative to itself */
  resolved?(config: Config, at: (path: string) => string): Config;
  /** problems that the schema does not find; their paths begin at the sink */
  check(config: Config, place: Pick<SinkPlace, 'setting'>): readonly Problem[];
  /** the problem with the secret or its absence, as a sentence; undefined: none */
  checkSecret(config: Config, secret: SinkSecret | undefined, place: SinkPlace): Words | undefined;
  /** the destination, as it follows «uplink to»: Kafka at broker:9092 */
  summary(config: Config): string;
  /** the servers that the sink connects to first; absent: a try only opens a session. `now`: ms since 1970 */
  servers?(config: Config, now: () => number): readonly SinkServer[];
  /** the address that receives evidence with the sink's token; absent: this kind receives no evidence */
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

/** The name of a sink in cursors, secrets and the status. */
export function sinkName({ name, kind }: Pick<SinkConfig, 'name' | 'kind'>): string {
  return name ?? kind;
}

/** The key of a secret, as token or password. */
export function secretKey(secret: SinkSecret): string {
  return Object.keys(secret)[0] ?? 'secret';
}

/** For `checkSecret` of a kind that needs `key`: the problem if the secret is missing or has another key. */
export function wrongSecret(key: string, secret: SinkSecret | undefined, place: SinkPlace): Words | undefined {
  if (secret !== undefined && Object.hasOwn(secret, key)) return undefined;
  const about = { name: place.name, key, file: place.secretsFile };
  return secret === undefined
    ? words('mistake/sink.no-secret', about)
    : words('mistake/sink.other-secret', { ...about, other: secretKey(secret) });
}
