/**
 * Who goes first on a machine whose cores are all busy. On Linux a nice value belongs to a thread, and what a thread
 * starts (threads and processes) has its own to begin with (sched(7), «The nice value»; setpriority(2), «C
 * library/kernel differences»).
 *
 * Always: what whoever started the gateway gave it is where it begins from: an operator's nice 10 becomes 5 and 10, not
 * -5 and 0.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { getPriority, setPriority } from 'node:os';

/** How far the thread on which an alert depends goes before everything that can wait. */
const alertsAhead = 5;
const highest = -20;
/** What the gateway was started with, for its threads and processes. */
const given = 'FORPOST_NICE';

/** Where Linux lists this process's threads (proc(5)), and what V8 calls its helpers. */
const tasks = '/proc/self/task';
const helperName = 'V8Worker';

/**
 * The calling thread, and what it starts from now on, goes before everything that can wait. So do V8's helpers: each
 * collection of garbage waits for them, and on busy cores that was 10 to 50 ms where they went behind.
 */
export function goFirst(): void {
  delete process.env[given];
  const nice = getPriority();
  const first = Math.max(highest, nice - alertsAhead);
  if (!setNice(first)) return;
  process.env[given] = String(nice);
  for (const helper of helpers()) setNice(first, helper);
}

function helpers(): readonly number[] {
  try {
    return readdirSync(tasks)
      .filter((task) => readFileSync(`${tasks}/${task}/comm`, 'utf8').trim() === helperName)
      .map(Number);
  } catch {
    // another system
    return [];
  }
}

/** The calling thread goes as whoever started the gateway wanted it: it can wait. */
export function goAsGiven(): void {
  const nice = process.env[given];
  if (nice !== undefined) setNice(Number(nice));
}

/**
 * Of the calling thread or another one of this process, from now on. False where the system does not allow it (below 0:
 * RLIMIT_NICE, CAP_SYS_NICE).
 */
export function setNice(nice: number, thread = 0): boolean {
  try {
    setPriority(thread, nice);
    return true;
  } catch {
    return false;
  }
}
