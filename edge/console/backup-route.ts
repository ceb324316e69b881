/**
 * The route that makes a backup for the page: an encrypted file, streamed as the answer. Behind the log-in, for people who
 * may change things.
 *
 * Always: the passphrase is in no log. A backup that cannot begin is refused in words (503); one that fails on its way ends
 * the connection, so that the browser takes no part for a whole backup.
 */
import type { Readable } from 'node:stream';
import { ForpostError } from '@forpost/shared/errors.ts';
import type { Login } from '@forpost/shared/http/login.ts';
import { HttpProblem } from '@forpost/shared/http/problem.ts';
import { closed, media, problem } from '@forpost/shared/http/schema.ts';
import type { Api } from '@forpost/shared/http/typed-routes.ts';
import Type from 'typebox';

export interface BackupRouteParts {
  /** @throws ForpostError with the reason in words */
  readonly takeBackup: (passphrase: string) => Promise<Readable>;
  readonly login: Pick<Login, 'sessionOf'>;
  readonly gateway: string;
}

/** The least length at the command line, too. */
const leastLength = 12;

const body = Type.Object(
  {
    passphrase: Type.String({
      minLength: leastLength,
      maxLength: 1024,
      description: 'passphrase of the file; it is kept nowhere',
    }),
  },
  closed,
);

export function registerBackupRoute(app: Api, { takeBackup, login, gateway }: BackupRouteParts): void {
  app.post(
    '/api/v1/backup',
    {
      config: { right: 'act' },
      schema: {
        summary:
          'Makes a backup: configuration, secrets, keys and unsent events in one file, encrypted with a passphrase',
        body,
        response: {
          200: media('the backup, as `forpost backup` writes it', 'application/octet-stream'),
          503: problem('the backup cannot be made now; `detail` says why'),
        },
      },
    },
    async (request, reply) => {
      const by = login.sessionOf(request)?.user ?? '';
      const stream = await takeBackup(request.body.passphrase).catch((error: unknown) => {
        throw error instanceof ForpostError ? new HttpProblem(503, error.message) : error;
      });
      request.log.info({ by }, 'a backup of the gateway is sent');
      const answer: unknown = stream;
      return reply
        .type('application/octet-stream')
        .header('content-disposition', `attachment; filename="${gateway}.tar.age"`)
        .header('cache-control', 'no-store')
        .send(answer as Uint8Array);
    },
  );
}
