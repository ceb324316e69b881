/**
 * A small file system for a test: a tmpfs, which takes root on Linux. Where the test is killed nobody unmounts it; so
 * each mount says in its name which process it belongs to, and the next test that mounts one takes those of dead ones
 * away, with their temporary folders.
 *
 * Always: nothing is taken away but what bears that name and whose process is surely gone.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative, sep } from 'node:path';

const mark = 'forpost-test';
const temporaryPrefix = 'forpost-';

/** @throws with what `mount` says. `options`: of tmpfs(5), as `size=6m` */
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

/** The same folder again with other options. */
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

/** Takes away what killed tests have left mounted. */
export function clearLeftDisks(): void {
  for (const folder of leftDisks()) {
    try {
      // lazily: something may still have a file open there
      execFileSync('umount', ['-l', folder], { stdio: 'pipe' });
      rmSync(temporaryFolderOf(folder), { recursive: true, force: true });
    } catch {
      // somebody else was quicker, or may more than this user: it is no business of this test
    }
  }
}

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

/** What `mkdtemp` made of it, or the mount's own folder. */
function temporaryFolderOf(folder: string): string {
  const [first = ''] = relative(tmpdir(), folder).split(sep);
  return first.startsWith(temporaryPrefix) && dirname(join(tmpdir(), first)) === tmpdir()
    ? join(tmpdir(), first)
    : folder;
}

/** When a process began, in ticks since the machine did (proc_pid_stat(5), field 22); empty where there is none. */
function startOf(pid: number): string {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // its name may hold blanks and brackets
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '';
  } catch {
    return '';
  }
}
