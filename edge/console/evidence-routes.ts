/**
 * Evidence over the gateway's API: what there is of an alarm, and the pictures and clips themselves. Behind the log-in;
 * each view is an event. A part of a clip can be asked for (RFC 9110, 14.2: one range of bytes), as players do.
 */
import { createReadStream } from 'node:fs';
import type { Login } from '@forpost/shared/http/login.ts';
import { HttpProblem } from '@forpost/shared/http/problem.ts';
import type { FastifyInstance } from 'fastify';
import Type from 'typebox';
import type { ConsoleSource } from './source.ts';

const defaultListed = 50;
const mostListed = 500;

const listQuery = Type.Object({
  alarm: Type.Optional(Type.String({ maxLength: 300 })),
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: mostListed })),
});
const idParams = Type.Object({ id: Type.String({ pattern: '^[0-9a-f]{16}$' }) });

export function registerEvidenceRoutes(
  app: FastifyInstance,
  { source, login }: { readonly source: ConsoleSource; readonly login: Login },
): void {
  const onRequest = login.requireLogin;

  app.get<{ Querystring: Type.Static<typeof listQuery> }>(
    '/api/v1/evidence',
    { onRequest, schema: { querystring: listQuery } },
    async ({ query: { alarm, limit = defaultListed } }) => ({ evidence: source.evidence(limit, alarm) }),
  );

  app.get<{ Params: Type.Static<typeof idParams> }>(
    '/api/v1/evidence/:id',
    { onRequest, schema: { params: idParams } },
    async (request, reply) => {
      const by = login.sessionOf(request)?.user;
      if (by === undefined) throw new HttpProblem(401, 'log in to the gateway');
      const found = source.viewEvidence(request.params.id, by);
      if (found === undefined) throw new HttpProblem(404, 'there is no such evidence any more');
      const { path, record } = found;
      // not to be kept by a browser: who looks again is to be seen looking
      reply.type(record.media).header('cache-control', 'private, no-store').header('accept-ranges', 'bytes');
      const range = rangeOf(request.headers.range, record.size);
      if (range === 'none') return reply.header('content-length', record.size).send(createReadStream(path));
      if (range === 'unsatisfiable')
        throw new HttpProblem(416, 'there is no such part', { 'content-range': `bytes */${record.size}` });
      const [start, end] = range;
      return reply
        .code(206)
        .header('content-range', `bytes ${start}-${end}/${record.size}`)
        .header('content-length', end - start + 1)
        .send(createReadStream(path, { start, end }));
    },
  );
}

/** First and last byte of the one range that is asked for; anything else than one range is answered whole. */
export function rangeOf(
  header: string | undefined,
  size: number,
): readonly [number, number] | 'none' | 'unsatisfiable' {
  const match = /^bytes=(\d*)-(\d*)$/.exec(header ?? '');
  if (match === null) return 'none';
  const [, first = '', last = ''] = match;
  if (first === '' && last === '') return 'none';
  const start = first === '' ? Math.max(0, size - Number(last)) : Number(first);
  const end = first === '' || last === '' ? size - 1 : Math.min(size - 1, Number(last));
  return start > end || start >= size ? 'unsatisfiable' : [start, end];
}
