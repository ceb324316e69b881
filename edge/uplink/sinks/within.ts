/** Puts a deadline on work that has none of its own. A late result is dropped, and so is a late error. */
import type { Clock } from '@forpost/shared/clock.ts';
import { ForpostError } from '@forpost/shared/errors.ts';
import { type Words, words } from '@forpost/shared/texts/english.ts';

/**
 * Resolves or rejects as `work` does, within `deadlineMs`. `what` begins the message of the error.
 * @throws ForpostError FORPOST_SINK_TIMEOUT
 */
export function within<T>(clock: Clock, deadlineMs: number, what: Words, work: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = clock.after(deadlineMs, () =>
      reject(
        new ForpostError(
          'FORPOST_SINK_TIMEOUT',
          words('gateway/reason.no-answer-of', { what, seconds: deadlineMs / 1000 }),
        ),
      ),
    );
    work.then(resolve, reject).finally(() => timer.cancel());
  });
}
