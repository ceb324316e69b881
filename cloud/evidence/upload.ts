/** /ingest/v1/evidence: a gateway delivers a picture or a clip in parts, and goes on where it was. */
import { HttpProblem } from '@forpost/shared/http/problem.ts';
import { contentRange } from '@forpost/shared/http/range.ts';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { EvidenceDepot } from './depot.ts';

const partBytes = 1024 ** 2;

/** `gatewayOf` names the gateway that a request comes from. */
export function addEvidenceUpload(
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
  const state = { summary: 'How many bytes of an item have arrived' };
  app.get<{ Params: { sha256: string } }>('/ingest/v1/evidence/:sha256', { config, schema: state }, async (request) => {
    const record = depot.get(gatewayOf(request), hashOf(request.params.sha256));
    if (record === undefined) throw new HttpProblem(404, 'nobody asked for this');
    return { received: depot.received(record), size: record.size };
  });

  app.put<{ Params: { sha256: string } }>(
    '/ingest/v1/evidence/:sha256',
    { config, schema: { summary: 'Takes a part of an item (content-range)' }, bodyLimit: partBytes },
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
