/**
 * Counts tries by key (an address, a user) in windows of the monotonic clock. Written here because the library for
 * it counts with the wall clock: a gateway that boots in 2099 and is then set to 2026 would refuse for 73 years.
 *
 * Always: at most `maxKeys` are remembered; beyond that the one least recently tried is forgotten.
 */
import type { Clock } from '../clock.ts';

export interface AttemptLimit {
  readonly tries: number;
  readonly windowMs: number;
}

const maxKeys = 5000;

export class Attempts {
  readonly #limit: AttemptLimit;
  readonly #clock: Clock;
  readonly #windows = new Map<string, { startedMs: number; tries: number }>();

  constructor(limit: AttemptLimit, clock: Clock) {
    this.#limit = limit;
    this.#clock = clock;
  }

  /** Counts a try. Returns 0 where it may go on, else the ms until the next may. */
  take(key: string): number {
    const now = this.#clock.uptime();
    let window = this.#windows.get(key);
    if (window === undefined || now - window.startedMs >= this.#limit.windowMs) window = { startedMs: now, tries: 0 };
    // moved to the end: the first one of the map is the least recently tried
    this.#windows.delete(key);
    this.#windows.set(key, window);
    if (this.#windows.size > maxKeys) {
      const [oldest] = this.#windows.keys();
      if (oldest !== undefined) this.#windows.delete(oldest);
    }
    if (window.tries >= this.#limit.tries) return Math.max(1, window.startedMs + this.#limit.windowMs - now);
    window.tries++;
    return 0;
  }

  /** Takes a counted try back: it was a good one. */
  forgive(key: string): void {
    const window = this.#windows.get(key);
    if (window !== undefined && window.tries > 0) window.tries--;
  }

  /** Forgets all tries of a key. */
  clear(key: string): void {
    this.#windows.delete(key);
  }
}
