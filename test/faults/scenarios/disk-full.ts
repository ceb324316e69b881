/**
 * Another program fills the outbox's disk, a small tmpfs, while devices publish, and frees it a while later. Needs the right to
 * mount (root).
 */
import { cp, mkdir, rm, statfs, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { mountSmallDisk, unmountSmallDisk } from '../../harness/small-disk.ts';
import { type Scenario, sleep } from './scenario.ts';

const diskMb = 48;
const diskIn = (folder: string) => join(folder, 'small-disk');

export const diskFull: Scenario = {
  name: 'disk-full',
  weight: 3,
  async prepare({ folder, later }) {
    const disk = diskIn(folder);
    await mkdir(disk, { recursive: true });
    mountSmallDisk(disk, `size=${diskMb}m`);
    later(async () => {
      // for the person who examines a failed run
      await cp(disk, `${disk}-as-it-was`, { recursive: true });
      unmountSmallDisk(disk);
    });
    return { data: join(disk, 'gateway') };
  },
  async disturb({ folder, random, loadMs, count, say }) {
    const times = random.int(1, 2);
    const litter = join(diskIn(folder), 'litter');
    for (let i = 0; i < times; i++) {
      await sleep(random.int(50, Math.ceil(loadMs / times)));
      await fill(litter, diskIn(folder), random.pick([0, 0, 4096, 65_536]));
      say('the disk is full');
      count('disks_filled');
      await sleep(random.int(100, 1200));
      await rm(litter, { force: true });
    }
  },
};

/** Leaves about `leftBytes`. */
async function fill(file: string, disk: string, leftBytes: number): Promise<void> {
  const { bavail, bsize } = await statfs(disk);
  const piece = Buffer.alloc(Math.max(0, bavail * bsize - leftBytes));
  // another writer may fill it first: it is full either way
  await writeFile(file, piece).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOSPC') throw error;
  });
}
