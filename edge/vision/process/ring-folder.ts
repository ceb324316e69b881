/**
 * Where the cameras' rings lie: in memory, under /dev/shm, in a folder that only this user can open, one for each
 * gateway on the machine.
 *
 * Always: a folder that is somebody else's, or a link, is not used; what a process before this one left is deleted
 * first; the rings together take at most a quarter of what is free there. Without such a place there are no clips, and
 * that is said; pictures there are all the same.
 */
import { createHash } from 'node:crypto';
import { lstatSync, mkdirSync, rmSync, statfsSync } from 'node:fs';
import { join } from 'node:path';
import { messageOf } from '@forpost/shared/errors.ts';

const memory = '/dev/shm';
const mostBytesEach = 32 * 1024 ** 2;
const leastBytesEach = 2 * 1024 ** 2;
const part = 0.25;

export type RingFolder =
  | { readonly path: string; readonly maxBytesEach: number }
  /** why nothing can be recorded, in words */
  | { readonly problem: string };

/** `owner`: what tells gateways of one machine apart, as the path of its data. `root`: another place, for tests. */
export function ringFolder(owner: string, cameras: number, root = memory): RingFolder {
  const path = ringPath(owner, root);
  try {
    removeOwn(path);
    mkdirSync(path, { mode: 0o700 });
    const { bavail, bsize } = statfsSync(path);
    const each = Math.min(mostBytesEach, (bavail * bsize * part) / Math.max(1, cameras));
    if (each < leastBytesEach) return { problem: `no clips are recorded: too little memory is free in ${root}` };
    return { path, maxBytesEach: each };
  } catch (error) {
    return { problem: `no clips are recorded: ${messageOf(error)}` };
  }
}

/** The same folder for the same owner: whoever ends a vision process can find what it left. */
export function ringPath(owner: string, root = memory): string {
  const name = createHash('sha256').update(owner).digest('hex').slice(0, 16);
  return join(root, `forpost-ring-${process.getuid?.() ?? 0}-${name}`);
}

/** @throws Error where it is there and not ours */
export function removeOwn(path: string): void {
  const status = lstatSync(path, { throwIfNoEntry: false });
  if (status === undefined) return;
  if (!status.isDirectory() || status.uid !== (process.getuid?.() ?? status.uid))
    throw new Error(`${path} is not a folder of this user`);
  rmSync(path, { recursive: true, force: true });
}
