/**
 * The alarm of a momentary event (a crossed line). Such an event has no end, so its alarm ends when the event has not
 * happened again for a while.
 */
import type { Uptime } from '@forpost/shared/clock.ts';
export class MomentaryAlarm {
  readonly #clearAfterMs: number;
  #last: number | undefined;

  /** `active`: the alarm is active from before a restart; its time begins at `uptime`, ms of the monotonic clock. */
  constructor(clearAfterMs: number, active: boolean, uptime: Uptime) {
    this.#clearAfterMs = clearAfterMs;
    this.#last = active ? uptime : undefined;
  }

  /** Notes an event, and returns the change of the alarm. */
  happened(uptime: Uptime): 'raised' | 'updated' {
    const change = this.#last === undefined ? 'raised' : 'updated';
    this.#last = uptime;
    return change;
  }

  /** Whether the alarm ends now; if so, notes its end. */
  ends(uptime: Uptime): boolean {
    if (this.#last === undefined || uptime - this.#last < this.#clearAfterMs) return false;
    this.#last = undefined;
    return true;
  }

  /** The time of the alarm's end without a further event; undefined while the alarm is not active. */
  get wakeAt(): number | undefined {
    return this.#last === undefined ? undefined : this.#last + this.#clearAfterMs;
  }
}
