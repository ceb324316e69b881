/**
 * Unpacks a backup for the page: `forpost restore --json` in a child process, which needs 128 MiB for the passphrase and
 * may be killed without harm.
 *
 * Always: the passphrase goes to its standard input and stands in no argument.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { ForpostError } from '@forpost/shared/errors.ts';
import { words } from '@forpost/shared/texts/english.ts';
import type { StagedRestore } from '../console/restore-desk.ts';

const program = fileURLToPath(new URL('../../forpost.mjs', import.meta.url));
const keptLetters = 65_536;

/** @throws ForpostError FORPOST_BACKUP_INVALID with the words of the command */
export async function unpackBackup(
  file: string,
  folder: string,
  data: string,
  passphrase: string,
): Promise<StagedRestore> {
  const options = ['--data', data, '--passphrase-file', '-', '--json'];
  const child = spawn(process.execPath, [program, 'restore', file, folder, ...options], {
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  // a child that ends at once does not read the passphrase
  child.stdin.on('error', () => undefined);
  child.stdin.end(passphrase);
  const [answer, complaint] = [collected(child.stdout), collected(child.stderr)];
  const [status] = (await once(child, 'close')) as [number | null];
  if (status !== 0) throw refusal(complaint().trim());
  return JSON.parse(answer()) as StagedRestore;
}

function refusal(reason: string): ForpostError {
  const sentence = reason.includes('the passphrase is not that of')
    ? words('gateway/reason.restore-passphrase')
    : words('gateway/reason.restore-refused', { reason: reason.split('\n', 1)[0] ?? '' });
  return new ForpostError('FORPOST_BACKUP_INVALID', sentence);
}

function collected(stream: NodeJS.ReadableStream): () => string {
  let text = '';
  stream.setEncoding('utf8').on('data', (chunk: string) => {
    text = (text + chunk).slice(-keptLetters);
  });
  return () => text;
}
