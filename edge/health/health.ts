/**
 * Tells whether the gateway is alive (`/healthz`: a supervisor restarts a dead one) and whether it accepts devices
 * (`/readyz`: a start script or an installer waits for that).
 *
 * Always: a centre that is away, a camera that hangs or a device that is silent never makes the gateway unhealthy: a
 * restart would cure none of them. Only an outbox that has work and commits nothing for `stuckMs` does.
 */
import type { Clock, Timer } from '@forpost/shared/clock.ts';
import type { Part } from '@forpost/shared/lifecycle.ts';
import type { OutboxStatus } from '../outbox/outbox.ts';

export interface HealthAnswer {
  readonly ok: boolean;
  /** what is wrong, in words; empty where ok */
  readonly reasons: readonly string[];
}

export interface GatewayHealthOptions {
  readonly outbox: () => Pick<OutboxStatus, 'commits' | 'queued'>;
  /** what is missing, in words, as "the broker does not listen yet"; empty: ready */
  readonly notReady: () => readonly string[];
  readonly clock: Clock;
}

/** The slowest SD card commits in 200 ms: a disk without a commit in this time will never make one. */
const stuckMs = 30_000;
const checkEveryMs = 5000;

export class GatewayHealth implements Part {
  readonly #options: GatewayHealthOptions;
  #timer: Timer | undefined;
  #commits = -1;
  /** when the outbox last had nothing to do or committed, ms of the monotonic clock */
  #wellAt = 0;

  constructor(options: GatewayHealthOptions) {
    this.#options = options;
  }

  async start(): Promise<void> {
    this.#wellAt = this.#options.clock.uptime();
    this.#sampleLater();
  }

  async stop(): Promise<void> {
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  alive(): HealthAnswer {
    this.#sample();
    const stuckForMs = this.#options.clock.uptime() - this.#wellAt;
    if (stuckForMs < stuckMs) return { ok: true, reasons: [] };
    return { ok: false, reasons: [`the outbox has committed nothing for ${Math.round(stuckForMs / 1000)} s`] };
  }

  ready(): HealthAnswer {
    const reasons = [...this.alive().reasons, ...this.#options.notReady()];
    return { ok: reasons.length === 0, reasons };
  }

  #sampleLater(): void {
    this.#sample();
    this.#timer = this.#options.clock.after(checkEveryMs, () => this.#sampleLater());
  }

  #sample(): void {
    const { commits, queued } = this.#options.outbox();
    if (queued === 0 || commits !== this.#commits) this.#wellAt = this.#options.clock.uptime();
    this.#commits = commits;
  }
}
