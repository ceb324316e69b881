/**
 * Tells a hanging main thread from a machine or process that was stopped as a whole.
 *
 *   tick ── the main thread has beaten, or is being debugged ──► alive
 *     └── no beat ──► silent for one tick more ── `hangMs` of them ──► hangs
 *
 * Always: silence counts in ticks of the judging thread, at most two for each judgement, so that a suspended machine, SIGSTOP, a
 * paused virtual machine or a jumping clock count as one judgement at most, for any length of time.
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

  /** how long the main thread has not beaten, ms */
  get silentMs(): number {
    return this.#silentMs;
  }

  /** Whether the thread hangs. `uptime`: ms of a monotonic clock; `beats`: number of its beats so far. */
  judge(uptime: number, beats: number, isDebugged: boolean): boolean {
    const passedMs = this.#at === undefined ? 0 : Math.min(Math.max(0, uptime - this.#at), 2 * this.#tickMs);
    this.#at = uptime;
    this.#silentMs = beats !== this.#beats || isDebugged ? 0 : this.#silentMs + passedMs;
    this.#beats = beats;
    return this.#silentMs >= this.#hangMs;
  }
}
