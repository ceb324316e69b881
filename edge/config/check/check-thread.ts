/**
 * The thread that checks documents (thread.ts), as the main thread uses it.
 *
 *   none ── question ──► asked ── answer ──► idle ── question ──► asked
 *                          │                   └── `idleMs` without a question, `stop` ──► told to end ──► none
 *                          └── it fails, ends or is late ──► an error for the asker ──► none
 *
 * It stays for the next question: a change asks three. The main thread waits for the system's end of each thread, which took
 * 20 to 150 ms where the cores were busy. For the same reason a thread that is told to end first takes the main thread's
 * priority.
 *
 * Always: one question at a time, in the order of asking; each is answered or fails within `deadlineMs`.
 */
import { Worker } from 'node:worker_threads';
import type { Clock, Timer } from '@forpost/shared/clock.ts';
import { ForpostError } from '@forpost/shared/errors.ts';
import { Turns } from '@forpost/shared/turns.ts';
import type { CheckAnswer, CheckQuestion, ThreadMessage } from './messages.ts';

/** A small machine checks 5,000 devices in half a minute. */
const deadlineMs = 120_000;

export interface CheckThreadOptions {
  readonly clock: Clock;
  /** how long the thread stays without a question; 0: it ends with its answer */
  readonly idleMs: number;
}

export class CheckThread {
  readonly #options: CheckThreadOptions;
  readonly #turns = new Turns();
  #worker: Worker | undefined;
  #idle: Timer | undefined;

  constructor(options: CheckThreadOptions) {
    this.#options = options;
  }

  /** @throws ForpostError FORPOST_CALL_UNANSWERED; the error of the thread */
  ask(question: CheckQuestion): Promise<CheckAnswer> {
    return this.#turns.run(() => this.#answerTo(question));
  }

  /** Ends the thread once it has answered. */
  async stop(): Promise<void> {
    await this.#turns.ended();
    this.#end();
  }

  #answerTo(question: CheckQuestion): Promise<CheckAnswer> {
    const { clock, idleMs } = this.#options;
    this.#idle?.cancel();
    const worker = this.#worker ?? this.#start();
    worker.ref();
    return new Promise<CheckAnswer>((resolve, reject) => {
      const late = clock.after(deadlineMs, () => void worker.terminate());
      const ended = () => {
        late.cancel();
        reject(unanswered());
      };
      worker.once('error', reject).once('exit', ended);
      worker.once('message', (answer: CheckAnswer) => {
        late.cancel();
        worker.off('error', reject).off('exit', ended);
        worker.unref();
        if (idleMs === 0) this.#end();
        else this.#idle = clock.after(idleMs, () => this.#end());
        resolve(answer);
      });
      worker.postMessage(question satisfies ThreadMessage);
    });
  }

  #start(): Worker {
    const worker = new Worker(new URL('./thread.ts', import.meta.url), { name: 'site check' });
    const gone = () => {
      if (this.#worker === worker) this.#worker = undefined;
    };
    // an error in an idle thread: the next question starts another
    worker.on('error', gone).on('exit', gone);
    this.#worker = worker;
    return worker;
  }

  #end(): void {
    this.#idle?.cancel();
    this.#worker?.postMessage({ kind: 'end' } satisfies ThreadMessage);
    this.#worker = undefined;
  }
}

export function unanswered(): ForpostError {
  return new ForpostError('FORPOST_CALL_UNANSWERED', 'the thread that checks the site ended without an answer');
}
