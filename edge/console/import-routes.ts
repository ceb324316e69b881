/** The route that adds a list of devices with their credentials. Behind the log-in, and on the gateway's socket. */
import { HttpProblem } from '@forpost/shared/http/problem.ts';
import type { Api } from '@forpost/shared/http/typed-routes.ts';
import { message } from '@forpost/shared/texts/texts.ts';
import type { FastifyRequest } from 'fastify';
import type { ImportDoor } from '../devices/import-door.ts';
import type { Author } from '../site/revision.ts';
import { sendList } from './large-answer.ts';
import { importBody, importedAnswer, importRefusals, longestList } from './schemas/import.ts';

export interface ImportRouteParts {
  readonly devices: ImportDoor;
  /** who sent the request */
  readonly authorOf: (request: FastifyRequest) => Author;
}

export function registerImportRoute(app: Api, { devices, authorOf }: ImportRouteParts): void {
  app.post(
    '/api/v1/devices/import',
    {
      config: { right: 'act' },
      bodyLimit: 2 * longestList,
      schema: {
        summary: 'Adds a list of devices, all or none; the answer has a password for each, once',
        body: importBody,
        response: { 200: importedAnswer, ...importRefusals },
      },
    },
    async (request, reply) => {
      const { csv, check = false, why = '' } = request.body;
      const imported = await devices.importDevices({ csv, check, why, author: authorOf(request) });
      if ('problems' in imported) {
        const { problems } = imported;
        const count = problems.length;
        throw new HttpProblem(422, message('gateway/answer.list-refused', { count }), {}, { problems });
      }
      if ('conflict' in imported) {
        const { conflict, changes } = imported;
        throw new HttpProblem(412, conflict, {}, { changes });
      }
      if ('wouldAdd' in imported) return { added: imported.wouldAdd };
      const { added, revision } = imported;
      return sendList(reply, { added: added.length, revision }, 'logIns', added);
    },
  );
}
