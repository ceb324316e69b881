/** Every fsync of the gateway takes 200 ms longer, as on a tired SD card. */
import { slowFsyncSource } from '../../bench/slow-disk.ts';
import { compileShim } from '../../harness/shim.ts';
import type { Scenario } from './scenario.ts';

const fsyncMs = 200;
export const slowFsync: Scenario = {
  name: 'slow-fsync',
  weight: 3,
  async prepare({ later }) {
    const shim = await compileShim(slowFsyncSource);
    later(shim.remove);
    return { env: { LD_PRELOAD: shim.file, SLOW_FSYNC_MS: String(fsyncMs) } };
  },
  async disturb({ count }) {
    count('slow_disks');
  },
};
