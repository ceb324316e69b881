/**
 * Starts a history on a ClickHouse server that may not answer yet: after a power cut the centre may start before the server.
 *
 * Always: only a retryable error is retried; the notifier works meanwhile.
 */
import { type Clock, sleep } from '@forpost/shared/clock.ts';
import { ForpostError, messageOf } from '@forpost/shared/errors.ts';
import type { Logger } from '@forpost/shared/logging.ts';
import { backoffMs } from '@forpost/shared/retry.ts';
import type { HistoryStore } from './store.ts';

export interface WaitOptions {
  readonly clock: Clock;
  readonly random: () => number;
  readonly logger: Logger;
  /** aborted when the centre stops */
  readonly stopping: AbortSignal;
}

const backoff = { baseMs: 200, ceilingMs: 5_000 };

/** Resolves when the history answers. @throws an error that is not retryable; FORPOST_CENTRE_STOPPING after `stopping` */
export async function startWhenReachable(
  history: Pick<HistoryStore, 'start'>,
  { clock, random, logger, stopping }: WaitOptions,
): Promise<void> {
  for (let attempt = 0; ; attempt++) {
    try {
      await history.start();
      return;
    } catch (error) {
      if (!(error instanceof ForpostError) || !error.retryable) throw error;
      const waitMs = Math.round(backoffMs(backoff, attempt, random));
      const words = 'the page opens when the history answers; notifications are sent meanwhile';
      logger.warn({ attempt, waitMs }, `${messageOf(error)}: ${words}`);
      await sleep(clock, waitMs, stopping);
      if (stopping.aborted)
        throw new ForpostError('FORPOST_CENTRE_STOPPING', 'the centre was stopped before its history answered');
    }
  }
}
