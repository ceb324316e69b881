/** /ingest/v1/evidence: a gateway delivers a picture or a clip in parts, and goes on where it was. */
import { HttpProblem } from '@forpost/shared/http/problem.ts';
import { contentRange } from '@forpost/shared/http/range.ts';
import { answer, problem } from '@forpost/shared/http/schema.ts';
import type { TypeBoxTypeProvider } from '@forpost/shared/http/typed-routes.ts';
import { message } from '@forpost/shared/texts/texts.ts';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import Type from 'typebox';
import type { EvidenceDepot } from './depot.ts';
import { sha256Schema } from './schemas.ts';

const partBytes = 1024 ** 2;

const itemParams = Type.Object({ sha256: sha256Schema });
const stateAnswer = answer({
  received: Type.Integer({ description: 'bytes that have arrived' }),
  size: Type.Integer({ description: 'bytes of the whole file' }),
});
const notAsked = problem('nobody asked this gateway for the file');

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
  const api = app.withTypeProvider<TypeBoxTypeProvider>();
  api.get(
    '/ingest/v1/evidence/:sha256',
    {
      config,
      schema: {
        summary: 'How many bytes of a picture or clip have arrived',
        params: itemParams,
        response: { 200: stateAnswer, 404: notAsked },
      },
    },
    async (request) => {
      const record = depot.get(gatewayOf(request), request.params.sha256);
      if (record === undefined) throw new HttpProblem(404, message('reason/receiver.not-asked'));
      return { received: depot.received(record), size: record.size };
    },
  );

  api.put(
    '/ingest/v1/evidence/:sha256',
    {
      config,
      schema: {
        summary: 'Takes a part of a picture or clip',
        description: 'The header `content-range: bytes FIRST-LAST/TOTAL` says which part it is.',
        params: itemParams,
        takes: { types: ['application/octet-stream'], description: `the part: at most ${partBytes} bytes` },
        response: {
          200: stateAnswer,
          404: notAsked,
          409: problem('another part is next: the header `upload-offset` says from which byte on'),
          422: problem('the whole file has another SHA-256'),
        },
      },
      bodyLimit: partBytes,
    },
    async (request) => {
      const range = contentRange(request.headers['content-range']);
      const body = request.body instanceof Buffer ? request.body : Buffer.alloc(0);
      if (range === undefined || body.length === 0 || range.end - range.start + 1 !== body.length)
        throw new HttpProblem(400, message('reason/receiver.content-range'));
      const gateway = gatewayOf(request);
      const received = await depot.receivePart(gateway, request.params.sha256, range.start, range.total, body);
      return { received, size: range.total };
    },
  );
}
