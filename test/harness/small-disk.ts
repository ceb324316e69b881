/**
 * A small file system for a test: a tmpfs, which only root on Linux can mount. A killed test leaves its mount behind.
 * So each mount names its process, and the next test that mounts a tmpfs unmounts those of dead processes and deletes
 * their temporary folders.
 *
 * Always: only mounts with such a name are unmounted, and only when their process is gone.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative, sep } from 'node:path';

const mark = 'forpost-test';
const temporaryPrefix = 'forpost-';

/** @param options of tmpfs(5), as `size=6m` @throws Error with the message of `mount` */
export function mountSmallDisk(folder: string, options: string): void {
  clearLeftDisks();
  mount(folder, options);
}

/** Why no small disk can be mounted on this machine; undefined where one can. */
export function withoutSmallDisk(): string | undefined {
  const folder = mkdtempSync(join(tmpdir(), temporaryPrefix));
  try {
    mount(folder, 'size=1m');
    unmountSmallDisk(folder);
    return undefined;
  } catch (error) {
    return `no tmpfs can be mounted here: ${String(error).split('\n')[0]}`;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Mounts the folder again with other options; its files stay. */
export function remountSmallDisk(folder: string, options: string): void {
  mount(folder, `remount,${options}`);
}

export function unmountSmallDisk(folder: string): void {
  execFileSync('umount', [folder], { stdio: 'pipe' });
}

function mount(folder: string, options: string): void {
  execFileSync('mount', ['-t', 'tmpfs', '-o', options, `${mark}:${process.pid}:${startOf(process.pid)}`, folder], {
    stdio: 'pipe',
  });
}

/** Unmounts what killed tests have left mounted. */
export function clearLeftDisks(): void {
  for (const folder of leftDisks()) {
    try {
      // lazily, because a process may still have a file open there
      execFileSync('umount', ['-l', folder], { stdio: 'pipe' });
      rmSync(temporaryFolderOf(folder), { recursive: true, force: true });
    } catch {
      // another test was quicker, or the mount belongs to another user
    }
  }
}

/** Folders of mounts whose processes are gone. */
export function leftDisks(): readonly string[] {
  return readFileSync('/proc/self/mounts', 'utf8')
    .split('\n')
    .flatMap((line) => {
      const [source = '', folder = '', kind] = line.split(' ');
      const [name, pid, start] = source.split(':');
      if (kind !== 'tmpfs' || name !== mark || pid === undefined || start === undefined) return [];
      return startOf(Number(pid)) === start ? [] : [folder];
    });
}

/** The temporary folder that contains the mount, or the mount's own folder. */
function temporaryFolderOf(folder: string): string {
  const [first = ''] = relative(tmpdir(), folder).split(sep);
  return first.startsWith(temporaryPrefix) && dirname(join(tmpdir(), first)) === tmpdir()
    ? join(tmpdir(), first)
    : folder;
}

/** When a process started, in clock ticks since boot (proc_pid_stat(5), field 22); empty where there is none. */
function startOf(pid: number): string {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // the process's name, in parentheses, may contain blanks and parentheses
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '';
  } catch {
    return '';
  }
}
