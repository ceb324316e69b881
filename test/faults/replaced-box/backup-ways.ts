/** The two ways to a backup of a running gateway, and what a backup says about itself. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream, statSync } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { logIn } from '../../harness/centre.ts';
import { root } from '../../harness/process.ts';
import { type TestSite, testPassword } from '../../harness/site.ts';

const passphrase = 'five words of a fault run';

/** `forpost …`, with the passphrase in its environment. @returns what it said @throws Error with its words */
export async function forpost(args: readonly string[]): Promise<string> {
  const child = spawn(process.execPath, ['forpost.mjs', ...args, '--passphrase-env', 'FORPOST_PASSPHRASE'], {
    cwd: root,
    env: { ...process.env, FORPOST_PASSPHRASE: passphrase },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (said += String(chunk)));
  const [status] = await once(child, 'close');
  if (status !== 0) throw new Error(`forpost ${args.join(' ')} ended with ${status}: ${said}`);
  return said;
}

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
