/**
 * Chooses the folder of the cameras' rings: in memory, readable only by this user, one for each gateway on the machine.
 * /dev/shm is the usual place. A container may have a small one or none; then the next file system in memory is used:
 * systemd's RuntimeDirectory, the user's runtime folder, or a /tmp in memory.
 *
 * Always:
 * - continuous recording never goes to a disk, because that would wear out an SD card
 * - a folder of another user, or a link, is not used
 * - files that an earlier process left are deleted first, in all these places
 * - the rings together take at most a quarter of the free memory there
 * Without such a place alarms have pictures but no clips, and the problem says what to do.
 */

import { createHash } from 'node:crypto';
import { lstatSync, mkdirSync, rmSync, type StatsFs, statfsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { messageOf } from '@forpost/shared/errors.ts';
import { noWords, type Words, words } from '@forpost/shared/texts/english.ts';

const mostBytesEach = 32 * 1024 ** 2;
const leastBytesEach = 2 * 1024 ** 2;
const part = 0.25;
/** statfs(2): TMPFS_MAGIC, RAMFS_MAGIC */
const memoryTypes = [0x01021994, 0x858458f6];

export type RingFolder =
  | { readonly path: string; readonly maxBytesEach: number }
  /** why nothing can be recorded, as text */
  | { readonly problem: Words };

/** Places that may be in memory, the best one first. */
export function memoryRoots({ RUNTIME_DIRECTORY, XDG_RUNTIME_DIR }: NodeJS.ProcessEnv = process.env): string[] {
  // systemd separates several directories with colons
  const own = RUNTIME_DIRECTORY?.split(':') ?? [];
  return [...new Set(['/dev/shm', ...own, XDG_RUNTIME_DIR ?? '', '/run', tmpdir()])].filter((root) => root !== '');
}

/**
 * `owner`: identifies a gateway on this machine, such as the path of its data. `roots` and `statfs`: other places and
 * other file systems, for tests.
 */
export function ringFolder(
  owner: string,
  cameras: number,
  roots: readonly string[] = memoryRoots(),
  statfs: (path: string) => Pick<StatsFs, 'type' | 'bavail' | 'bsize'> = statfsSync,
): RingFolder {
  const problems: Words[] = [];
  for (const root of roots) {
    const found = ringIn(root, owner, cameras, statfs);
    if ('path' in found) return found;
    problems.push(found.problem);
  }
  return {
    problem: words('gateway/problem.no-clips', { what: joined(problems) }),
  };
}

/** The problems of all places as one text. */
function joined(problems: readonly Words[]): Words {
  const [first = noWords, ...others] = problems;
  return others.length === 0 ? first : words('gateway/reason.two', { reason: first, what: joined(others) });
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
    if (!memoryTypes.includes(type)) return { problem: words('gateway/reason.not-in-memory', { folder: root }) };
    removeOwn(path);
    const each = Math.min(mostBytesEach, (bavail * bsize * part) / Math.max(1, cameras));
    if (each < leastBytesEach)
      return {
        problem: words('gateway/reason.little-memory', {
          folder: root,
          size: Math.floor((bavail * bsize) / 1024 ** 2),
        }),
      };
    mkdirSync(path, { mode: 0o700 });
    return { path, maxBytesEach: each };
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return { problem: words('gateway/problem.file-not-there', { file: root }) };
    if (code === 'EACCES' || code === 'EPERM' || code === 'EROFS')
      return { problem: words('gateway/reason.closed-folder', { folder: root }) };
    return { problem: words('gateway/reason.of', { name: root, reason: messageOf(error) }) };
  }
}

/**
 * Room for one camera's ring: a camera added while the process runs takes at most a quarter of the memory free then.
 * 0: too little is free for a recording.
 */
export function ringBytes(
  { path, maxBytesEach }: Extract<RingFolder, { path: string }>,
  statfs: (path: string) => Pick<StatsFs, 'bavail' | 'bsize'> = statfsSync,
): number {
  const { bavail, bsize } = statfs(path);
  const most = Math.min(maxBytesEach, bavail * bsize * part);
  return most < leastBytesEach ? 0 : most;
}

/** The folder of this owner, always the same, so that the supervisor finds what an ended vision process left. */
export function ringPath(owner: string, root: string): string {
  const name = createHash('sha256').update(owner).digest('hex').slice(0, 16);
  return join(root, `forpost-ring-${process.getuid?.() ?? 0}-${name}`);
}

/** Deletes this owner's recordings in all places. @throws Error if a folder cannot be deleted */
export function removeRings(owner: string, roots: readonly string[] = memoryRoots()): void {
  for (const root of roots) removeOwn(ringPath(owner, root));
}

/** Deletes a folder of this user. @throws Error if `path` belongs to another user or is not a folder */
export function removeOwn(path: string): void {
  const status = lstatSync(path, { throwIfNoEntry: false });
  if (status === undefined) return;
  if (!status.isDirectory() || status.uid !== (process.getuid?.() ?? status.uid))
    throw new Error(`${path} is not a folder of this user`);
  rmSync(path, { recursive: true, force: true });
}
