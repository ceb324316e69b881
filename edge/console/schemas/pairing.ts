/** The pairing window over the gateway's API: its state with the unknown clients, and what a person does with them. */

import { answer, list, message, optional, problem, time } from '@forpost/shared/http/schema.ts';
import Type from 'typebox';
import { fewestMinutes, mostMinutes, standardMinutes } from '../../devices/pairing/pairing.ts';

const closed = { additionalProperties: false } as const;
const orNull = <S extends Type.TSchema>(schema: S, description: string) =>
  Type.Union([schema, Type.Null()], { description });
const isoTime = Type.String({ format: 'date-time' });

const pairingWindow = answer({
  by: Type.String({ description: 'who opened it; empty: unknown' }),
  openedAt: time('when it was opened'),
  endsAt: time('when it ends by itself'),
});

const topic = answer({
  topic: Type.String({ description: 'the topic, shortened' }),
  count: Type.Integer({ description: 'messages on it' }),
  qos: Type.Integer({
    description: 'QoS of the newest message; QoS 1 and 2 are not acknowledged before the client logs in',
  }),
  retained: Type.Boolean({ description: 'the newest message has the RETAIN flag' }),
  bytes: Type.Integer({ description: 'bytes of the newest payload' }),
  begin: Type.String({ description: 'the first bytes of the newest payload' }),
  encoding: Type.Union([Type.Literal('text'), Type.Literal('hex')], {
    description: 'text where these bytes are UTF-8, else hex',
  }),
  at: time('when the newest message came'),
});

const judgement = answer({
  decoder: Type.String({ description: 'the decoder that recognises the client' }),
  about: Type.String({ description: 'the kind of device, for people' }),
  section: Type.Enum(['devices', 'bridges'], { description: 'what it becomes; a bridge speaks for many devices' }),
  sure: Type.Number({ description: 'how sure the decoder is, from 0 to 1' }),
  topic: Type.String({ description: 'what the client calls itself in its topics' }),
  model: orNull(Type.String(), 'maker and model; null: it does not say'),
  name: orNull(Type.String(), 'the name that it has been given; null: it does not say'),
  read: Type.Integer({ description: 'messages that the decoder reads' }),
  refused: Type.Integer({ description: 'messages that the decoder refuses' }),
  reason: orNull(Type.String(), 'why the newest one was refused; null: none was'),
  reasonI18n: optional(message('`reason` as a message of the catalogue')),
  values: list(
    answer({
      name: Type.String({ description: 'metric, with its channel in front' }),
      value: Type.Union([Type.Number(), Type.String(), Type.Boolean()], { description: 'its newest value' }),
    }),
  ),
});

const logIn = answer({
  own: Type.Boolean({ description: 'the user name and password that it came with can become its log-in' }),
  why: orNull(Type.String(), 'why they cannot; null: they can'),
  whyI18n: optional(message('`why` as a message of the catalogue')),
  weak: orNull(Type.String(), 'why a new password would be better; null: nothing speaks against its own'),
  weakI18n: optional(message('`weak` as a message of the catalogue')),
});

const takenIn = answer({
  id: Type.String({ description: 'id of the device or bridge' }),
  name: Type.String({ description: 'its name' }),
  by: Type.String({ description: 'who took it in' }),
  at: time('when'),
  logIn: Type.Enum(['own', 'made'], {
    description: 'own: what it came with; made: a password that a person enters in it',
  }),
  arrived: orNull(isoTime, 'when it has logged in for the first time since; null: it has not come yet'),
});

const knocker = answer({
  number: Type.Integer({ description: 'names the client in requests; never used twice' }),
  address: Type.String({ description: 'its address' }),
  clientId: Type.String({ description: 'its client id; empty: none' }),
  user: orNull(Type.String(), 'its user name; null: none'),
  hasPassword: Type.Boolean({ description: 'it gives a password' }),
  encrypted: Type.Boolean({ description: 'it came over TLS' }),
  version: Type.String({ description: 'version of MQTT' }),
  claims: orNull(
    answer({ id: Type.String({ description: 'id' }), name: Type.String({ description: 'name' }) }),
    'the device, bridge or consumer whose user name it gives, with a wrong password; null: none',
  ),
  refusedBefore: Type.Integer({ description: 'how many times it was refused before the window was opened' }),
  connected: Type.Boolean({ description: 'it is connected now' }),
  since: time('when it came first'),
  last: time('when it was last seen'),
  connections: Type.Integer({ description: 'connections so far' }),
  messages: Type.Integer({ description: 'messages so far' }),
  moreTopics: Type.Integer({ description: 'messages on topics beyond those of the list' }),
  topics: list(topic),
  judgements: list(judgement),
  suggestedName: Type.String({ description: 'a name for it, of what is known' }),
  logIn,
  takenIn: orNull(takenIn, 'what it was taken in as; null: it was not'),
});

