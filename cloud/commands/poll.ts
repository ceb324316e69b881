/** GET /ingest/v1/commands: the long poll in which a gateway waits for its commands. */
import { HttpProblem } from '@forpost/shared/http/problem.ts';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Commands } from './commands.ts';

const longestAfter = 100;
const mostWaitS = 55;

/** `gatewayOf` names the gateway that a request comes from. */
export function addCommandPoll(
  app: FastifyInstance,
  commands: Pick<Commands, 'poll'>,
  gatewayOf: (request: FastifyRequest) => string,
): void {
  const closing = new AbortController();
  // a server that stops answers the gateways that wait, instead of waiting with them
  app.addHook('preClose', async () => closing.abort());

  const route = {
    config: { right: 'gateway' },
    schema: { summary: 'Commands for a gateway after the one that it names; waits up to 55 s for the next' },
  } as const;
  app.get<{ Querystring: { after?: unknown; wait?: unknown } }>(
    '/ingest/v1/commands',
    route,
    async (request, reply) => {
      const { after = '', wait = '0' } = request.query;
      const seconds = Number(wait);
      if (typeof after !== 'string' || after.length > longestAfter)
        throw new HttpProblem(400, 'after is not the id of a command');
      if (!Number.isFinite(seconds) || seconds < 0) throw new HttpProblem(400, 'wait is not a number of seconds');
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
