/**
 * Who goes first on a machine whose cores are all busy. On Linux a nice value belongs to a thread, and what a thread
 * starts (threads and processes) has its own to begin with (sched(7), «The nice value»; setpriority(2), «C
 * library/kernel differences»).
 */
import { setPriority } from 'node:os';

/** The thread on which an alert depends goes before everything that can wait. */
export const alertsFirst = -5;
export const ordinary = 0;

/** Of the calling thread, from now on. False where the system does not allow it (below 0: RLIMIT_NICE, CAP_SYS_NICE). */
export function setNice(nice: number): boolean {
  try {
    setPriority(nice);
    return true;
  } catch {
    return false;
  }
}
