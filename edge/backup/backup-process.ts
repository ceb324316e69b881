/**
 * A backup for the page: `forpost backup` in a child process, whose standard output is the answer.
 *
 *   passphrase to its standard input ─► first bytes: the answer begins ─► … ─► child ends with 0: the answer ends
 *                                   │                                     └── ends otherwise: the answer fails
 *                                   └── ends before: its words are the refusal
 *
 * Always: the gateway's own process encrypts nothing, and the passphrase stands in no argument and no variable. The answer
 * has every byte of the child, however late it is read, and it ends well only after the child has ended well: a part is
 * never taken for a backup. A child whose page disconnects cannot write on, tidies up and ends. Only one runs at a
 * time, because the backup locks the data folder.
 */
import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { pipeline, type Readable, Transform, type Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { ForpostError } from '@forpost/shared/errors.ts';

/** @throws ForpostError FORPOST_BACKUP_FAILED, with the words of the command */
export type TakeBackup = (passphrase: string) => Promise<Readable>;

type Child = ChildProcessByStdio<Writable, Readable, Readable>;

const program = fileURLToPath(new URL('../../forpost.mjs', import.meta.url));
/** Bytes of standard error that are kept. */
const keptBytes = 4096;

/** @param config gateway.yaml */
export function backupProcess(config: string): TakeBackup {
  return async (passphrase) => {
    const child = spawn(process.execPath, [program, 'backup', '-', '--config', config, '--passphrase-file', '-'], {
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    // a child that ends at once does not read the passphrase
    child.stdin.on('error', () => undefined);
    child.stdin.end(passphrase);
    const words = wordsOf(child);
    const answer = answerOf(child, words);
    // the answer reports the error
    await Promise.race([once(answer, 'readable'), once(child, 'close'), once(child, 'error')]).catch(() => undefined);
    if (answer.readableLength === 0 && (await ended(child)) !== 0)
      throw new ForpostError('FORPOST_BACKUP_FAILED', words() || 'the backup could not be started');
    return answer;
  };
}

/**
 * The child's standard output, and an error in place of its end where the child fails.
 *
 * It is read into a stream of its own from the start: when a child exits, Node discards its standard output
 * unless it is being read by then.
 */
function answerOf(child: Child, words: () => string): Readable {
  const answer = new Transform({
    transform: (chunk, _encoding, passOn) => passOn(null, chunk),
    flush: (end) => {
      void ended(child).then((status) =>
        end(status === 0 ? null : new ForpostError('FORPOST_BACKUP_FAILED', words() || 'the backup was cut off')),
      );
    },
  });
  pipeline(child.stdout, answer, () => undefined);
  return answer;
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
