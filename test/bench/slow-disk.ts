/** The environment of a process with a slow fsync, by a shim compiled from slow-fsync.c. */

import { join } from 'node:path';
import { messageOf } from '@forpost/shared/errors.ts';
import { root } from '../harness/process.ts';
import { compileShim } from '../harness/shim.ts';
import { say } from './options.ts';

export interface SlowDisk {
  readonly env: NodeJS.ProcessEnv;
  remove(): Promise<void>;
}

export const slowFsyncSource = join(root, 'test/bench/slow-fsync.c');

/** undefined, with a message, without a compiler or LD_PRELOAD. */
export async function slowDisk(fsyncMs: number): Promise<SlowDisk | undefined> {
  try {
    const { file, remove } = await compileShim(slowFsyncSource);
    return { env: { LD_PRELOAD: file, SLOW_FSYNC_MS: String(fsyncMs) }, remove };
  } catch (error) {
    say(`a slow fsync is left out: ${messageOf(error)}`);
    return undefined;
  }
}
