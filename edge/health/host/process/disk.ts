/**
 * The file system of the data folder: room, files, whether the kernel made it read-only, errors in it.
 *
 * Sources: statfs(2); /proc/self/mountinfo (proc(5)); /sys/fs/ext4/<partition>/errors_count
 * (Documentation/ABI/testing/sysfs-fs-ext4), which survives a reboot. ext4 remounts itself read-only after an error
 * where it was mounted so (ext4(5), errors=remount-ro).
 */
import { statfs } from 'node:fs/promises';
import { words } from '@forpost/shared/texts/english.ts';
import type { Disk, Known } from '../reading.ts';
import type { Root } from './root.ts';

/** Sizes of a file system, as statfs(2) tells them. */
export interface FileSystemSizes {
  readonly bsize: number;
  readonly blocks: number;
  readonly bavail: number;
  readonly files: number;
  readonly ffree: number;
}

export type StatFs = (path: string) => Promise<FileSystemSizes>;

export interface Mount {
  readonly point: string;
  readonly type: string;
  readonly readOnly: boolean;
  /** "179:2" */
  readonly number: string;
}

/** `folder`: the data folder, without links in its path. */
export async function disk(root: Root, folder: string, sizes: StatFs = statfs): Promise<Known<Disk>> {
  const [found, mount] = await Promise.all([sizes(folder).catch(() => undefined), mountOf(root, folder)]);
  if (found === undefined) return { unknown: words('gateway/reason.host-no-folder') };
  const errors = mount === undefined ? undefined : await fileSystemErrors(root, mount);
  // btrfs and FAT have no fixed number of files and tell 0
  const files = found.files > 0 ? { files: found.files, filesFree: found.ffree } : {};
  return {
    mount: mount?.point ?? folder,
    type: mount?.type ?? '',
    total: found.blocks * found.bsize,
    available: found.bavail * found.bsize,
    ...files,
    readOnly: mount?.readOnly ?? false,
    ...(errors === undefined ? {} : { errors }),
  };
}

/** The mount that holds `folder`: the longest mount point above it; of several on one point the newest. */
export async function mountOf(root: Root, folder: string): Promise<Mount | undefined> {
  const table = (await root.text('/proc/self/mountinfo')) ?? '';
  let best: Mount | undefined;
  for (const line of table.split('\n')) {
    const mount = mountIn(line);
    if (mount === undefined || !holds(mount.point, folder)) continue;
    if (best === undefined || mount.point.length >= best.point.length) best = mount;
  }
  return best;
}

/** `36 35 98:0 /mnt1 /mnt2 rw,noatime master:1 - ext3 /dev/root rw,errors=continue` (proc(5)) */
function mountIn(line: string): Mount | undefined {
  const [before = '', after = ''] = line.split(' - ');
  const [, , number, , point, options = ''] = before.split(' ');
  const [type = '', , superOptions = ''] = after.split(' ');
  if (number === undefined || point === undefined) return undefined;
  const readOnly = [options, superOptions].some((list) => list.split(',').includes('ro'));
  return { point: unescaped(point), type, readOnly, number };
}

/** The kernel writes space, tab, newline and backslash as octal numbers. */
function unescaped(text: string): string {
  return text.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)));
}

function holds(point: string, folder: string): boolean {
  return point === '/' || folder === point || folder.startsWith(`${point}/`);
}

async function fileSystemErrors(root: Root, { type, number }: Mount): Promise<number | undefined> {
  if (type !== 'ext4') return undefined;
  const device = (await root.target(`/sys/dev/block/${number}`))?.split('/').at(-1);
  return device === undefined ? undefined : root.number(`/sys/fs/ext4/${device}/errors_count`);
}
