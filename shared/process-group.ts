/** A process that leads a group of its own (`detached`), and everything that it started. */
import type { ChildProcess } from 'node:child_process';

/** Kills the process with every process of its group. A group that is gone already is no error. */
export function killGroup({ pid }: Pick<ChildProcess, 'pid'>): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
