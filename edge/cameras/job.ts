/**
 * Runs one job in a set-up process (process/main.ts) and passes its messages on.
 *
 *   forked ── job sent ──► messages … ── done, failed ──► over
 *                 └── its time is over, stop(), it ends by itself ──► its process group is killed ──► over
 *
 * Always: `over` is called once and nothing after it; the process leads a group of its own, so that one signal ends its
 * ffmpegs too; the size of its heap is bounded.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Clock } from '@forpost/shared/clock.ts';
import { messageOf } from '@forpost/shared/errors.ts';
import { killGroup } from '@forpost/shared/process-group.ts';
import { type Words, words } from '@forpost/shared/texts/english.ts';
import { noTelemetry } from '../vision/no-telemetry.ts';
import type { FromSetUp, Job } from './messages.ts';

const entryPoint = fileURLToPath(new URL('./process/main.ts', import.meta.url));
/** MB: an answer of a camera has at most half a megabyte */
const heapFlags = ['--max-old-space-size=96', '--max-semi-space-size=2'];

export interface JobEvents {
  message(message: Exclude<FromSetUp, { kind: 'done' | 'failed' }>): void;
  /** `failure` absent: the job is done */
  over(failure?: { readonly reason: Words; readonly needsLogin: boolean }): void;
}

export interface RunningJob {
  /** Ends the process; `over` is not called. */
  stop(): void;
}

export function runJob(job: Job, deadlineMs: number, clock: Clock, events: JobEvents): RunningJob {
  let isOver = false;
  const child: ChildProcess = fork(entryPoint, [], {
    detached: true,
    execArgv: heapFlags,
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    env: { ...process.env, ...noTelemetry },
  });
  const finish = (failure?: { readonly reason: Words; readonly needsLogin: boolean }) => {
    if (isOver) return;
    isOver = true;
    late.cancel();
    killGroup(child);
    events.over(failure);
  };
  const late = clock.after(deadlineMs, () =>
    finish({
      reason: words('gateway/reason.set-up-slow', { seconds: Math.round(deadlineMs / 1_000) }),
      needsLogin: false,
    }),
  );
  child.on('message', (value) => {
    const message = value as FromSetUp;
    if (isOver) return;
    if (message.kind === 'done') finish();
    else if (message.kind === 'failed') finish({ reason: message.reason, needsLogin: message.needsLogin });
    else events.message(message);
  });
  const broken = (reason: string) =>
    finish({ reason: words('gateway/reason.set-up-broken', { reason }), needsLogin: false });
  child.once('error', (error) => broken(messageOf(error)));
  child.once('close', (status, signal) => broken(signal ?? `status ${status}`));
  child.send(job, (error) => {
    if (error !== null) broken(messageOf(error));
  });
  return {
    stop() {
      isOver = true;
      late.cancel();
      killGroup(child);
    },
  };
}
