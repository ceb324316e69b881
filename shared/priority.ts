/**
 * The order of threads on a machine whose cores are all busy. On Linux a nice value belongs to a thread, and its threads and
 * processes inherit it (sched(7), «The nice value»; setpriority(2), «C library/kernel differences»).
 *
 * Always: the nice value at the start is the base: an operator's nice 10 becomes 5 and 10, not -5 and 0.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { getPriority, setPriority } from 'node:os';

/** Nice levels between the thread that raises alerts and all work that can wait. */
const alertsAhead = 5;
const highest = -20;
/** The nice value of the gateway's start, for its threads and processes. */
const given = 'FORPOST_NICE';

/** The folder with this process's threads on Linux (proc(5)), and V8's name for its helpers. */
const tasks = '/proc/self/task';
const helperName = 'V8Worker';

/**
 * Raises the priority of the calling thread, and of what it starts from now on, above all work that can wait. V8's helper
 * threads get it too: each garbage collection waits for them, which took 10 to 50 ms on busy cores at the lower priority.
 */
export function raisePriority(): void {
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

/** Lowers the priority of the calling thread, whose work can wait, to that of the gateway's start. */
export function lowerPriority(): void {
  const nice = process.env[given];
  if (nice !== undefined) setNice(Number(nice));
}

/** Raises a thread that was lowered to the gateway's first thread again, where the system allows that. */
export function raiseAgain(): void {
  const nice = process.env[given];
  if (nice !== undefined) setNice(Math.max(highest, Number(nice) - alertsAhead));
}

/**
 * Sets the nice value of the calling thread or of another one of this process. False without the system's permission
 * (below 0: RLIMIT_NICE, CAP_SYS_NICE).
 */
export function setNice(nice: number, thread = 0): boolean {
  try {
    setPriority(thread, nice);
    return true;
  } catch {
    return false;
  }
}
