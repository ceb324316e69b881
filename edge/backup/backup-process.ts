/**
 * A backup for the page: `forpost backup` in a child process, whose standard output is the answer.
 *
 *   passphrase to its standard input ─► first bytes: the answer begins ─► … ─► its end
 *                                   └── ends before: its words are the refusal
 *
 * Always: the gateway's own process encrypts nothing, and the passphrase stands in no argument and no variable. The child
 * ends with the answer: where the page goes away, it cannot write on, tidies up and ends. Only one runs at a time, because the backup locks the data folder.
 */
import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Readable, Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { ForpostError } from '@forpost/shared/errors.ts';

/** @throws ForpostError FORPOST_BACKUP_FAILED, with the words of the command */
export type TakeBackup = (passphrase: string) => Promise<Readable>;

type Child = ChildProcessByStdio<Writable, Readable, Readable>;

const program = fileURLToPath(new URL('../../forpost.mjs', import.meta.url));
/** Of the words on standard error. */
const keptBytes = 4096;

/** @param config gateway.yaml */
export function backupProcess(config: string): TakeBackup {
  return async (passphrase) => {
    const child = spawn(process.execPath, [program, 'backup', '-', '--config', config, '--passphrase-file', '-'], {
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    // a child that ends at once does not read it
    child.stdin.on('error', () => undefined);
    child.stdin.end(passphrase);
    const words = wordsOf(child);
    await Promise.race([once(child.stdout, 'readable'), once(child, 'close'), once(child, 'error')]).catch(
      () => undefined,
    );
    if (child.stdout.readableLength === 0 && (await ended(child)) !== 0)
      throw new ForpostError('FORPOST_BACKUP_FAILED', words() || 'the backup could not be started');
    // an end in the middle is an error of the answer, so that nobody takes the part for a backup
    child.on('exit', (status) => {
      if (status !== 0) child.stdout.destroy(new ForpostError('FORPOST_BACKUP_FAILED', words()));
    });
    return child.stdout;
  };
}

function wordsOf({ stderr }: Child): () => string {
  let text = '';
  stderr.setEncoding('utf8').on('data', (chunk: string) => {
    text = (text + chunk).slice(-keptBytes);
  });
  return () => text.trim();
}

async function ended(child: Child): Promise<number | null> {
  if (child.exitCode === null && child.signalCode === null && child.pid !== undefined) await once(child, 'exit');
  return child.exitCode;
}
