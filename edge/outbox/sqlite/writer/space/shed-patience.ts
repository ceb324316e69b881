/**
 * Decides when shedding may begin. New readings are refused for a while before the oldest stored ones are deleted, and
 * devices keep them. A short lack of space, or a short outage of the uplink, therefore costs no stored reading.
 *
 *   calm ── there is no space ──► waiting (no further reading is acknowledged) ── waitMs ──► shedding
 *     ▲                             │                                                             │
 *     └──── there is space again ───┴─────── there is space for two steps, without shedding ──────┘
 *
 * Always: the wait happens once for each time that space runs out, not at each shed step, so a site that is offline for
 * weeks sheds steadily. Pure; `uptime` in ms of the monotonic clock.
 */
export class ShedPatience {
  readonly #waitMs: number;
  #state: { readonly is: 'calm' } | { readonly is: 'waiting'; readonly since: number } | { readonly is: 'shedding' } = {
    is: 'calm',
  };

  constructor(waitMs: number) {
    this.#waitMs = waitMs;
  }

  /** Notes that there is no space. Returns whether shedding may begin now. */
  mayShed(uptime: number): boolean {
    if (this.#state.is === 'calm') this.#state = { is: 'waiting', since: uptime };
    if (this.#state.is === 'waiting' && uptime - this.#state.since >= this.#waitMs) this.#state = { is: 'shedding' };
    return this.#state.is === 'shedding';
  }

  /** Notes that there is space. @param isAmple whether there is more than shedding has freed */
  hasRoom(isAmple: boolean): void {
    if (this.#state.is === 'waiting' || isAmple) this.#state = { is: 'calm' };
  }

  /** How long shedding still waits, ms; undefined: it does not wait. */
  leftMs(uptime: number): number | undefined {
    return this.#state.is === 'waiting' ? Math.max(0, Math.ceil(this.#state.since + this.#waitMs - uptime)) : undefined;
  }
}
