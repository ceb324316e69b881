/**
 * Routes of evidence: the list of pictures and clips, and the files themselves. Behind the log-in; each view is an event.
 */
import { createReadStream } from 'node:fs';
import type { Login } from '@forpost/shared/http/login.ts';
import { HttpProblem } from '@forpost/shared/http/problem.ts';
import { sendFile } from '@forpost/shared/http/range.ts';
import type { FastifyInstance } from 'fastify';
import Type from 'typebox';
import type { ConsoleSource } from './source.ts';

const defaultListed = 50;
const mostListed = 500;

const listQuery = Type.Object({
  alarm: Type.Optional(Type.String({ maxLength: 300, description: 'only of this alarm' })),
  limit: Type.Optional(
    Type.Integer({
      minimum: 1,
      maximum: mostListed,
      description: `maximum number of items in the answer, default ${defaultListed}`,
    }),
  ),
});
const idParams = Type.Object({
  id: Type.String({ pattern: '^[0-9a-f]{16}$', description: 'id of the picture or clip' }),
});

export function registerEvidenceRoutes(
  app: FastifyInstance,
  { source, login }: { readonly source: ConsoleSource; readonly login: Login },
): void {
  const config = { right: 'see' } as const;

  app.get<{ Querystring: Type.Static<typeof listQuery> }>(
    '/api/v1/evidence',
    { config, schema: { summary: 'Pictures and clips of alarms that are kept, newest first', querystring: listQuery } },
    async ({ query: { alarm, limit = defaultListed } }) => ({ evidence: source.evidence(limit, alarm) }),
  );

  app.get<{ Params: Type.Static<typeof idParams> }>(
    '/api/v1/evidence/:id',
    {
      config,
      schema: { summary: 'One picture or clip; supports range requests; each view is an event', params: idParams },
    },
    async (request, reply) => {
      const by = login.sessionOf(request)?.user;
      if (by === undefined) throw new HttpProblem(401, 'log in to the gateway');
      const found = source.viewEvidence(request.params.id, by);
      if (found === undefined) throw new HttpProblem(404, 'there is no such evidence any more');
      const { path, record } = found;
      return sendFile(reply, request.headers.range, record, (part) => createReadStream(path, part));
    },
  );
}
