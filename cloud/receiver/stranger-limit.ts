/**
 * How often an address may come to the receiver without a token or certificate that is known here. Guessing finds no
 * token of 128 bits; what it costs are answers and lines of the log.
 *
 *   unknown ──► within the address's budget? ──► 401      beyond it ──► 429 with Retry-After, and the connection ends
 *
 * Always: whoever comes with a known token or certificate is let in, from the same address too: behind it there may be a
 * whole site. Addresses are counted as `addressGroup` counts them; the one that was quiet for longest is forgotten
 * beyond `maxAddresses`, and so gets its whole budget again, which a flood of addresses can bring about and others do
 * not notice.
 */
import type { Clock } from '@forpost/shared/clock.ts';

export interface StrangerLimits {
  /** at once, and then a second */
  readonly burst: number;
  readonly perSecond: number;
}

/** A gateway with a wrong token asks every few seconds, on three connections. */
export const defaultStrangerLimits: StrangerLimits = { burst: 30, perSecond: 1 };
const maxAddresses = 10_000;

export class StrangerLimit {
  readonly #clock: Clock;
  readonly #limits: StrangerLimits;
  /** by address: what is left, as of a moment (ms of the monotonic clock) */
  readonly #left = new Map<string, { readonly left: number; readonly at: number }>();

  constructor(clock: Clock, limits: StrangerLimits = defaultStrangerLimits) {
    this.#clock = clock;
    this.#limits = limits;
  }

  /** Counts one more from `address`, and says how long it has to wait before the next, ms; 0 = it may be answered. */
  come(address: string): number {
    const { burst, perSecond } = this.#limits;
    const now = this.#clock.uptime();
    const known = this.#left.get(address) ?? { left: burst, at: now };
    const left = Math.min(burst, known.left + ((now - known.at) / 1000) * perSecond);
    const allowed = left >= 1;
    this.#left.delete(address);
    this.#left.set(address, { left: allowed ? left - 1 : left, at: now });
    const oldest = this.#left.keys().next().value;
    if (this.#left.size > maxAddresses && oldest !== undefined) this.#left.delete(oldest);
    return allowed ? 0 : Math.ceil(((1 - left) / perSecond) * 1000);
  }
}
