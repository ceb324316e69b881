/** The two ways to a backup of a running gateway, and what a backup says about itself. */
import { createWriteStream, statSync } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { logIn } from '../../harness/centre.ts';
import { forpostWith } from '../../harness/forpost-command.ts';
import { type TestSite, testPassword } from '../../harness/site.ts';

const passphrase = 'five words of a fault run';

/** `forpost …`. Returns what it said. @throws Error with its words */
export const forpost = (args: readonly string[]) => forpostWith(passphrase, args);

/** POST /api/v1/backup, as the page does. */
export async function backUpOverPage({ httpPort }: TestSite, file: string): Promise<void> {
  const base = `http://127.0.0.1:${httpPort}`;
  const cookie = await logIn(base, 'installer', testPassword);
  const answer = await fetch(`${base}/api/v1/backup`, {
    method: 'POST',
    headers: { cookie, origin: base, 'content-type': 'application/json' },
    body: JSON.stringify({ passphrase }),
  });
  if (!answer.ok || answer.body === null) throw new Error(`the page's backup: ${answer.status} ${await answer.text()}`);
  await pipeline(Readable.fromWeb(answer.body), createWriteStream(file, { mode: 0o600 }));
}

/** The time that the backup names as its own, ms since 1970, and its size. */
export async function pointOf(file: string): Promise<{ readonly pointAt: number; readonly backupMb: number }> {
  const said = await forpost(['restore', file, '--check']);
  const [, time = ''] = / of (\d{4}-\S+)$/m.exec(said) ?? [];
  const pointAt = Date.parse(time);
  if (Number.isNaN(pointAt)) throw new Error(`a backup without a time: ${said}`);
  return { pointAt, backupMb: statSync(file).size / 1e6 };
}
