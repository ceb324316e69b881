/** A deadline around something that has none of its own. The late result is dropped, its late error too. */
import type { Clock } from '@forpost/shared/clock.ts';
import { ForpostError } from '@forpost/shared/errors.ts';

/** @throws ForpostError FORPOST_SINK_TIMEOUT */
export function within<T>(clock: Clock, deadlineMs: number, what: string, work: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = clock.after(deadlineMs, () =>
      reject(new ForpostError('FORPOST_SINK_TIMEOUT', `${what}: no answer within ${deadlineMs / 1000} s`)),
    );
    work.then(resolve, reject).finally(() => timer.cancel());
  });
}
