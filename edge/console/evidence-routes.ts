/**
 * Routes of evidence: the list of pictures and clips, and the files themselves. Behind the log-in; each view is an event.
 */

import { createReadStream } from 'node:fs';
import type { Login } from '@forpost/shared/http/login.ts';
import { HttpProblem } from '@forpost/shared/http/problem.ts';
import { sendFile } from '@forpost/shared/http/range.ts';
import { media, problem } from '@forpost/shared/http/schema.ts';
import type { Api } from '@forpost/shared/http/typed-routes.ts';
import { message } from '@forpost/shared/texts/texts.ts';
import { logInFirst } from './refusals.ts';
import { defaultListed, evidenceAnswer, evidenceParams, evidenceQuery } from './schemas/evidence.ts';
import type { ConsoleSource } from './source.ts';

export function registerEvidenceRoutes(
  app: Api,
  { source, login }: { readonly source: ConsoleSource; readonly login: Login },
): void {
  const config = { right: 'see' } as const;

  app.get(
    '/api/v1/evidence',
    {
      config,
      schema: {
        summary: 'Pictures and clips of alarms that are kept, newest first',
        querystring: evidenceQuery,
        response: { 200: evidenceAnswer },
      },
    },
    async ({ query: { alarm, limit = defaultListed } }) => ({ evidence: source.evidence(limit, alarm) }),
  );

  app.get(
    '/api/v1/evidence/:id',
    {
      config,
      schema: {
        summary: 'One picture or clip; supports range requests; each view is an event',
        params: evidenceParams,
        response: {
          200: media('the file', 'image/jpeg', 'video/mp4'),
          206: media('the requested part of the file', 'image/jpeg', 'video/mp4'),
          404: problem('the picture or clip is not kept any more'),
          416: problem('the file has no such part'),
        },
      },
    },
    async (request, reply) => {
      const by = login.sessionOf(request)?.user;
      if (by === undefined) throw new HttpProblem(401, logInFirst);
      const found = source.viewEvidence(request.params.id, by);
      if (found === undefined) throw new HttpProblem(404, message('gateway/answer.no-evidence'));
      const { path, record } = found;
      return sendFile(reply, request.headers.range, record, (part) => createReadStream(path, part));
    },
  );
}
