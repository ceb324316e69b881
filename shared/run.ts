/**
 * Runs one process's root part until a signal stops it.
 *
 *   starting ── up, one JSON line {"ready": …} ──► running ── SIGTERM, SIGINT ──► stopping ──► exit 0
 *                                                    ├── an unhandled error ──► stopping ──► exit 1
 *                                                    └── SIGHUP ──► reloading ──► running
 *
 * A watchdog ends a process whose main thread hangs (watchdog/watchdog.ts).
 *
 * Always: a second signal ends the process at once; no unseen failure leaves it half alive. An unhandled error in bounded
 * work (one connection, one request: bounded-work.ts) ends that work, and the process goes on.
 */
import { endBrokenWork } from './bounded-work.ts';
import { ForpostError, messageOf } from './errors.ts';
import type { Part } from './lifecycle.ts';
import type { Logger } from './logging.ts';
import { startWatchdog } from './watchdog/watchdog.ts';

/** The longest time for a whole stop; after it a supervisor would kill the process anyway. */
const stopDeadlineMs = 20_000;

/** The longest time without an answer of the main thread, s, unless the configuration sets another. */
export const defaultHangS = 15;

export interface RunOptions {
  readonly hangS?: number | undefined;
  /** Reads again what can change while the process runs: on SIGHUP; never twice at once. */
  readonly reload?: () => Promise<void>;
}

/** `addresses`: the content of the ready line. @throws the errors of `start` */
export async function runUntilSignal(
  root: Part,
  logger: Logger,
  addresses: () => object,
  { hangS = defaultHangS, reload = async () => {} }: RunOptions = {},
): Promise<void> {
  const watchdog = startWatchdog(String(logger.bindings().name ?? ''), hangS * 1000, logger);
  let stopping = false;
  const stop = async (why: string, code: number) => {
    if (stopping) process.exit(code === 0 ? 130 : code);
    stopping = true;
    logger.info({ why }, 'stopping');
    setTimeout(() => {
      logger.error('not stopped in time: ending all the same');
      process.exit(1);
    }, stopDeadlineMs).unref();
    try {
      await root.stop();
    } catch (error) {
      logger.error({ error: messageOf(error) }, 'the stop failed');
      process.exit(1);
    }
    process.exit(code);
  };
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => void stop(signal, 0));
  const fatal = (error: unknown) => {
    if (endBrokenWork(error)) return;
    logger.fatal({ err: error }, 'an error that nobody handled');
    void stop('error', 1);
  };
  process.on('uncaughtException', fatal);
  process.on('unhandledRejection', fatal);
  let reloading = Promise.resolve();
  let reloadWaits = false;
  let started = false;
  const reloadOnce = async () => {
    reloadWaits = false;
    if (!started || stopping) return;
    logger.info('reloading');
    try {
      await reload();
    } catch (error) {
      logger.error({ error: messageOf(error) }, 'the reload failed: what was read before goes on');
    }
  };
  process.on('SIGHUP', () => {
    // a closed terminal sends SIGHUP too, as a request for a reload does, but nobody is left to read the output
    if (process.stdin.isTTY) void stop('the terminal was closed', 0);
    else if (!reloadWaits) {
      reloadWaits = true;
      reloading = reloading.then(reloadOnce);
    }
  });
  await root.start();
  started = true;
  watchdog.ready();
  process.stdout.write(`${JSON.stringify({ ready: addresses() })}\n`);
}

/** For children of the demo and of tests: ends this process when its parent is gone (standard input closes). */
export function stopWithParent(): void {
  if (process.env.FORPOST_STOP_WITH_PARENT !== '1') return;
  process.stdin.on('end', () => process.kill(process.pid, 'SIGTERM')).resume();
}

/** A text for standard error: the message for an error that a person can correct, the stack for a defect. */
export function explain(error: unknown): string {
  if (error instanceof ForpostError) return messageOf(error);
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
