/** The environment of a process whose fsync is slow, by a shim that the C compiler makes of slow-fsync.c. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runCommand } from '../../scripts/kafka/java.ts';
import { root } from '../harness/process.ts';
import { say } from './options.ts';

export interface SlowDisk {
  readonly env: NodeJS.ProcessEnv;
  remove(): Promise<void>;
}

const compileWithinMs = 60_000;

/** undefined, and a line that says so, where there is no compiler or no LD_PRELOAD. */
export async function slowDisk(fsyncMs: number): Promise<SlowDisk | undefined> {
  if (process.platform !== 'linux') {
    say('a slow fsync needs LD_PRELOAD, which is Linux: left out');
    return undefined;
  }
  const folder = await mkdtemp(join(tmpdir(), 'forpost-slow-disk-'));
  const remove = () => rm(folder, { recursive: true, force: true });
  const shim = join(folder, 'slow-fsync.so');
  const source = join(root, 'test/bench/slow-fsync.c');
  const { code, output } = await runCommand('cc', ['-shared', '-fPIC', '-O2', '-o', shim, source], compileWithinMs);
  if (code !== 0) {
    await remove();
    say(`a slow fsync needs a C compiler (${code}) ${output.trim().slice(0, 300)}: left out`);
    return undefined;
  }
  return { env: { LD_PRELOAD: shim, SLOW_FSYNC_MS: String(fsyncMs) }, remove };
}
