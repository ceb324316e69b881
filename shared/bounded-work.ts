/**
 * The last line of defence of a process with many clients: an unhandled error ends the work in which it arose (one
 * connection, one request), and not the process.
 *
 *   within(work, …) ── returns, awaits, timers, immediates, events ──► the same work
 *        │  └── outside(…), a timer of the clock ──► no single work: shared by all
 *        └── throws, rejects, emits «error» without a handler ──► `endBrokenWork` finds the work ──► work.failed(error)
 *
 * Node passes the work along by itself (AsyncLocalStorage). `within` costs about 0.15 µs, so callers use it once for each
 * read of a socket, not once for each packet. Parts still handle their own errors: an error that arrives here is a defect,
 * and is logged as one.
 */
import { AsyncLocalStorage } from 'node:async_hooks';

export interface BoundedWork {
  /** Ends the work after an unhandled error in it, and reports the error. */
  failed(error: unknown): void;
}

const current = new AsyncLocalStorage<BoundedWork>();

/** Runs `work` as part of this bounded work, together with everything that follows from it later. */
export function within<Args extends unknown[], Result>(
  bounded: BoundedWork,
  work: (...args: Args) => Result,
  ...args: Args
): Result {
  return current.run(bounded, work, ...args);
}

/** As `within`, for callers that cannot handle an error: the error ends the work at once. */
export function contained<Args extends unknown[]>(
  bounded: BoundedWork,
  work: (...args: Args) => void,
  ...args: Args
): void {
  try {
    current.run(bounded, work, ...args);
  } catch (error) {
    bounded.failed(error);
  }
}

/**
 * Runs `work` outside of any bounded work: for a timer or a queue's next turn, which one work starts and all share. An
 * unhandled error there ends the process, because ending one work would leave the others waiting for ever.
 */
export function outside<Args extends unknown[], Result>(work: (...args: Args) => Result, ...args: Args): Result {
  return current.getStore() === undefined ? work(...args) : current.exit(work, ...args);
}

/** For the process's handlers of unhandled errors: ends the work in which `error` arose. false: it arose in no work. */
export function endBrokenWork(error: unknown): boolean {
  const work = current.getStore();
  if (work === undefined) return false;
  try {
    work.failed(error);
    return true;
  } catch {
    return false;
  }
}
