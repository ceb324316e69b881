/**
 * Where the cameras' rings lie: in memory, in a folder that only this user can open, one for each gateway on the
 * machine. /dev/shm is the usual place; a container may have a small one or none, and then the next memory file system
 * counts: systemd's RuntimeDirectory, the user's runtime folder, a /tmp in memory.
 *
 * Always: nothing is recorded to a disk all day long (it would wear an SD card out); a folder that is somebody else's, or
 * a link, is not used; what a process before this one left is deleted first, wherever it was; the rings together take at
 * most a quarter of what is free there. Without such a place there are no clips, and that is said with what to do;
 * pictures there are all the same.
 */
import { createHash } from 'node:crypto';
import { lstatSync, mkdirSync, rmSync, type StatsFs, statfsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { messageOf } from '@forpost/shared/errors.ts';

const mostBytesEach = 32 * 1024 ** 2;
const leastBytesEach = 2 * 1024 ** 2;
const part = 0.25;
/** statfs(2): TMPFS_MAGIC, RAMFS_MAGIC */
const memoryTypes = [0x01021994, 0x858458f6];

export type RingFolder =
  | { readonly path: string; readonly maxBytesEach: number }
  /** why nothing can be recorded, in words */
  | { readonly problem: string };

/** Places that may be in memory, the best one first. */
export function memoryRoots({ RUNTIME_DIRECTORY, XDG_RUNTIME_DIR }: NodeJS.ProcessEnv = process.env): string[] {
  // systemd names several with colons between
  const own = RUNTIME_DIRECTORY?.split(':') ?? [];
  return [...new Set(['/dev/shm', ...own, XDG_RUNTIME_DIR ?? '', '/run', tmpdir()])].filter((root) => root !== '');
}

/**
 * `owner`: what tells gateways of one machine apart, as the path of its data. `roots`: other places, for tests.
 * `statfs`: what is known of a place's file system.
 */
export function ringFolder(
  owner: string,
  cameras: number,
  roots: readonly string[] = memoryRoots(),
  statfs: (path: string) => Pick<StatsFs, 'type' | 'bavail' | 'bsize'> = statfsSync,
): RingFolder {
  const problems: string[] = [];
  for (const root of roots) {
    const found = ringIn(root, owner, cameras, statfs);
    if ('path' in found) return found;
    problems.push(found.problem);
  }
  return {
    problem: `no clips are recorded: ${problems.join('; ')}. Give the gateway memory for them, 128 MB or more (Docker: --shm-size=128m; Kubernetes: an emptyDir with medium Memory at /dev/shm)`,
  };
}

function ringIn(
  root: string,
  owner: string,
  cameras: number,
  statfs: (path: string) => Pick<StatsFs, 'type' | 'bavail' | 'bsize'>,
): RingFolder {
  const path = ringPath(owner, root);
  try {
    const { type, bavail, bsize } = statfs(root);
    if (!memoryTypes.includes(type)) return { problem: `${root} is not in memory` };
    removeOwn(path);
    const each = Math.min(mostBytesEach, (bavail * bsize * part) / Math.max(1, cameras));
    if (each < leastBytesEach) return { problem: `${root} has ${Math.floor((bavail * bsize) / 1024 ** 2)} MB free` };
    mkdirSync(path, { mode: 0o700 });
    return { path, maxBytesEach: each };
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return { problem: `${root} is not there` };
    if (code === 'EACCES' || code === 'EPERM' || code === 'EROFS') return { problem: `${root} cannot be written to` };
    return { problem: messageOf(error) };
  }
}

/** The same folder for the same owner: whoever ends a vision process can find what it left. */
export function ringPath(owner: string, root: string): string {
  const name = createHash('sha256').update(owner).digest('hex').slice(0, 16);
  return join(root, `forpost-ring-${process.getuid?.() ?? 0}-${name}`);
}

/** Deletes what was recorded for this owner, wherever that was. @throws Error where it cannot be deleted */
export function removeRings(owner: string, roots: readonly string[] = memoryRoots()): void {
  for (const root of roots) removeOwn(ringPath(owner, root));
}

/** @throws Error where it is there and not ours */
export function removeOwn(path: string): void {
  const status = lstatSync(path, { throwIfNoEntry: false });
  if (status === undefined) return;
  if (!status.isDirectory() || status.uid !== (process.getuid?.() ?? status.uid))
    throw new Error(`${path} is not a folder of this user`);
  rmSync(path, { recursive: true, force: true });
}
