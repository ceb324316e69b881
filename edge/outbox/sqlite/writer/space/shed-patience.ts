/**
 * When shedding may begin. A disk that somebody has filled for a moment, or an uplink that comes back, costs no
 * reading that was acknowledged: devices keep what they have for a while before the oldest readings make room.
 *
 *   calm ── there is no room ──► waiting (no reading is acknowledged beyond it) ── waitMs ──► shedding
 *     ▲                             │                                                             │
 *     └──── there is room again ────┴───────── there is room for two steps, without shedding ─────┘
 *
 * Always: the wait is paid once for each time that room runs out, not at each step: a site that is offline for weeks
 * sheds steadily. Pure; `uptime` in ms of the monotonic clock.
 */
export class ShedPatience {
  readonly #waitMs: number;
  #state: { readonly is: 'calm' } | { readonly is: 'waiting'; readonly since: number } | { readonly is: 'shedding' } = {
    is: 'calm',
  };

  constructor(waitMs: number) {
    this.#waitMs = waitMs;
  }

  /** There is no room: whether it may be shed now. */
  mayShed(uptime: number): boolean {
    if (this.#state.is === 'calm') this.#state = { is: 'waiting', since: uptime };
    if (this.#state.is === 'waiting' && uptime - this.#state.since >= this.#waitMs) this.#state = { is: 'shedding' };
    return this.#state.is === 'shedding';
  }

  /** There is room. `isAmple`: more than shedding has left. */
  hasRoom(isAmple: boolean): void {
    if (this.#state.is === 'waiting' || isAmple) this.#state = { is: 'calm' };
  }

  /** How long no reading is shed yet, ms; undefined while it does not wait. */
  leftMs(uptime: number): number | undefined {
    return this.#state.is === 'waiting' ? Math.max(0, Math.ceil(this.#state.since + this.#waitMs - uptime)) : undefined;
  }
}
