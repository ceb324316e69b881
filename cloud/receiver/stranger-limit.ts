/**
 * Limits how often an address may send requests without a known token or certificate. Guessing does not find a token of
 * 128 bits, but each guess costs an answer and a line of the log.
 *
 *   unknown ──► within the address's budget? ──► 401      beyond it ──► 429 with Retry-After, and the connection ends
 *
 * Always: a gateway with a known token or certificate is admitted from a limited address too, because a whole site may
 * share one address. Addresses are counted as `addressGroup` groups them. Beyond `maxAddresses` the address that was quiet
 * for longest is forgotten and gets its whole budget again. A flood of addresses can cause this; known gateways are not
 * affected.
 */
import type { Clock } from '@forpost/shared/clock.ts';

export interface StrangerLimits {
  /** the burst, and then how many a second */
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

  /** Counts one request from `address`. Returns how long the address has to wait, ms; 0 = answer it. */
  waitMs(address: string): number {
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
