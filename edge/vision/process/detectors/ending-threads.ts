/**
 * Keeps the detector threads that were replaced and have not ended yet. A thread in native code cannot be stopped:
 * terminating it aborts the whole process when the native call returns. So the thread is asked to end when it can.
 *
 *   dismissed ── ends ──► gone
 *       └── `stuckAfterMs` ──► stuck; `mostStuck` of them ──► only a new process helps
 */
import type { Worker } from 'node:worker_threads';
import type { Clock, Timer } from '@forpost/shared/clock.ts';
import type { ToWorker } from './pool-messages.ts';

/** A thread that has not ended by then never will. */
const stuckAfterMs = 30_000;
const mostStuck = 2;
const stopDeadlineMs = 1_500;

export class EndingThreads {
  readonly #clock: Clock;
  readonly #tooManyStuck: (models: readonly string[]) => void;
  readonly #leaving = new Map<Worker, Timer>();
  readonly #stuck: string[] = [];
  #stopped = false;

  /** `tooManyStuck`: called with the model of each stuck thread when only a new process helps */
  constructor(clock: Clock, tooManyStuck: (models: readonly string[]) => void) {
    this.#clock = clock;
    this.#tooManyStuck = tooManyStuck;
  }

  /** Asks a thread to end as soon as it can. `model`: the model that the thread runs. */
  dismiss(worker: Worker, model = ''): void {
    const timer = this.#clock.after(stuckAfterMs, () => {
      this.#stuck.push(model);
      if (this.#stuck.length >= mostStuck && !this.#stopped) this.#tooManyStuck(this.#stuck);
    });
    this.#leaving.set(worker, timer);
    worker.once('exit', () => {
      timer.cancel();
      this.#leaving.delete(worker);
    });
    const message: ToWorker = { kind: 'end' };
    worker.postMessage(message);
  }

  /** Reports no more stuck threads. Resolves when all dismissed threads have ended or were terminated. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await Promise.all([...this.#leaving.keys()].map((worker) => this.#endOf(worker)));
  }

  #endOf(worker: Worker): Promise<void> {
    return new Promise((resolve) => {
      const timer = this.#clock.after(stopDeadlineMs, () => {
        resolve(worker.terminate().then(() => {}));
      });
      worker.once('exit', () => {
        timer.cancel();
        resolve();
      });
    });
  }
}
