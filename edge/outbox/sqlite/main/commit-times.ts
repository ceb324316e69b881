/** How long commits took: the last one, and the longest of the last minute, in ms. Bounded: one number a second. */
const seconds = 60;

export class CommitTimes {
  readonly #longest = new Float64Array(seconds);
  readonly #second = new Float64Array(seconds).fill(-1);
  #last = 0;

  /** `uptime`: ms of the monotonic clock at the commit's end. */
  add(ms: number, uptime: number): void {
    const second = Math.floor(uptime / 1000);
    const slot = second % seconds;
    const known = this.#second[slot] === second ? (this.#longest[slot] ?? 0) : 0;
    this.#second[slot] = second;
    this.#longest[slot] = Math.max(known, ms);
    this.#last = ms;
  }

  get last(): number {
    return this.#last;
  }

  longest(uptime: number): number {
    const oldest = Math.floor(uptime / 1000) - seconds;
    return this.#longest.reduce(
      (most, ms, slot) => ((this.#second[slot] ?? -1) > oldest ? Math.max(most, ms) : most),
      0,
    );
  }
}
