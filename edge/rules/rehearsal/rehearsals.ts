/**
 * Rehearsals of rules for the running gateway: in a thread of its own that ends with its answer, so that no alarm waits.
 *
 *   asked ──► another one runs? ── yes ──► waits for its end; too many wait: refused (`isFull`)
 *     └──► thread ── answer ──► done
 *             ├── the asker is gone (signal) ──► thread ended
 *             └── no answer in time ──► thread ended, an error
 *
 * Always: one thread at a time, with bounded memory; it only reads the outbox's file.
 */
import { Worker } from 'node:worker_threads';
import type { Clock } from '@forpost/shared/clock.ts';
import { ForpostError } from '@forpost/shared/errors.ts';
import { inSlices } from '@forpost/shared/slices.ts';
import { lineSteps } from '../../site/document-lines.ts';
import type { RuleConfig, Site } from '../../site/site.ts';
import type { PostedQuestion, RehearsalAnswer } from './messages.ts';

/** Events that one rehearsal reads: a day of 20 messages/s is 1.7 million, half a minute on two shared cores. */
const mostEvents = 2_000_000;
/** The thread stops reading after this time and answers with what it has. */
const mostMs = 45_000;
/** The running rehearsal and the waiting ones. */
const mostAsked = 4;
/** A thread that does not answer is ended. */
const deadlineMs = mostMs + 10_000;
const memory = { maxOldGenerationSizeMb: 128, maxYoungGenerationSizeMb: 16 } as const;

export interface RehearsalsOptions {
  readonly site: () => Site;
  readonly clock: Clock;
  /** the outbox's file */
  readonly file: () => string;
}

export class Rehearsals {
  readonly #options: RehearsalsOptions;
  #last: Promise<unknown> = Promise.resolve();
  #asked = 0;

  constructor(options: RehearsalsOptions) {
    this.#options = options;
  }

  /**
   * The alarms that `drafted` and `standing` rules would have raised in the last `hours`. `signal`: the caller has
   * closed its connection.
   * @throws ForpostError FORPOST_CALL_UNANSWERED, also where the caller has closed its connection
   */
  run(
    rules: { readonly drafted: readonly RuleConfig[]; readonly standing: readonly RuleConfig[] },
    hours: number,
    signal?: AbortSignal,
  ): Promise<RehearsalAnswer> {
    this.#asked++;
    const asked = this.#last.then(async () => this.#inThread(await this.#question(rules, hours), signal));
    this.#last = asked.then(
      () => this.#asked--,
      () => this.#asked--,
    );
    return asked;
  }

  /** Whether a further one is not taken: one runs, and others wait. */
  get isFull(): boolean {
    return this.#asked >= mostAsked;
  }

  async #question(
    rules: { readonly drafted: readonly RuleConfig[]; readonly standing: readonly RuleConfig[] },
    hours: number,
  ): Promise<PostedQuestion> {
    const { site, clock, file } = this.#options;
    const lines = await inSlices(lineSteps({ site: site(), secrets: { mqtt: {}, console: {} } }));
    const now = clock.now();
    return {
      ...rules,
      file: file(),
      lines,
      from: now - hours * 3_600_000,
      now,
      uptime: clock.uptime(),
      mostEvents,
      mostMs,
    };
  }

  #inThread(question: PostedQuestion, signal: AbortSignal | undefined): Promise<RehearsalAnswer> {
    if (signal?.aborted) return Promise.reject(unanswered());
    return new Promise((resolve, reject) => {
      const worker = new Worker(new URL('./thread.ts', import.meta.url), {
        workerData: question,
        name: 'rehearsal',
        resourceLimits: memory,
      });
      const end = () => void worker.terminate();
      const late = this.#options.clock.after(deadlineMs, end);
      signal?.addEventListener('abort', end, { once: true });
      worker.once('message', resolve);
      worker.once('error', reject);
      worker.once('exit', () => {
        late.cancel();
        signal?.removeEventListener('abort', end);
        // after an answer this changes nothing
        reject(unanswered());
      });
    });
  }
}

function unanswered(): ForpostError {
  return new ForpostError('FORPOST_CALL_UNANSWERED', 'the thread that rehearses rules ended without an answer');
}
