/**
 * The set-up process: takes one job from its parent, does it, and ends. A camera that answers with malice or without end
 * can harm this process alone; the parent kills it, and all that it started, when its time is over.
 *
 * Always: it ends when its parent does.
 */
import { messageOf } from '@forpost/shared/errors.ts';
import { type Words, words } from '@forpost/shared/texts/english.ts';
import { CameraFailure } from '../../vision/process/failure.ts';
import type { FromSetUp, Job, TestJob } from '../messages.ts';

process.once('disconnect', () => process.exit(0));
process.once('message', (job) => {
  run(job as Job).then(
    () => end({ kind: 'done' }),
    (error: unknown) => end(failed(error)),
  );
});

async function run(job: Job): Promise<void> {
  switch (job.kind) {
    case 'find': {
      const { searchCameras } = await import('./discovery/search.ts');
      const { ms, port } = job;
      const found = (camera: Extract<FromSetUp, { kind: 'found' }>['camera']) => send({ kind: 'found', camera });
      const problems = await searchCameras({ ms, found, ...(port === undefined ? {} : { port }) });
      send({ kind: 'searched', problems });
      return;
    }
    case 'ask': {
      const { askDevice } = await import('./onvif/device.ts');
      send({ kind: 'answered', device: await askDevice(job) });
      return;
    }
    case 'test':
      await testAll(job);
  }
}

/** Tests streams one after the other: many cameras serve few viewers, and a wrong password is tried only once. */
async function testAll(job: TestJob): Promise<void> {
  const { testStream } = await import('./stream-test/test-stream.ts');
  let isLoginRefused = false;
  for (const stream of job.streams) {
    if (isLoginRefused) {
      send({ kind: 'measured', reading: { url: stream.url, failure: words('gateway/reason.wrong-password') } });
      continue;
    }
    const reading = await testStream(stream, job);
    isLoginRefused = reading.failure === words('gateway/reason.wrong-password');
    send({ kind: 'measured', reading });
  }
}

function failed(error: unknown): FromSetUp {
  // of a DeviceRefusal (onvif/device.ts), whose class is loaded only where a device was asked
  const { refusal } = (error ?? {}) as { readonly refusal?: { readonly reason: Words; readonly kind: string } };
  if (refusal !== undefined) return { kind: 'failed', reason: refusal.reason, needsLogin: refusal.kind === 'login' };
  // the reasons of a session are words of the catalogue
  if (error instanceof CameraFailure) return { kind: 'failed', reason: error.reason as Words, needsLogin: false };
  return {
    kind: 'failed',
    reason: words('gateway/reason.test-failed', { reason: messageOf(error) }),
    needsLogin: false,
  };
}

function send(message: FromSetUp): void {
  if (process.connected) process.send?.(message);
}

function end(message: FromSetUp): void {
  if (!process.connected) process.exit(0);
  process.send?.(message, () => process.exit(0));
}
