/**
 * The delay before another try: exponential with full jitter, so that a thousand clients of one lost peer do not come back
 * together ("Exponential Backoff and Jitter", AWS Architecture Blog, 2015).
 */
export interface Backoff {
  readonly baseMs: number;
  readonly ceilingMs: number;
}

/** Delay in ms before try number `attempt` (0, 1, 2, …): uniform in [0, min(ceiling, base * 2^attempt)]. */
export function backoffMs(backoff: Backoff, attempt: number, random: () => number): number {
  if (attempt < 0) throw new RangeError(`attempt ${attempt}`);
  return random() * Math.min(backoff.ceilingMs, backoff.baseMs * 2 ** Math.min(attempt, 30));
}
