import { Readable } from 'node:stream';
import { ForpostError } from '@forpost/shared/errors.ts';
import { registerProblems } from '@forpost/shared/http/problem.ts';
import type { TypeBoxTypeProvider } from '@forpost/shared/http/typed-routes.ts';
import { useSchemas } from '@forpost/shared/http/validation.ts';
import Fastify from 'fastify';
import { expect, onTestFinished, test } from 'vitest';
import { registerBackupRoute } from './backup-route.ts';

const asked: string[] = [];

function rig(answer: () => Readable) {
  asked.length = 0;
  const app = Fastify();
  onTestFinished(() => app.close());
  registerProblems(app);
  useSchemas(app);
  registerBackupRoute(app.withTypeProvider<TypeBoxTypeProvider>(), {
    takeBackup: async (passphrase) => {
      asked.push(passphrase);
      return answer();
    },
    login: { sessionOf: () => undefined },
    gateway: 'gw-1',
  });
  return (passphrase: unknown) => app.inject({ method: 'POST', url: '/api/v1/backup', payload: { passphrase } });
}

test('a backup is a file with the gateway’s name, and no browser keeps a copy of it', async () => {
  const post = rig(() => Readable.from([Buffer.from('age'), Buffer.from('…')]));
  const answer = await post('five words are enough');
  expect([answer.statusCode, answer.body]).toEqual([200, 'age…']);
  expect(answer.headers).toMatchObject({
    'content-type': 'application/octet-stream',
    'content-disposition': 'attachment; filename="gw-1.tar.age"',
    'cache-control': 'no-store',
  });
  expect(asked).toEqual(['five words are enough']);
});

test('a short passphrase is refused at its field, and a backup that cannot be made with the reason', async () => {
  const failing = rig(() => {
    throw new ForpostError('FORPOST_BACKUP_FAILED', 'another backup is running: wait for its end');
  });
  const short = await failing('short');
  expect([short.statusCode, short.json().detail]).toEqual([400, expect.stringContaining('passphrase')]);
  expect(asked).toEqual([]);
  const answer = await failing('five words are enough');
  expect([answer.statusCode, answer.json().detail]).toEqual([503, 'another backup is running: wait for its end']);
});
