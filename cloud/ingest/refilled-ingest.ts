/**
 * Ingest of a centre whose history may have to be filled again (recovery.ts).
 *
 *   the history is whole ──► ingest starts at once
 *   the history replaces a damaged one ──► wait for Kafka ──► ingest reads from the oldest record on
 *
 * Always: the start of the centre does not wait for a refill; the page works meanwhile.
 */
import type { Part } from '@forpost/shared/lifecycle.ts';
import type { Logger } from '@forpost/shared/logging.ts';
import type { HistoryRecovery } from './recovery.ts';

export interface RefilledIngestOptions {
  readonly ingest: Part;
  readonly recovery: Pick<HistoryRecovery, 'due' | 'prepareIngest'>;
  /** fills the new history with data outside the lanes: people's acknowledgements */
  readonly refill: () => Promise<unknown>;
  readonly logger: Logger;
}

export class RefilledIngest implements Part {
  readonly #options: RefilledIngestOptions;
  readonly #stopping = new AbortController();
  #started: Promise<void> = Promise.resolve();

  constructor(options: RefilledIngestOptions) {
    this.#options = options;
  }

  async start(): Promise<void> {
    const { ingest, recovery, refill, logger } = this.#options;
    if (!recovery.due) {
      await ingest.start();
      return;
    }
    this.#started = recovery.prepareIngest(this.#stopping.signal, refill).then(async () => {
      if (!this.#stopping.signal.aborted) await ingest.start();
    });
    this.#started.catch((error: unknown) => logger.fatal({ err: error }, 'ingest did not start'));
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#started.catch(() => undefined);
    await this.#options.ingest.stop();
  }
}
