/**
 * Tracks how each model behaves: whether it may run now, and whether it is proven.
 *
 *   fit ── failed, or its thread died or was given up ──► held back (backoff) ──► fit
 *   unproven ── has answered for `provenAfterMs` without a failure ──► proven
 *
 * Always: a model that is held back does not run until its backoff ends; a proven model is no longer a suspect; a model
 * without a file (built in, or on another machine) needs no proof.
 */
import type { Clock, Timer } from '@forpost/shared/clock.ts';
import { type Backoff, backoffMs } from '@forpost/shared/retry.ts';
import type { Model } from './registry.ts';

/** A model that has answered this long is not one that crashes at its first frames. */
const provenAfterMs = 30_000;
const backoff: Backoff = { baseMs: 100, ceilingMs: 10_000 };
/** A short ceiling, so that a machine that is back is asked soon. */
const remoteBackoff: Backoff = { baseMs: 100, ceilingMs: 2_000 };

export interface ModelFailuresOptions {
  readonly clock: Clock;
  /** uniform in [0, 1) */
  readonly random: () => number;
  /** models that ran when earlier processes ended */
  readonly suspects: readonly string[];
  /** called once for each model */
  readonly proven: (model: string) => void;
  /** a model may run again */
  readonly fit: () => void;
}

export class ModelFailures {
  readonly #options: ModelFailuresOptions;
  /** models that failed, by name, until they answer again; `timer`: held back until it fires */
  readonly #failing = new Map<string, { failures: number; timer: Timer | undefined }>();
  /** since when a model answers without failure, ms of the monotonic clock */
  readonly #answering = new Map<string, number>();
  readonly #proven = new Set<string>();
  readonly #suspects: Set<string>;

  constructor(options: ModelFailuresOptions) {
    this.#options = options;
    this.#suspects = new Set(options.suspects);
  }

  stop(): void {
    for (const { timer } of this.#failing.values()) timer?.cancel();
  }

  isHeldBack(name: string): boolean {
    return this.#failing.get(name)?.timer !== undefined;
  }

  isSuspect(name: string): boolean {
    return this.#suspects.has(name);
  }

  /** Whether a process that ends while this model runs may have ended because of it. */
  needsProof({ name, file }: Model): boolean {
    return file !== '' && !this.#proven.has(name);
  }

  answered(model: Model): void {
    const { name } = model;
    this.#failing.delete(name);
    if (!this.needsProof(model)) return;
    const now = this.#options.clock.uptime();
    const since = this.#answering.get(name) ?? now;
    this.#answering.set(name, since);
    if (now - since < provenAfterMs) return;
    this.#proven.add(name);
    this.#suspects.delete(name);
    this.#options.proven(name);
  }

  failed({ name, remote }: Model): void {
    const { clock, random, fit } = this.#options;
    this.#answering.delete(name);
    const failing = this.#failing.get(name) ?? { failures: 0, timer: undefined };
    this.#failing.set(name, failing);
    if (failing.timer !== undefined) return;
    const delayMs = backoffMs(remote === undefined ? backoff : remoteBackoff, failing.failures++, random);
    failing.timer = clock.after(delayMs, () => {
      failing.timer = undefined;
      fit();
    });
  }
}
