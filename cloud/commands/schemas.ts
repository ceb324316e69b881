/** Commands over HTTP: an order of a person, and a command with its result. */
import { commandKindPattern } from '@forpost/shared/event/command.ts';
import { closed, message, optional } from '@forpost/shared/http/schema.ts';
import Type from 'typebox';

export const mostListed = 200;

export const orderBody = Type.Object(
  {
    kind: Type.String({
      pattern: commandKindPattern,
      description: 'kind of the command: acknowledge, status, ping, site.apply',
    }),
    arguments: Type.Optional(
      Type.Record(Type.String(), Type.Unknown(), {
        description: 'what the kind needs: {"alarm": "…"} for acknowledge',
      }),
    ),
    valid_s: Type.Optional(
      Type.Integer({
        minimum: 10,
        maximum: 86_400,
        description: 'seconds after which the gateway refuses the command; default 3600',
      }),
    ),
  },
  closed,
);

export const commandsQuery = Type.Object(
  {
    limit: Type.Optional(
      Type.Integer({ minimum: 1, maximum: mostListed, description: 'most commands in the answer, default 50' }),
    ),
  },
  closed,
);

export const commandSchema = Type.Object({
  id: Type.String({ description: 'id of the command' }),
  gateway: Type.String({ description: 'id of the gateway' }),
  kind: Type.String({ description: 'kind of command, such as alarm.acknowledge' }),
  arguments: Type.Unsafe<Readonly<Record<string, unknown>>>(
    Type.Record(Type.String(), Type.Unknown(), { description: 'arguments by their names' }),
  ),
  author: Type.String({ description: 'who sent it' }),
  issued: Type.String({ format: 'date-time', description: 'when it was sent' }),
  expires: Type.String({ format: 'date-time', description: 'until when the gateway may run it' }),
  key: Type.String({ description: 'id of the key that signed it' }),
  state: Type.String({
    description:
      'sent; what the gateway said: applied, refused, failed, expired; unanswered: it expired without a word; ' +
      'noted: the centre has noted an acknowledgement, and its gateway takes no command of this centre',
  }),
  message: Type.String({ description: 'the gateway’s words' }),
  message_i18n: optional(message('`message` as a message of the catalogue')),
  settled: Type.Union([Type.String({ format: 'date-time' }), Type.Null()], {
    description: 'when the gateway said so, by its clock',
  }),
});
export type CommandView = Type.Static<typeof commandSchema>;

export const commandsAnswer = Type.Object({ commands: Type.Immutable(Type.Array(commandSchema)) });
export type CommandsAnswer = Type.Static<typeof commandsAnswer>;

export const keyAnswer = Type.Object({
  id: Type.String({ description: 'id of the command' }),
  key: Type.String({ description: 'the line that a gateway must trust: ed25519:…' }),
});
