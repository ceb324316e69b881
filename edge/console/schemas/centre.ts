/** The links to the centre over the gateway's API: how each is made, and a try of it. No answer has a secret. */
import { answer, closed, list, message, optional, problem, time } from '@forpost/shared/http/schema.ts';
import Type from 'typebox';

const link = answer({
  sink: Type.String({ description: 'name of the uplink, as in the status' }),
  kind: Type.String({ description: 'kind of the uplink: kafka, http' }),
  to: Type.String({ description: 'where it leads, without a secret' }),
  encrypted: Type.Boolean({ description: 'whether it goes over TLS' }),
  credential: Type.Union([Type.String(), Type.Null()], {
    description: 'name of the secret that the gateway sends, as token or password; null: none',
  }),
  certificateUntil: Type.Union([time('when'), Type.Null()], {
    description: 'until when the gateway’s own certificate is valid; null: it has none',
  }),
  lastSuccess: Type.Union([time('when'), Type.Null()], {
    description: 'when events last arrived; null: not since the gateway started',
  }),
});

export const centreAnswer = answer({ links: list(link) });
export type CentreAnswer = Type.Static<typeof centreAnswer>;

export const linkParams = Type.Object(
  { sink: Type.String({ minLength: 1, maxLength: 64, description: 'name of the uplink' }) },
  closed,
);

export const triedLinkAnswer = answer({
  ok: Type.Boolean({ description: 'whether the other side answered as it should' }),
  steps: list(
    answer({
      what: Type.Enum(['name', 'connection', 'tls', 'log-in', 'answer'], { description: 'what was tried' }),
      where: Type.String({ description: 'at which server' }),
      result: Type.Enum(['ok', 'failed', 'skipped'], {
        description: 'skipped: a step before it failed, or it cannot be told apart from the next one',
      }),
      message: Type.String({ description: 'the result, in words' }),
      message_i18n: optional(message('`message` as a message of the catalogue')),
      ms: Type.Integer({ description: 'how long it took' }),
    }),
  ),
});
export type TriedLink = Type.Static<typeof triedLinkAnswer>;
export const linkRefusals = {
  404: problem('there is no such uplink'),
  503: problem('the uplink does not run'),
};
