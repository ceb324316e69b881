/**
 * Who goes first on a machine whose cores are all busy. On Linux a nice value belongs to a thread, and what a thread
 * starts (threads and processes) has its own to begin with (sched(7), «The nice value»; setpriority(2), «C
 * library/kernel differences»).
 *
 * Always: what whoever started the gateway gave it is where it begins from: an operator's nice 10 becomes 5 and 10, not
 * -5 and 0.
 */
import { getPriority, setPriority } from 'node:os';

/** How far the thread on which an alert depends goes before everything that can wait. */
const alertsAhead = 5;
const highest = -20;
/** What the gateway was started with, for its threads and processes. */
const given = 'FORPOST_NICE';

/** The calling thread, and what it starts from now on, goes before everything that can wait. */
export function goFirst(): void {
  delete process.env[given];
  const nice = getPriority();
  if (setNice(Math.max(highest, nice - alertsAhead))) process.env[given] = String(nice);
}

/** The calling thread goes as whoever started the gateway wanted it: it can wait. */
export function goAsGiven(): void {
  const nice = process.env[given];
  if (nice !== undefined) setNice(Number(nice));
}

/** Of the calling thread, from now on. False where the system does not allow it (below 0: RLIMIT_NICE, CAP_SYS_NICE). */
export function setNice(nice: number): boolean {
  try {
    setPriority(nice);
    return true;
  } catch {
    return false;
  }
}
