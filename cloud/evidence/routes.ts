/** Evidence for people: they ask a gateway for a picture or a clip and view it. Each viewing is recorded first. */
import { createReadStream } from 'node:fs';
import { ForpostError } from '@forpost/shared/errors.ts';
import { HttpProblem, tryAgainIn } from '@forpost/shared/http/problem.ts';
import { sendFile } from '@forpost/shared/http/range.ts';
import { idParams, media, problem } from '@forpost/shared/http/schema.ts';
import { recognisedOr } from '@forpost/shared/texts/recognise.ts';
import { message } from '@forpost/shared/texts/texts.ts';
import type { Api, Caller } from '../api/capability.ts';
import type { CommandDesk } from '../commands/desk.ts';
import type { EvidenceAudit } from './audit.ts';
import { belongsTo, type DepotRecord, type EvidenceDepot } from './depot.ts';
import { askBody, type EvidenceView, evidenceView, fileParams, fileQuery, listAnswer, listQuery } from './schemas.ts';

/** A site may be offline for days; a command holds for a day at most. */
const validMs = 86_400_000;
const retryMs = 5_000;

export function addAskRoutes(
  api: Api,
  caller: Caller,
  depot: EvidenceDepot,
  desk: Pick<CommandDesk, 'assertAccepts' | 'issue'>,
): void {
  api.post(
    '/api/v1/gateways/:id/evidence',
    {
      config: { right: 'act' },
      schema: {
        summary: 'Asks a gateway for a picture or a clip of an alarm; it comes when the site is connected',
        params: idParams,
        body: askBody,
        response: {
          202: evidenceView,
          404: problem('no such gateway is known'),
          409: problem('the gateway takes no command of this centre'),
          429: problem('too many pictures or commands are on their way to this gateway'),
        },
      },
    },
    async (request, reply) => {
      const { id } = request.params;
      const { body } = request;
      const by = caller.person(request);
      const { media: kind = 'image/jpeg', ...wanted } = body;
      desk.assertAccepts(id);
      const record = await depot.request({ ...wanted, media: kind, gateway: id, by });
      // asked again while nothing has come: the command before may have expired, or met a gateway that could not send
      if (record.arrived === null)
        await desk.issue({
          gateway: id,
          kind: 'evidence',
          author: by,
          validMs,
          arguments: { evidence: body.evidence, sha256: body.sha256 },
        });
      return reply.code(202).send(viewOf(record, depot));
    },
  );

  api.get(
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
}

export function addFileRoute(api: Api, caller: Caller, depot: EvidenceDepot, audit: EvidenceAudit): void {
  api.get(
    '/api/v1/gateways/:id/evidence/:sha256',
    {
      config: { right: 'see' },
      schema: {
        summary: 'The picture or the clip itself',
        params: fileParams,
        querystring: fileQuery,
        response: {
          200: media('the file', 'image/jpeg', 'video/mp4'),
          206: media('the requested part of the file', 'image/jpeg', 'video/mp4'),
          404: problem('the picture or clip is not at the centre (yet)'),
          416: problem('the file has no such part'),
        },
      },
    },
    async (request, reply) => {
      const { id, sha256: hash } = request.params;
      const record = depot.get(id, hash);
      if (record === undefined || record.arrived === null)
        throw new HttpProblem(404, message('centre/reason.evidence-not-here'));
      const by = caller.person(request);
      const { alarm: named = record.alarm } = request.query;
      const alarm = belongsTo(record, named) ? named : record.alarm;
      try {
        await audit.recordViewing({ by, gateway: id, evidence: record.evidence, sha256: hash, alarm });
      } catch (error) {
        if (!(error instanceof ForpostError)) throw error;
        request.log.warn({ by, gateway: id, why: error.message }, 'a look at evidence could not be written down');
        throw tryAgainIn(
          503,
          retryMs,
          message('centre/reason.look-not-noted', { reason: recognisedOr(error.message) }),
        );
      }
      return sendFile(reply, request.headers.range, record, (part) => createReadStream(depot.pathOf(record), part));
    },
  );
}

function viewOf(record: DepotRecord, depot: EvidenceDepot): EvidenceView {
  const { gateway: _, ...view } = record;
  return { ...view, received: depot.received(record) };
}
