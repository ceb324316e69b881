/** A shim in front of a process's C library (LD_PRELOAD), compiled from one source file. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { runCommand } from '../../scripts/kafka/java.ts';

export interface Shim {
  /** path of the shared object; LD_PRELOAD separates several paths by ":" */
  readonly file: string;
  remove(): Promise<void>;
}

const compileWithinMs = 60_000;

/** `source`: path of a C file. @throws Error with the reason why this machine cannot make it: no Linux, no compiler */
export async function compileShim(source: string): Promise<Shim> {
  if (process.platform !== 'linux') throw new Error('it needs LD_PRELOAD, which is Linux');
  const folder = await mkdtemp(join(tmpdir(), 'forpost-shim-'));
  const remove = () => rm(folder, { recursive: true, force: true });
  const file = join(folder, `${basename(source, '.c')}.so`);
  const { code, output } = await runCommand('cc', ['-shared', '-fPIC', '-O2', '-o', file, source], compileWithinMs);
  if (code === 0) return { file, remove };
  await remove();
  throw new Error(`it needs a C compiler (${code}) ${output.trim().slice(0, 300)}`.trim());
}
