/**
 * Time as a part that is passed in: wall time for people, monotonic time for durations, timers for waiting.
 * `Date.now` and `setTimeout` appear only in this file's real adapter and in the fake one for tests.
 *
 * Always: a timer may be longer than 2^31 ms (Node's own fires at once beyond that), and a wall clock that jumps never
 * moves a timer or a duration. The compiler refuses a wall time where an uptime is meant, and the reverse; a plain number
 * (the result of a sum, a literal of a test) passes as either.
 */
import { type BoundedWork, contained, outside } from './bounded-work.ts';

/** Never set: tells the two kinds of time apart for the compiler. */
declare const timescale: unique symbol;

/** ms since 1970 by the system clock, which may be wrong or jump. */
export type WallTime = number & { readonly [timescale]?: 'wall' };

/** ms of the machine's monotonic clock: since its boot, and never backwards. */
export type Uptime = number & { readonly [timescale]?: 'uptime' };

export interface Timer {
  cancel(): void;
}

export interface Clock {
  now(): WallTime;
  uptime(): Uptime;
  /** calls `run` once, `delayMs` from now */
  after(delayMs: number, run: () => void): Timer;
}

/** Node takes a delay as a signed 32-bit number of ms. */
const longestTimeoutMs = 2 ** 31 - 1;

/** Reading of the machine's monotonic clock at `performance.now() === 0` of this thread, ms. */
const threadOrigin = Number(process.hrtime.bigint()) / 1e6 - performance.now();

export const systemClock: Clock = {
  now: () => Date.now(),
  // rounded to µs; called for each message, where a bigint would be slow
  uptime: () => Math.round((threadOrigin + performance.now()) * 1000) / 1000,
  after(delayMs, run) {
    const due = performance.now() + Math.max(0, delayMs);
    let handle: NodeJS.Timeout;
    const arm = () => {
      const left = due - performance.now();
      handle = left > longestTimeoutMs ? setTimeout(arm, longestTimeoutMs) : setTimeout(run, Math.max(0, left));
    };
    // most timers serve more than the connection that happens to set them
    outside(arm);
    return { cancel: () => clearTimeout(handle) };
  },
};

/** A clock whose timers belong to this work: an error in one ends the work. */
export function clockWithin(work: BoundedWork, clock: Clock): Clock {
  return {
    now: () => clock.now(),
    uptime: () => clock.uptime(),
    after: (delayMs, run) => clock.after(delayMs, () => contained(work, run)),
  };
}

/** Resolves after `delayMs`, or at once when `signal` is aborted. Never rejects: check the signal afterwards. */
export function sleep(clock: Clock, delayMs: number, signal?: AbortSignal): Promise<void> {
  if (signal?.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    const done = () => {
      timer.cancel();
      signal?.removeEventListener('abort', done);
      resolve();
    };
    const timer = clock.after(delayMs, done);
    signal?.addEventListener('abort', done, { once: true });
  });
}

/** A clock that moves only by `advance`. For tests and simulations. */
export class FakeClock implements Clock {
  #nowMs: WallTime;
  #uptimeMs: Uptime;
  #timers: { dueMs: number; order: number; run: () => void }[] = [];
  #order = 0;

  constructor(nowMs = Date.UTC(2026, 0, 1), uptimeMs = 60_000) {
    this.#nowMs = nowMs;
    this.#uptimeMs = uptimeMs;
  }

  now(): WallTime {
    return this.#nowMs;
  }

  uptime(): Uptime {
    return this.#uptimeMs;
  }

  after(delayMs: number, run: () => void): Timer {
    const timer = { dueMs: this.#uptimeMs + Math.max(0, delayMs), order: this.#order++, run };
    this.#timers.push(timer);
    return {
      cancel: () => {
        this.#timers = this.#timers.filter((t) => t !== timer);
      },
    };
  }

  /** moves the wall clock alone, as when somebody sets the clock */
  jump(ms: number): void {
    this.#nowMs += ms;
  }

  /** lets `ms` pass and runs due timers in order */
  advance(ms: number): void {
    const end = this.#uptimeMs + ms;
    for (;;) {
      this.#timers.sort((a, b) => a.dueMs - b.dueMs || a.order - b.order);
      const next = this.#timers[0];
      if (next === undefined || next.dueMs > end) break;
      this.#timers.shift();
      this.#move(next.dueMs);
      next.run();
    }
    this.#move(end);
  }

  #move(uptimeMs: number): void {
    this.#nowMs += uptimeMs - this.#uptimeMs;
    this.#uptimeMs = uptimeMs;
  }
}
