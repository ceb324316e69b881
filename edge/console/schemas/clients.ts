/** What devices send over the gateway's API: messages that cannot be processed, and refusals of the broker. */

import { answer, list, message, optional, time } from '@forpost/shared/http/schema.ts';
import Type from 'typebox';

/** The most dead letters of one answer. */
export const maxDeadLetters = 200;
/** Shown bytes of a dead letter's payload: enough to recognise it. */
export const shownPayloadBytes = 2000;

export const deadLettersQuery = Type.Object({
  limit: optional(
    Type.Integer({
      minimum: 1,
      maximum: maxDeadLetters,
      description: 'maximum number of messages in the answer, default 20',
    }),
  ),
  device: optional(Type.String({ maxLength: 64, description: 'only of this device' })),
});

const deadLetter = answer({
  device: Type.String({ description: 'id of the device' }),
  topic: Type.String({ description: 'topic of the message' }),
  received: time('when the gateway received it'),
  reason: Type.String({ description: 'why it cannot be processed, in words' }),
  reasonI18n: optional(message('`reason` as a message of the catalogue')),
  size: Type.Integer({ description: 'bytes of the whole payload' }),
  payload: Type.String({ description: `first ${shownPayloadBytes} bytes of the payload` }),
  encoding: Type.Union([Type.Literal('text'), Type.Literal('hex')], {
    description: 'text where the payload is UTF-8, else hex',
  }),
});
export type DeadLetterView = Type.Static<typeof deadLetter>;
export const deadLettersAnswer = answer({ deadLetters: list(deadLetter) });

export const refusedQuery = Type.Object({
  principal: optional(Type.String({ maxLength: 64, description: 'only of this device or consumer' })),
});

export const refusedSchema = answer({
  kind: Type.Enum(['publish', 'will', 'subscribe', 'retain', 'password', 'stranger', 'protocol'], {
    description: 'stranger: the user name is unknown; protocol: a version of MQTT that is not supported',
  }),
  principal: Type.Union([Type.String(), Type.Null()], {
    description: 'id of the device or consumer that it is, or claims to be; null: an unknown client',
  }),
  name: Type.Union([Type.String(), Type.Null()], {
    description: 'name of the device or consumer for people; null: an unknown client',
  }),
  user: Type.String({ description: 'user name that it gave; empty: none' }),
  clientId: Type.String({ description: 'client id that it chose; empty: none' }),
  address: Type.String({ description: 'its address; empty: not known' }),
  what: Type.String({ description: 'topic, filter, or what it spoke; empty where the kind says it all' }),
  whatI18n: optional(message('`what` as a message of the catalogue, where it is a sentence')),
  count: Type.Integer({ description: 'how many times the same was refused' }),
  first: time('the first time'),
  last: time('the newest time'),
  over: Type.Boolean({ description: 'it has logged in since, or the gateway was started' }),
});
export const refusedAnswer = answer({ refused: list(refusedSchema) });
