/**
 * Routes of a restore from the page: the backup in parts, its passphrase, and the step that makes this box the restored
 * gateway. Behind the log-in, for people who may change things.
 *
 * Always: a part is bounded, and comes within the deadline of any request; a part that came twice or out of order is
 * answered with how much is here; the passphrase is in no log; a refusal has changed nothing (422, in words).
 */
import { ForpostError } from '@forpost/shared/errors.ts';
import type { Login } from '@forpost/shared/http/login.ts';
import { HttpProblem } from '@forpost/shared/http/problem.ts';
import { answer, closed, list, optional, problem } from '@forpost/shared/http/schema.ts';
import type { Api } from '@forpost/shared/http/typed-routes.ts';
import type { FastifyRequest } from 'fastify';
import Type from 'typebox';
import type { RestoreDesk } from './restore-desk.ts';

export interface RestoreRouteParts {
  readonly desk: RestoreDesk;
  readonly login: Pick<Login, 'sessionOf'>;
}

const act = { right: 'act' } as const;
export const longestPart = 1024 * 1024;
const longestBackup = 16 * 1024 ** 3;

const stateAnswer = answer({
  state: Type.Enum(['none', 'coming', 'here', 'staged'], {
    description: 'none: no backup; coming: a part of it; here: all of it; staged: unpacked beside the gateway',
  }),
  size: optional(Type.Number({ description: 'bytes of the whole backup' })),
  received: optional(Type.Number({ description: 'bytes that are here' })),
  staged: optional(
    answer({
      gateway: Type.String({ description: 'id of the gateway in the backup' }),
      site: Type.String({ description: 'its site' }),
      madeAt: Type.String({ description: 'when the backup was made, RFC 3339' }),
      machine: Type.String({ description: 'the machine on which it was made' }),
      unsent: Type.Number({ description: 'events in it that the centre did not have' }),
      problems: list(Type.String({ description: 'what keeps it from starting on this box' })),
    }),
  ),
});
const partQuery = Type.Object(
  {
    at: Type.Integer({ minimum: 0, maximum: longestBackup, description: 'where the part begins, in bytes; 0: anew' }),
    size: Type.Integer({ minimum: 1, maximum: longestBackup, description: 'bytes of the whole backup' }),
  },
  closed,
);
const stageBody = Type.Object(
  { passphrase: Type.String({ minLength: 1, maxLength: 1024, description: 'passphrase of the backup' }) },
  closed,
);
const refused = { 422: problem('the step is refused, and nothing was changed; `detail` says why') };

export function registerRestoreRoutes(app: Api, { desk, login }: RestoreRouteParts): void {
  const by = (request: FastifyRequest) => login.sessionOf(request)?.user ?? '';
  app.addContentTypeParser(
    'application/octet-stream',
    { parseAs: 'buffer', bodyLimit: longestPart },
    (_request, body, done) => done(null, body),
  );
  app.get(
    '/api/v1/restore',
    { config: act, schema: { summary: 'How far a restore on this box is', response: { 200: stateAnswer } } },
    () => desk.state(),
  );
  app.put(
    '/api/v1/restore/backup',
    {
      config: act,
      bodyLimit: longestPart,
      schema: {
        summary: 'Takes a part of a backup, 1 MiB at most (application/octet-stream)',
        querystring: partQuery,
        takes: { types: ['application/octet-stream'], description: 'the part: at most 1 MiB' },
        response: { 200: stateAnswer, ...refused },
      },
    },
    async ({ query: { at, size }, body }) =>
      inWords(desk.part(at, size, Buffer.isBuffer(body) ? body : Buffer.alloc(0))),
  );
  app.post(
    '/api/v1/restore/stage',
    {
      config: act,
      schema: {
        summary: 'Unpacks the backup beside the gateway, which goes on; a wrong passphrase changes nothing',
        body: stageBody,
        response: { 200: stateAnswer, ...refused },
      },
    },
    async ({ body }) => inWords(desk.stage(body.passphrase)),
  );
  app.post(
    '/api/v1/restore/take',
    {
      config: act,
      schema: {
        summary: 'Makes this box the restored gateway: the process ends, and its next start takes what is staged',
        response: { 200: stateAnswer, ...refused },
      },
    },
    async (request) => {
      const state = await inWords(desk.state());
      request.log.warn({ by: by(request) }, 'this box becomes the gateway of a backup, at a restart');
      await inWords(desk.commit());
      return state;
    },
  );
  app.delete(
    '/api/v1/restore',
    {
      config: act,
      schema: { summary: 'Removes the backup and what was unpacked', response: { 200: stateAnswer } },
    },
    () => desk.discard(),
  );
}

async function inWords<T>(asked: Promise<T>): Promise<T> {
  try {
    return await asked;
  } catch (error) {
    throw error instanceof ForpostError ? new HttpProblem(422, error.message) : error;
  }
}
