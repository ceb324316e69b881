/**
 * When shedding may begin. A disk that is full for a moment, or an uplink that comes back soon, costs no acknowledged
 * reading: devices keep their new readings for a while before the oldest stored ones are deleted.
 *
 *   calm ── there is no space ──► waiting (no further reading is acknowledged) ── waitMs ──► shedding
 *     ▲                             │                                                             │
 *     └──── there is space again ───┴─────── there is space for two steps, without shedding ──────┘
 *
 * Always: each time that space runs out the wait is paid once, and not at each step: a site that is offline for weeks sheds
 * steadily. Pure; `uptime` in ms of the monotonic clock.
 */
export class ShedPatience {
  readonly #waitMs: number;
  #state: { readonly is: 'calm' } | { readonly is: 'waiting'; readonly since: number } | { readonly is: 'shedding' } = {
    is: 'calm',
  };

  constructor(waitMs: number) {
    this.#waitMs = waitMs;
  }

  /** There is no space: returns whether shedding may begin now. */
  mayShed(uptime: number): boolean {
    if (this.#state.is === 'calm') this.#state = { is: 'waiting', since: uptime };
    if (this.#state.is === 'waiting' && uptime - this.#state.since >= this.#waitMs) this.#state = { is: 'shedding' };
    return this.#state.is === 'shedding';
  }

  /** There is space. @param isAmple more of it than shedding has made */
  hasRoom(isAmple: boolean): void {
    if (this.#state.is === 'waiting' || isAmple) this.#state = { is: 'calm' };
  }

  /** How long shedding still waits, ms; undefined: it does not wait. */
  leftMs(uptime: number): number | undefined {
    return this.#state.is === 'waiting' ? Math.max(0, Math.ceil(this.#state.since + this.#waitMs - uptime)) : undefined;
  }
}
