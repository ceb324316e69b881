/**
 * What a run of the tests leaves behind: files in its temporary folder, and processes that it started.
 *
 * A run has a temporary folder of its own, so every file in it is the run's, and every process that has it as TMPDIR.
 */
import { readdir, readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';

export interface LeftProcess {
  readonly pid: number;
  /** with its arguments */
  readonly command: string;
}

/** What programs keep for their next start, or remove when they like. */
const kept = ['node-compile-cache'];
/** So long a process that was told to end may take. */
const endWithinMs = 10_000;
const lookEveryMs = 100;

/** Names of the files and folders that somebody should have removed. */
export async function leftFiles(folder: string): Promise<readonly string[]> {
  return (await readdir(folder)).filter((name) => !kept.includes(name)).toSorted();
}

/** The processes with this TMPDIR that do not end by themselves; none where there is no /proc to ask. */
export async function leftProcesses(folder: string, withinMs = endWithinMs): Promise<readonly LeftProcess[]> {
  const end = performance.now() + withinMs;
  for (;;) {
    const left = await processesOf(folder);
    if (left.length === 0 || performance.now() >= end) return left;
    await sleep(lookEveryMs);
  }
}

async function processesOf(folder: string): Promise<readonly LeftProcess[]> {
  const pids = (await readdir('/proc').catch(() => [])).map(Number).filter(Number.isInteger);
  const found = await Promise.all(
    pids.map(async (pid): Promise<readonly LeftProcess[]> => {
      try {
        const environment = await readFile(`/proc/${pid}/environ`, 'utf8');
        if (!environment.split('\0').includes(`TMPDIR=${folder}`)) return [];
        // one that has ended and that nobody has asked about has no command
        const command = (await readFile(`/proc/${pid}/cmdline`, 'utf8')).replaceAll('\0', ' ').trim();
        return command === '' ? [] : [{ pid, command }];
      } catch {
        return []; // it has ended, or is somebody else's
      }
    }),
  );
  return found.flat();
}
