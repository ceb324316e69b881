/** The growth of a total in a day, at the rate of the last hour. Bounded: one sample a minute. */
const windowMs = 3_600_000;
const sampleEveryMs = 60_000;
/** Samples of less time say too little about a day. */
const leastMs = 60_000;
const dayMs = 86_400_000;

export class DailyRate {
  readonly #samples: { readonly at: number; readonly total: number }[] = [];

  /** `uptime`: ms of the monotonic clock. */
  add(total: number, uptime: number): void {
    const newest = this.#samples.at(-1);
    // a thread that was started again counts from zero
    if (newest !== undefined && total < newest.total) this.#samples.length = 0;
    else if (newest !== undefined && uptime - newest.at < sampleEveryMs) return;
    this.#samples.push({ at: uptime, total });
    while ((this.#samples[1]?.at ?? uptime) <= uptime - windowMs) this.#samples.shift();
  }

  /** A day at the rate of the last hour; null while less than a minute is known. */
  aDay(total: number, uptime: number): number | null {
    const oldest = this.#samples[0];
    if (oldest === undefined || uptime - oldest.at < leastMs || total < oldest.total) return null;
    return ((total - oldest.total) / (uptime - oldest.at)) * dayMs;
  }
}
