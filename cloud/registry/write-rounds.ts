/**
 * Runs the writes of a part whose records wait for the registry: one round of writes at a time, and another round later
 * while a record still waits.
 *
 *   idle ── request ──► round ── every record is written ──► idle
 *                         └── one is not, or the registry is not read yet ──► waiting ── `retryMs`, request ──► round
 *
 * Always: a request during a round leads to another round; after `stop` no round begins.
 */
import type { Clock, Timer } from '@forpost/shared/clock.ts';
import { messageOf } from '@forpost/shared/errors.ts';
import type { Part } from '@forpost/shared/lifecycle.ts';
import type { Logger } from '@forpost/shared/logging.ts';
import type { Registry } from './registry.ts';

export interface WriteRoundsOptions {
  readonly registry: Pick<Registry, 'complete'>;
  /** writes what waits, for as long as `mayWrite`; false: a record is left for another round */
  readonly round: () => Promise<boolean>;
  /** the log's line for a round that throws */
  readonly failed: string;
  readonly clock: Clock;
  readonly logger: Logger;
}

const retryMs = 5_000;

export class WriteRounds implements Part {
  readonly #options: WriteRoundsOptions;
  #running = false;
  #requested = false;
  #timer: Timer | undefined;
  #stopped = false;

  constructor(options: WriteRoundsOptions) {
    this.#options = options;
  }

  async start(): Promise<void> {
    this.#stopped = false;
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  /** Before the registry is read, a known record looks like a new one. */
  get mayWrite(): boolean {
    return !this.#stopped && this.#options.registry.complete;
  }

  /** Begins a round, or another one after the round that runs. */
  request(): void {
    this.#requested = true;
    if (!this.#running && !this.#stopped) void this.#run();
  }

  async #run(): Promise<void> {
    const { round, failed, logger } = this.#options;
    this.#running = true;
    let isDone = this.mayWrite;
    try {
      while (isDone && this.#requested) {
        this.#requested = false;
        isDone = (await round()) && this.mayWrite;
      }
    } catch (error) {
      isDone = false;
      logger.warn({ problem: messageOf(error) }, failed);
    }
    this.#running = false;
    if (!isDone && !this.#stopped) this.#retryLater();
  }

  #retryLater(): void {
    this.#timer ??= this.#options.clock.after(retryMs, () => {
      this.#timer = undefined;
      this.request();
    });
  }
}
