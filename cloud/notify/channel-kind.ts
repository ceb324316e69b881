/**
 * A kind of channel: what its configuration in cloud.yaml is, what is wrong with one, and how a channel is made of it. A
 * new kind is one file in channels/ and one line in channels/registry.ts; the file's schema, `forpost cloud check` and the
 * centre read the registry and name no kind.
 *
 * Always: cloud.yaml holds no secret of a channel but a password within its address; a kind that needs another one has a
 * key for the path of a file, which `resolved` and `check` see.
 */
import type { Problem } from '@forpost/shared/config/explain.ts';
import { idPatternText } from '@forpost/shared/event/ids.ts';
import { languages } from '@forpost/shared/texts/language.ts';
import Type, { type TObject } from 'typebox';
import type { Channel } from './channel.ts';

/** What all channels have; the rest of a channel's keys are its kind's own. */
const base = {
  id: Type.String({ pattern: idPatternText, description: 'id of the channel in log and metrics' }),
  severity: Type.Optional(
    Type.Union([Type.Literal('info'), Type.Literal('warning'), Type.Literal('critical')], {
      description: 'least severity that is sent',
      default: 'warning',
    }),
  ),
  language: Type.Optional(
    Type.Enum([...languages], { description: 'language of the texts that people are sent', default: 'en' }),
  ),
} as const;

/** A channel in cloud.yaml, checked against its kind's schema: what is outside its kind sees no more of it. */
export interface ChannelConfig extends Type.Static<Type.TObject<typeof base>> {
  readonly kind: string;
  readonly [key: string]: unknown;
}

export interface ChannelKind<Config extends ChannelConfig = ChannelConfig> {
  /** as cloud.yaml names it: webhook, … */
  readonly kind: string;
  /** how people are told, for the reference and for editors */
  readonly description: string;
  /** what such a block is, as «a webhook» */
  readonly about: string;
  /** of the kind's own keys in cloud.yaml */
  readonly schema: TObject;
  /** the same with each path to a file as `at` makes it: the file means it from where it is */
  resolved?(config: Config, at: (path: string) => string): Config;
  /** what is wrong beyond the schema; paths within the channel. `setting`: where it stands, as `notify[0]` */
  check(config: Config, setting: string): readonly Problem[];
  /** for the line of `forpost cloud check`, without a secret: webhook to https://desk.example.org */
  summary(config: Config): string;
  create(config: Config): Channel;
}

/** The whole schema of a channel of this kind. An unknown key is an error. */
export function channelOfKind({ kind, description, about, schema }: ChannelKind): TObject {
  const properties = { id: base.id, kind: Type.Literal(kind, { description }), ...schema.properties };
  return Type.Object(
    { ...properties, severity: base.severity, language: base.language },
    { additionalProperties: false, description: about },
  );
}
