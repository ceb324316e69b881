/**
 * Evidence over HTTP: staff ask a gateway for it and look at it under /api/v1 (behind the log-in, each look written
 * down); gateways deliver it under /ingest/v1 (behind their tokens), in parts, and go on where they were.
 */
import { createReadStream } from 'node:fs';
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import { ForpostError } from '@forpost/shared/errors.ts';
import type { Login } from '@forpost/shared/http/login.ts';
import { HttpProblem, tryAgainIn } from '@forpost/shared/http/problem.ts';
import { contentRange, sendFile } from '@forpost/shared/http/range.ts';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type Type from 'typebox';
import { idParams } from '../api/schemas.ts';
import type { CommandDesk } from '../commands/routes.ts';
import type { EvidenceAudit } from './audit.ts';
import { belongsTo, type DepotRecord, type EvidenceDepot } from './depot.ts';
import { askBody, type EvidenceView, evidenceView, fileParams, fileQuery, listAnswer, listQuery } from './schemas.ts';

/** Days are what a site may be offline for; a command holds a day at most. */
const validMs = 86_400_000;
const partBytes = 1024 ** 2;
const retryMs = 5_000;

export interface EvidenceRouteParts {
  readonly depot: EvidenceDepot;
  readonly audit: EvidenceAudit;
  readonly desk: CommandDesk;
  readonly login: Login;
}

export function registerEvidenceRoutes(
  server: FastifyInstance,
  { depot, audit, desk, login }: EvidenceRouteParts,
): void {
  const app = server.withTypeProvider<TypeBoxTypeProvider>();

  app.post(
    '/api/v1/gateways/:id/evidence',
    {
      config: { right: 'act' },
      schema: {
        summary: 'Asks a gateway for a picture or a clip of an alarm; it comes when the site is connected',
        params: idParams,
        body: askBody,
        response: { 202: evidenceView },
      },
    },
    async (request, reply) => {
      const { id } = request.params;
      const { body } = request;
      const by = login.sessionOf(request)?.user ?? '';
      const { media: kind = 'image/jpeg', ...wanted } = body;
      desk.mayTake(id);
      const record = await depot.ask({ ...wanted, media: kind, gateway: id, by });
      // asked again where it has not come: its command may have expired, or met a gateway that could not
      if (record.arrived === null)
        await desk.issue({
          ...{ gateway: id, kind: 'evidence', author: by, validMs },
          arguments: { evidence: body.evidence, sha256: body.sha256 },
        });
      return reply.code(202).send(viewOf(record, depot));
    },
  );

  app.get(
    '/api/v1/gateways/:id/evidence',
    {
      config: { right: 'see' },
      schema: {
        summary: 'What was asked of a gateway, and how much of it is here',
        params: idParams,
        querystring: listQuery,
        response: { 200: listAnswer },
      },
    },
    async ({ params: { id }, query: { alarm } }) => ({
      evidence: depot.list(id, alarm).map((record) => viewOf(record, depot)),
    }),
  );

  server.get<{ Params: Type.Static<typeof fileParams>; Querystring: Type.Static<typeof fileQuery> }>(
    '/api/v1/gateways/:id/evidence/:sha256',
    {
      config: { right: 'see' },
      schema: { summary: 'The picture or the clip itself', params: fileParams, querystring: fileQuery },
    },
    async (request, reply) => {
      const { id, sha256: hash } = request.params;
      const record = depot.get(id, hash);
      if (record === undefined || record.arrived === null) throw new HttpProblem(404, 'it is not here (yet)');
      const by = login.sessionOf(request)?.user ?? '';
      const { alarm: named = record.alarm } = request.query;
      const alarm = belongsTo(record, named) ? named : record.alarm;
      try {
        await audit.looked({ by, gateway: id, evidence: record.evidence, sha256: hash, alarm });
      } catch (error) {
        if (!(error instanceof ForpostError)) throw error;
        request.log.warn({ by, gateway: id, why: error.message }, 'a look at evidence could not be written down');
        throw tryAgainIn(
          503,
          retryMs,
          `who looks at a picture is written down before it is shown, and that cannot be done now (${error.message}): try again`,
        );
      }
      return sendFile(reply, request.headers.range, record, (part) => createReadStream(depot.pathOf(record), part));
    },
  );
}

/** The receiver's part: `gatewayOf` says whose request it is. */
export function registerEvidenceUpload(
  app: FastifyInstance,
  depot: EvidenceDepot,
  gatewayOf: (request: FastifyRequest) => string,
): void {
  app.addContentTypeParser(
    'application/octet-stream',
    { parseAs: 'buffer', bodyLimit: partBytes },
    async (_: FastifyRequest, body: Buffer) => body,
  );

  const config = { right: 'gateway' } as const;
  app.get<{ Params: { sha256: string } }>('/ingest/v1/evidence/:sha256', { config }, async (request) => {
    const record = depot.get(gatewayOf(request), hashOf(request.params.sha256));
    if (record === undefined) throw new HttpProblem(404, 'nobody asked for this');
    return { received: depot.received(record), size: record.size };
  });

  app.put<{ Params: { sha256: string } }>(
    '/ingest/v1/evidence/:sha256',
    { config, bodyLimit: partBytes },
    async (request) => {
      const range = contentRange(request.headers['content-range']);
      const body = request.body instanceof Buffer ? request.body : Buffer.alloc(0);
      if (range === undefined || body.length === 0 || range.end - range.start + 1 !== body.length)
        throw new HttpProblem(400, 'content-range: bytes FIRST-LAST/TOTAL is to say which part this is');
      const gateway = gatewayOf(request);
      const received = await depot.take(gateway, hashOf(request.params.sha256), range.start, range.total, body);
      return { received, size: range.total };
    },
  );
}

function hashOf(text: string): string {
  if (!/^[0-9a-f]{64}$/.test(text)) throw new HttpProblem(400, 'this is no SHA-256 in hex');
  return text;
}

function viewOf(record: DepotRecord, depot: EvidenceDepot): EvidenceView {
  const { gateway: _, ...view } = record;
  return { ...view, received: depot.received(record) };
}
