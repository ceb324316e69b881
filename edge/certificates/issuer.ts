/**
 * Makes keys and certificates in a thread of their own, one thread for each: an RSA key and the key derivation of a
 * PKCS#12 file take up to seconds, and the library that encodes X.509 is loaded only there.
 *
 * Always: the main thread waits for nothing; a thread that does not answer within the deadline is ended.
 */
import { Worker } from 'node:worker_threads';
import type { Clock } from '@forpost/shared/clock.ts';
import { ForpostError } from '@forpost/shared/errors.ts';
import type { Issued, IssueJob } from './issue-job.ts';

/** Makes one certificate. @throws ForpostError FORPOST_CALL_UNANSWERED where the thread ends without an answer */
export type Issue = (job: IssueJob) => Promise<Issued>;

/** An RSA key of 3072 bits takes a small machine ten seconds at worst. */
const deadlineMs = 60_000;
const memory = { maxOldGenerationSizeMb: 128, maxYoungGenerationSizeMb: 16 } as const;

export function issuingThread(clock: Pick<Clock, 'after'>): Issue {
  return (job) =>
    new Promise((resolve, reject) => {
      const worker = new Worker(new URL('./thread/thread.ts', import.meta.url), {
        workerData: job,
        name: 'certificates',
        resourceLimits: memory,
      });
      const late = clock.after(deadlineMs, () => void worker.terminate());
      worker.once('message', resolve);
      worker.once('error', reject);
      worker.once('exit', () => {
        late.cancel();
        // after an answer this changes nothing
        reject(
          new ForpostError('FORPOST_CALL_UNANSWERED', 'the thread that makes certificates ended without an answer'),
        );
      });
    });
}
