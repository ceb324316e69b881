/**
 * Limits how much one gateway may send to the receiver: events and bytes a second, with a burst. Alerts and the gateway's
 * state have budgets of their own, so a gateway with too many readings still delivers its alarms.
 *
 * Always: a batch of any size may overdraw the budget, and the next batch waits until the debt is paid back. So no batch
 * that fits a body is refused for good. Beyond `maxGateways` the gateway that was quiet for longest is forgotten.
 */
import type { Clock } from '@forpost/shared/clock.ts';
import type { GatewayLimits } from '../config/limits.ts';

export type Share = 'telemetry' | 'alerts' | 'status';

/** The burst, in seconds of the rate. */
const burstSeconds: Readonly<Record<Share, number>> = { telemetry: 10, alerts: 100, status: 20 };
const statusesPerSecond = 5;
/** An alert with all its evidence is a few KB. */
const bytesOfAlert = 20_000;
const maxGateways = 20_000;

interface Bucket {
  events: number;
  bytes: number;
  at: number;
}

export class GatewayBudgets {
  readonly #clock: Clock;
  readonly #limitsOf: (gateway: string) => GatewayLimits;
  readonly #buckets = new Map<string, Bucket>();

  constructor(clock: Clock, limitsOf: (gateway: string) => GatewayLimits) {
    this.#clock = clock;
    this.#limitsOf = limitsOf;
  }

  /** How long the gateway has to wait before it may send more of this, ms; 0 = now. */
  waitMs(gateway: string, share: Share): number {
    const { events, bytes } = this.#bucketOf(gateway, share);
    const rate = this.#rateOf(gateway, share);
    return Math.ceil(Math.max(0, -events / rate.events, -bytes / rate.bytes) * 1000);
  }

  /** Counts a batch or a state against the budget. */
  spend(gateway: string, share: Share, events: number, bytes: number): void {
    const bucket = this.#bucketOf(gateway, share);
    bucket.events -= events;
    bucket.bytes -= bytes;
  }

  #rateOf(gateway: string, share: Share): { readonly events: number; readonly bytes: number } {
    const limits = this.#limitsOf(gateway);
    if (share === 'telemetry') return { events: limits.events_per_second, bytes: limits.bytes_per_second };
    const events = share === 'alerts' ? limits.alerts_per_second : statusesPerSecond;
    return { events, bytes: Math.min(events * bytesOfAlert, limits.bytes_per_second) };
  }

  #bucketOf(gateway: string, share: Share): Bucket {
    const name = `${share}/${gateway}`;
    const now = this.#clock.uptime();
    const rate = this.#rateOf(gateway, share);
    const burst = burstSeconds[share];
    const known = this.#buckets.get(name);
    const bucket = known ?? { events: rate.events * burst, bytes: rate.bytes * burst, at: now };
    const seconds = (now - bucket.at) / 1000;
    bucket.events = Math.min(rate.events * burst, bucket.events + rate.events * seconds);
    bucket.bytes = Math.min(rate.bytes * burst, bucket.bytes + rate.bytes * seconds);
    bucket.at = now;
    this.#buckets.delete(name);
    this.#buckets.set(name, bucket);
    const oldest = this.#buckets.keys().next().value;
    if (this.#buckets.size > maxGateways * 3 && oldest !== undefined) this.#buckets.delete(oldest);
    return bucket;
  }
}
