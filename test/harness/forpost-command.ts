/** The command line as a person runs it: a process of its own, with a passphrase in its environment. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { root } from './process.ts';

/** `forpost …`. Returns what it said. @throws Error with its words where it fails */
export async function forpostWith(passphrase: string, args: readonly string[]): Promise<string> {
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