export const pairingAnswer = answer({
  window: orNull(pairingWindow, 'null: the window is closed'),
  turnedAway: Type.Integer({ description: 'connections for which the window had no place, since it was opened' }),
  knockers: list(knocker),
  decoders: list(
    answer({
      name: Type.String({ description: 'name of a decoder that may be chosen' }),
      about: Type.String({ description: 'the kind of device, for people' }),
      bridge: Type.Enum(['never', 'also', 'only'], {
        description: 'whether a client with this decoder may be a bridge, which speaks for many devices',
      }),
    }),
  ),
});
export type PairingView = Type.Static<typeof pairingAnswer>;
export type KnockerView = Type.Static<typeof knocker>;
export type JudgementView = Type.Static<typeof judgement>;

export const openBody = Type.Object(
  {
    minutes: Type.Optional(
      Type.Integer({
        minimum: fewestMinutes,
        maximum: mostMinutes,
        description: 'how long the window stays open from now',
        default: standardMinutes,
      }),
    ),
  },
  closed,
);
const number = Type.Integer({ minimum: 1, description: 'number of the unknown client' });
export const ignoreBody = Type.Object({ knocker: number }, closed);
export const acceptBody = Type.Object(
  {
    knocker: number,
    name: Type.String({ maxLength: 200, description: 'name for people' }),
    id: Type.Optional(Type.String({ maxLength: 64, description: 'id of the new device; default: made of the name' })),
    place: Type.Optional(Type.String({ maxLength: 200, description: 'where it is' })),
    decoder: Type.Optional(Type.String({ maxLength: 64, description: 'decoder; default: the one that is surest' })),
    topic: Type.Optional(
      Type.String({ maxLength: 200, description: 'what it calls itself in its topics; default: what was recognised' }),
    ),
    section: Type.Optional(
      Type.Enum(['devices', 'bridges'], {
        description:
          'what it becomes. Default: a bridge where it has named devices behind it, or its decoder is one of bridges alone',
      }),
    ),
    logIn: Type.Optional(
      Type.Enum(['own', 'made'], {
        description:
          'own: with the user name and password that it came with; made: with a new password, which the answer has once. Default: own where that is possible and not weak',
      }),
    ),
  },
  closed,
);
export const acceptAnswer = answer({
  device: Type.String({ description: 'id of the new device or bridge' }),
  section: Type.Enum(['devices', 'bridges'], { description: 'where it stands in the site’s document' }),
  name: Type.String({ description: 'its name' }),
  revision: Type.Integer({ description: 'number of the revision that it came with' }),
  credential: optional(
    answer({
      user: Type.String({ description: 'user name to enter in the device' }),
      password: Type.String({ description: 'password to enter in the device; it is shown once' }),
    }),
  ),
});
export type AcceptedView = Type.Static<typeof acceptAnswer>;
export const replaceBody = Type.Object(
  {
    knocker: number,
    id: Type.String({ maxLength: 64, description: 'id that the client claims: `claims.id` of the client' }),
    logIn: Type.Optional(
      Type.Enum(['own', 'made'], {
        description:
          'own: with the password that it came with; made: with a new one, which the answer has once. Default: own where it is long enough',
      }),
    ),
  },
  closed,
);
export const replaceAnswer = answer({
  id: Type.String({ description: 'id of the device, bridge or consumer' }),
  name: Type.String({ description: 'its name' }),
  credential: optional(
    answer({
      user: Type.String({ description: 'user name to enter in the device' }),
      password: Type.String({ description: 'password to enter in the device; it is shown once' }),
    }),
  ),
});
export type ReplacedView = Type.Static<typeof replaceAnswer>;
export const acceptRefusals = {
  404: problem('no unknown client has this number'),
  409: problem('the window is closed, or the client was taken in already'),
  422: problem('what was asked for cannot be', {
    field: optional(Type.String({ description: 'the wrong field of the request' })),
    problems: optional(list(Type.String({ description: 'a reason, in words' }))),
  }),
};
