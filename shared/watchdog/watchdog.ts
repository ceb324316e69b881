/**
 * The watchdog of a process: its own thread checks that the main thread's event loop turns, and kills the process when it
 * does not, so that the supervisor (systemd) starts it again.
 *
 *   started ── ready ──► watching ── the main thread does not turn for `hangMs` ──► its stack is logged ──► SIGKILL
 *
 * It also sends messages to systemd (sd_notify(3)) on request: READY=1, and WATCHDOG=1 while the main thread turns, so that
 * systemd notices a hang that this thread does not survive.
 *
 * Always: nothing is watched before `ready` (systemd's TimeoutStartSec bounds a start); an attached debugger stops the watch;
 * a process without a supervisor is killed too, because a hanging one serves nobody.
 */
import { url as debuggerUrl } from 'node:inspector';
import { Worker } from 'node:worker_threads';
import { messageOf } from '../errors.ts';
import type { Logger } from '../logging.ts';
import { beatsAt, debuggedAt, type WatchdogSetup, watchingAt } from './setup.ts';

export interface Watchdog {
  /** Everything is up: the watch begins. */
  ready(): void;
}

const tickMs = 500;

/** Starts watching this process. Call it early from the main thread, while a fork is still small. */
export function startWatchdog(name: string, hangMs: number, logger: Logger): Watchdog {
  const shared = new SharedArrayBuffer(3 * Int32Array.BYTES_PER_ELEMENT);
  const marks = new Int32Array(shared);
  const setup: WatchdogSetup = { shared, name, hangMs, tickMs: Math.min(tickMs, hangMs / 4), ...askedBySystemd() };
  const thread = new Worker(new URL('./thread.ts', import.meta.url), {
    workerData: setup,
    execArgv: [],
    resourceLimits: { maxOldGenerationSizeMb: 16, maxYoungGenerationSizeMb: 2 },
  });
  thread.on('error', (error) => logger.error({ error: messageOf(error) }, 'nobody watches for a hang any more'));
  thread.unref();
  const beat = () => {
    Atomics.store(marks, debuggedAt, debuggerUrl() === undefined ? 0 : 1);
    Atomics.add(marks, beatsAt, 1);
  };
  setInterval(beat, setup.tickMs).unref();
  return {
    ready() {
      beat();
      Atomics.store(marks, watchingAt, 1);
      thread.postMessage('READY=1');
    },
  };
}

/** systemd's requests to this process; its children get none (sd_notify(3), sd_watchdog_enabled(3)). */
function askedBySystemd(): Pick<WatchdogSetup, 'notifySocket' | 'notifyEveryMs'> {
  const { NOTIFY_SOCKET, WATCHDOG_USEC, WATCHDOG_PID } = process.env;
  for (const name of ['NOTIFY_SOCKET', 'WATCHDOG_USEC', 'WATCHDOG_PID']) delete process.env[name];
  const isOurs = WATCHDOG_PID === undefined || Number(WATCHDOG_PID) === process.pid;
  const usec = Number(WATCHDOG_USEC);
  // a third of the interval, so that one late message does not end the process
  const notifyEveryMs = isOurs && usec > 0 ? usec / 1000 / 3 : undefined;
  return { notifySocket: NOTIFY_SOCKET, notifyEveryMs };
}
