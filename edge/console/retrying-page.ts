/**
 * Starts the page. While another program has the page's port, the gateway runs without the page, and the start is tried
 * again until the port is free.
 *
 *   start ── listens ──► serving
 *     └── port taken ──► waiting (reported; tried again every 10 s) ── port free ──► serving
 *
 * Always: any other error, such as a mistake in the configuration, fails the start.
 */

import type { Clock, Timer } from '@forpost/shared/clock.ts';
import { ForpostError, messageOf } from '@forpost/shared/errors.ts';
import type { Part } from '@forpost/shared/lifecycle.ts';
import type { Logger } from '@forpost/shared/logging.ts';
import { noWords, type Words, words } from '@forpost/shared/texts/english.ts';
import type { ConsoleServer } from './server.ts';

const againEveryMs = 10_000;

export interface RetryingPageOptions {
  readonly server: Pick<ConsoleServer, 'start' | 'stop' | 'url'>;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly everyMs?: number;
}

export class RetryingPage implements Part {
  readonly #options: RetryingPageOptions;
  #timer: Timer | undefined;
  #trying: Promise<void> = Promise.resolve();
  #problem: Words = noWords;
  #stopped = false;

  constructor(options: RetryingPageOptions) {
    this.#options = options;
  }

  /** The address of the page; empty while its port is taken. */
  get url(): string {
    return this.#problem === '' ? this.#options.server.url : '';
  }

  /** A sentence while the page does not run, for the status at the centre. */
  problems(): readonly Words[] {
    return this.#problem === '' ? [] : [this.#problem];
  }

  async start(): Promise<void> {
    this.#stopped = false;
    await this.#try();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#timer?.cancel();
    await this.#trying;
    await this.#options.server.stop();
  }

  async #try(): Promise<void> {
    const { server, clock, logger, everyMs = againEveryMs } = this.#options;
    try {
      await server.start();
      if (this.#problem !== '') logger.info({ page: server.url }, 'the page listens now: its port is free');
      this.#problem = noWords;
    } catch (error) {
      if (!(error instanceof ForpostError) || error.code !== 'FORPOST_PORT_TAKEN') throw error;
      await server.stop();
      if (this.#problem === '') logger.error({ why: messageOf(error) }, 'there is no page: its port is taken');
      this.#problem = words('gateway/problem.no-page', { reason: messageOf(error) });
      if (this.#stopped) return;
      this.#timer = clock.after(everyMs, () => {
        this.#trying = this.#try().catch((failure: unknown) => {
          logger.error({ err: failure }, 'there is no page');
        });
      });
    }
  }
}
