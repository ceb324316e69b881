/** GET /ingest/v1/commands: the long poll in which a gateway waits for its commands. */
import { answer, list } from '@forpost/shared/http/schema.ts';
import type { TypeBoxTypeProvider } from '@forpost/shared/http/typed-routes.ts';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import Type from 'typebox';
import type { Commands } from './commands.ts';

const longestAfter = 100;
const mostWaitS = 55;

const pollQuery = Type.Object({
  after: Type.Optional(
    Type.String({
      maxLength: longestAfter,
      description: 'id of the newest command that the gateway has; absent: none',
    }),
  ),
  wait: Type.Optional(
    Type.Number({ minimum: 0, description: `seconds to wait for the next command, at most ${mostWaitS}; default 0` }),
  ),
});

const pollAnswer = answer({
  now: Type.String({ description: 'RFC 3339, by the centre’s clock' }),
  commands: list(Type.Unknown({ description: 'envelope of a signed command (DSSE)' })),
  after: Type.String({ description: 'id of the last command; the next poll names it' }),
});

/** `gatewayOf` names the gateway that a request comes from. */
export function addCommandPoll(
  app: FastifyInstance,
  commands: Pick<Commands, 'poll'>,
  gatewayOf: (request: FastifyRequest) => string,
): void {
  const closing = new AbortController();
  // a server that stops answers the gateways that wait, instead of waiting with them
  app.addHook('preClose', async () => closing.abort());

  app.withTypeProvider<TypeBoxTypeProvider>().get(
    '/ingest/v1/commands',
    {
      config: { right: 'gateway' },
      schema: {
        summary: 'Commands for a gateway after the one that it names; waits up to 55 s for the next',
        querystring: pollQuery,
        response: { 200: pollAnswer },
      },
    },
    async (request, reply) => {
      const { after = '', wait: seconds = 0 } = request.query;
      const gone = new AbortController();
      // of the answer: the request itself is over as soon as it is read
      reply.raw.once('close', () => gone.abort());
      const waitMs = Math.min(seconds, mostWaitS) * 1000;
      const over = AbortSignal.any([gone.signal, closing.signal]);
      const { retryMs, ...handed } = await commands.poll(gatewayOf(request), after, waitMs, over);
      if (retryMs !== undefined) reply.header('retry-after', String(Math.ceil(retryMs / 1000)));
      return handed;
    },
  );
}
