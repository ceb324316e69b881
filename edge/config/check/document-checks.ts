/**
 * Checks documents of the site for the running gateway without making alarms wait: a small document in the main thread,
 * a large one in a thread of its own (thread.ts) that ends with its answer. 5,000 devices take seconds to check.
 *
 *   text ──► small? ── yes ──► loadSite, differenceOf, valuesIn here
 *              └── no ──► a thread ── answer ──► done
 *                            └── it ends without one, or takes too long ──► an error; the next check starts another
 *
 * Always: one thread at a time; the answers are those of `loadSite`, `differenceOf` and `valuesIn`.
 */
import { Worker } from 'node:worker_threads';
import type { Clock } from '@forpost/shared/clock.ts';
import { configError } from '@forpost/shared/config/yaml.ts';
import { ForpostError } from '@forpost/shared/errors.ts';
import { differenceOf } from '../../site/difference.ts';
import type { LoadedDocument } from '../../site/document.ts';
import type { ChangeInWords } from '../../site/revision.ts';
import { type Fields, valuesIn } from '../../site/values.ts';
import { loadSite } from '../load-site.ts';
import type { CheckAnswer, CheckQuestion } from './messages.ts';

/** A document of some 50 entries: a few ms here, less than the start of a thread. */
const smallLetters = 8_000;
/** A small machine checks 5,000 devices in half a minute. */
const deadlineMs = 120_000;

export interface DocumentChecksOptions {
  readonly file: string;
  readonly secretsFile: string;
  readonly clock: Clock;
  /** letters of a document that is checked in this thread; default: `smallLetters` */
  readonly smallLetters?: number;
}

export class DocumentChecks {
  readonly #options: DocumentChecksOptions;
  #last: Promise<unknown> = Promise.resolve();

  constructor(options: DocumentChecksOptions) {
    this.#options = options;
  }

  /** As `loadSite`. @throws ForpostError FORPOST_CONFIG_INVALID, FORPOST_CALL_UNANSWERED */
  async load(text: string): Promise<LoadedDocument> {
    const { file, secretsFile } = this.#options;
    if (this.#isSmall(text)) return loadSite(file, secretsFile, text);
    const answer = await this.#ask({ kind: 'load', file, secretsFile, text });
    if (answer.kind === 'problems') throw configError(answer.problems);
    if (answer.kind !== 'loaded') throw unanswered();
    return answer.loaded;
  }

  /** As `differenceOf`. @throws ForpostError FORPOST_CALL_UNANSWERED */
  async compare(before: string, after: string): Promise<readonly ChangeInWords[]> {
    if (this.#isSmall(before) && this.#isSmall(after)) return differenceOf(before, after);
    const answer = await this.#ask({ kind: 'compare', before, after });
    if (answer.kind !== 'changes') throw unanswered();
    return answer.changes;
  }

  /** As `valuesIn`. @throws ForpostError FORPOST_CALL_UNANSWERED */
  async values(text: string): Promise<Fields> {
    if (this.#isSmall(text)) return valuesIn(text);
    const answer = await this.#ask({ kind: 'values', text });
    if (answer.kind !== 'values') throw unanswered();
    return answer.values;
  }

  #isSmall(text: string): boolean {
    return text.length <= (this.#options.smallLetters ?? smallLetters);
  }

  #ask(question: CheckQuestion): Promise<CheckAnswer> {
    const asked = this.#last.then(() => this.#inThread(question));
    this.#last = asked.catch(() => {
      // the caller of this check gets the error
    });
    return asked;
  }

  #inThread(question: CheckQuestion): Promise<CheckAnswer> {
    return new Promise((resolve, reject) => {
      const worker = new Worker(new URL('./thread.ts', import.meta.url), { workerData: question, name: 'site check' });
      const late = this.#options.clock.after(deadlineMs, () => void worker.terminate());
      worker.once('message', resolve);
      worker.once('error', reject);
      worker.once('exit', () => {
        late.cancel();
        // after an answer this changes nothing
        reject(unanswered());
      });
    });
  }
}

function unanswered(): ForpostError {
  return new ForpostError('FORPOST_CALL_UNANSWERED', 'the thread that checks the site ended without an answer');
}
