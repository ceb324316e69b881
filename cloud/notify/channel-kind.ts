/**
 * A channel kind owns the configuration of one kind of channel: its schema in cloud.yaml, its checks, and the creation of
 * a channel. A new kind is one file in channels/ and one line in channels/registry.ts; the schema of cloud.yaml,
 * `forpost cloud check` and the centre read the registry and name no kind.
 *
 * Always: the only secret of a channel in cloud.yaml is a password within its address. A kind that needs another secret
 * has a key with the path of a file, which `resolved` and `check` handle.
 */
import type { Problem } from '@forpost/shared/config/explain.ts';
import { idPatternText } from '@forpost/shared/event/ids.ts';
import { languages } from '@forpost/shared/texts/language.ts';
import Type, { type TObject } from 'typebox';
import { userNamePattern } from '../access/users.ts';
import type { Channel } from './channel.ts';

/** A longer list of people is one address of its own: a mailing list, a duty roster. */
const mostRecipients = 200;

/** The keys that all channels share; all other keys of a channel belong to its kind. */
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
  recipients: Type.Optional(
    Type.Array(
      Type.Object(
        {
          to: Type.String({
            minLength: 1,
            maxLength: 200,
            description: 'the person, as the channel addresses people: an e-mail address, a number, a name',
          }),
          user: Type.Optional(
            Type.String({
              pattern: userNamePattern,
              description: 'log-in name of this person at the centre: the language chosen there counts',
              'x-default': 'no account',
            }),
          ),
          language: Type.Optional(
            Type.Enum([...languages], {
              description: 'language of this person, unless the account has chosen one',
              'x-default': 'that of the channel',
            }),
          ),
        },
        { additionalProperties: false, description: 'a person who gets notifications in a language of their own' },
      ),
      {
        minItems: 1,
        maxItems: mostRecipients,
        description: 'the people whom the channel notifies, each in their own language; each language is sent once',
        'x-default': 'the channel knows them itself, and all get its language',
      },
    ),
  ),
} as const;

/** A channel in cloud.yaml, checked against its kind's schema. Code outside the kind reads only the shared keys. */
export interface ChannelConfig extends Type.Static<Type.TObject<typeof base>> {
  readonly kind: string;
  readonly [key: string]: unknown;
}

export interface ChannelKind<Config extends ChannelConfig = ChannelConfig> {
  /** as cloud.yaml names it: webhook, … */
  readonly kind: string;
  /** where the channel sends notifications, for the reference and for editors */
  readonly description: string;
  /** name of such a block, as «a webhook» */
  readonly about: string;
  /** schema of the kind's own keys in cloud.yaml */
  readonly schema: TObject;
  /** returns `config` with each path resolved by `at`, which starts from the folder of cloud.yaml */
  resolved?(config: Config, at: (path: string) => string): Config;
  /** problems beyond the schema, with paths within the channel. `setting`: the channel's place in the file, as `notify[0]` */
  check(config: Config, setting: string): readonly Problem[];
  /** a few words for the output of `forpost cloud check`, without a secret: webhook to https://desk.example.org */
  summary(config: Config): string;
  create(config: Config): Channel;
}

/** The whole schema of a channel of this kind. An unknown key is an error. */
export function channelOfKind({ kind, description, about, schema }: ChannelKind): TObject {
  const properties = { id: base.id, kind: Type.Literal(kind, { description }), ...schema.properties };
  return Type.Object(
    { ...properties, severity: base.severity, language: base.language, recipients: base.recipients },
    { additionalProperties: false, description: about },
  );
}
