/**
 * The last line of defence of a process that serves many: an error that nobody handled ends the work in which it arose
 * (one connection, one request), and not the process.
 *
 *   within(work, …) ── returns, awaits, timers, immediates, events ──► the same work
 *        │  └── outside(…), a timer of the clock ──► nobody's: what all share
 *        └── throws, rejects, emits «error» and nobody handles it ──► `endBrokenWork` finds the work ──► work.failed(error)
 *
 * Node carries the work along by itself (AsyncLocalStorage); `within` costs about 0.15 µs, so it is called once for
 * what was read of a socket, not once for each packet. Parts handle their own errors all the same: what arrives here is
 * a defect, and is logged as one.
 */
import { AsyncLocalStorage } from 'node:async_hooks';

export interface BoundedWork {
  /** Something in it failed that nobody handled: ends the work and says so. */
  failed(error: unknown): void;
}

const current = new AsyncLocalStorage<BoundedWork>();

/** Runs `work` as part of this bounded work, with all that comes of it later. */
export function within<Args extends unknown[], Result>(
  bounded: BoundedWork,
  work: (...args: Args) => Result,
  ...args: Args
): Result {
  return current.run(bounded, work, ...args);
}

/** As `within`, for who has no use for an error: it ends the work at once. */
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
 * Runs `work` as nobody's: for what one work sets going and all share (a timer, a queue's next turn). An error there ends
 * no single work, which would leave the others waiting for ever: it ends the process, as an error outside of any does.
 */
export function outside<Args extends unknown[], Result>(work: (...args: Args) => Result, ...args: Args): Result {
  return current.getStore() === undefined ? work(...args) : current.exit(work, ...args);
}

/** For the process's handlers of unhandled errors: ends the work in which this one arose. false: it is nobody's. */
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
