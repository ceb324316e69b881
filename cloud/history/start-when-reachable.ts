/**
 * Starts a history on a ClickHouse server that may be away: after a power cut the centre is up before the server.
 *
 * Always: only an error that a retry can help is waited for; people are told of alerts meanwhile.
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
  /** the centre is stopped */
  readonly stopping: AbortSignal;
}

const backoff = { baseMs: 200, ceilingMs: 5_000 };

/** Resolves when the history answers. @throws an error that no retry helps; FORPOST_HISTORY_FAILED once `stopping` */
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
      const words = 'the page opens when it answers; people are told of alerts meanwhile';
      logger.warn({ attempt, waitMs }, `${messageOf(error)}: ${words}`);
      await sleep(clock, waitMs, stopping);
      if (stopping.aborted)
        throw new ForpostError('FORPOST_CENTRE_STOPPING', 'the centre was stopped before its history answered');
    }
  }
}
