/**
 * Finds the files and processes that a run of the tests leaves behind.
 *
 * A run has a temporary folder of its own: every file in it belongs to the run, and so does every process with it as TMPDIR.
 */
import { readdir, readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';

export interface LeftProcess {
  readonly pid: number;
  /** command with its arguments */
  readonly command: string;
}

/** Folders that programs keep for their next start. */
const kept = ['node-compile-cache'];
/** The time in which a process must end after its signal. */
const endWithinMs = 10_000;
const checkEveryMs = 100;

/** Names of the files and folders that a test should have removed. */
export async function leftFiles(folder: string): Promise<readonly string[]> {
  return (await readdir(folder)).filter((name) => !kept.includes(name)).toSorted();
}

/** The processes with this TMPDIR that do not end by themselves; empty on a system without /proc. */
export async function leftProcesses(folder: string, withinMs = endWithinMs): Promise<readonly LeftProcess[]> {
  const end = performance.now() + withinMs;
  for (;;) {
    const left = await processesOf(folder);
    if (left.length === 0 || performance.now() >= end) return left;
    await sleep(checkEveryMs);
  }
}

async function processesOf(folder: string): Promise<readonly LeftProcess[]> {
  const pids = (await readdir('/proc').catch(() => [])).map(Number).filter(Number.isInteger);
  const found = await Promise.all(
    pids.map(async (pid): Promise<readonly LeftProcess[]> => {
      try {
        const environment = await readFile(`/proc/${pid}/environ`, 'utf8');
        if (!environment.split('\0').includes(`TMPDIR=${folder}`)) return [];
        // a process that has ended and waits for its parent has no command
        const command = (await readFile(`/proc/${pid}/cmdline`, 'utf8')).replaceAll('\0', ' ').trim();
        return command === '' ? [] : [{ pid, command }];
      } catch {
        return []; // ended meanwhile, or of another user
      }
    }),
  );
  return found.flat();
}
