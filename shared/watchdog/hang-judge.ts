/**
 * Tells a main thread that hangs from one that was stopped together with everything else.
 *
 *   tick ── the main thread has beaten, or is being debugged ──► alive
 *     └── it has not ──► silent for one tick more ── `hangMs` of them ──► hangs
 *
 * Always: silence counts in ticks of the judging thread, at most two for each time it looks, so that a suspended
 * machine, SIGSTOP, a paused virtual machine or a clock that jumps count as one look at most, however long they last.
 */
export class HangJudge {
  readonly #hangMs: number;
  readonly #tickMs: number;
  #beats = -1;
  #at: number | undefined;
  #silentMs = 0;

  constructor(hangMs: number, tickMs: number) {
    this.#hangMs = hangMs;
    this.#tickMs = tickMs;
  }

  /** for how long the main thread has not beaten, ms */
  get silentMs(): number {
    return this.#silentMs;
  }

  /** Whether it hangs. `uptime`: ms of a monotonic clock; `beats`: how often it has beaten. */
  look(uptime: number, beats: number, isDebugged: boolean): boolean {
    const passedMs = this.#at === undefined ? 0 : Math.min(Math.max(0, uptime - this.#at), 2 * this.#tickMs);
    this.#at = uptime;
    this.#silentMs = beats !== this.#beats || isDebugged ? 0 : this.#silentMs + passedMs;
    this.#beats = beats;
    return this.#silentMs >= this.#hangMs;
  }
}
