/**
 * The alarm of something that happens in a moment (a crossed line): it has no end of its own, so it ends when it has
 * not happened again for a while.
 */
import type { Uptime } from '@forpost/shared/clock.ts';
export class Moments {
  readonly #clearAfterMs: number;
  #last: number | undefined;

  /** `active`: since before a restart; the time counts from `uptime`, ms of the monotonic clock. */
  constructor(clearAfterMs: number, active: boolean, uptime: Uptime) {
    this.#clearAfterMs = clearAfterMs;
    this.#last = active ? uptime : undefined;
  }

  /** It happened: what that is for the alarm. */
  happened(uptime: Uptime): 'raised' | 'updated' {
    const change = this.#last === undefined ? 'raised' : 'updated';
    this.#last = uptime;
    return change;
  }

  /** Whether the alarm is over now. */
  ends(uptime: Uptime): boolean {
    if (this.#last === undefined || uptime - this.#last < this.#clearAfterMs) return false;
    this.#last = undefined;
    return true;
  }

  /** When to ask whether it is over; undefined where nothing is active. */
  get wakeAt(): number | undefined {
    return this.#last === undefined ? undefined : this.#last + this.#clearAfterMs;
  }
}
