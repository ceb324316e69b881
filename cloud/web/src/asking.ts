/**
 * Repeats requests to the centre until it answers.
 *
 *   asking ── answer ──► done
 *     └── error ──► reported ── `retryMs` ──► asking          aborted at any time ──► done, without an answer
 *
 * Always: at most `atOnce` requests of a list run at once, because a browser has six connections to a host without HTTP/2:
 * the stream holds one, and a button's request must not queue behind requests that fill the page. A failed request does
 * not stop the others.
 */

export interface Asking {
  /** resolves after `ms`, at once when aborted */
  readonly wait: (ms: number, signal: AbortSignal) => Promise<void>;
  readonly retryMs: number;
  readonly signal: AbortSignal;
}

/** Calls `ask` until it resolves, `failed` with each error before; undefined when aborted. Never rejects. */
export async function untilAnswered<Answer>(
  ask: () => Promise<Answer>,
  failed: (error: unknown) => void,
  { wait, retryMs, signal }: Asking,
): Promise<Answer | undefined> {
  while (!signal.aborted) {
    try {
      const answer = await ask();
      return signal.aborted ? undefined : answer;
    } catch (error) {
      if (signal.aborted) return undefined;
      failed(error);
    }
    await wait(retryMs, signal);
  }
  return undefined;
}

export interface QuestionOptions<Answer> extends Omit<Asking, 'signal'> {
  readonly ask: (signal: AbortSignal) => Promise<Answer>;
  readonly answered: (answer: Answer) => void;
  readonly failed: (error: unknown) => void;
}

/** A request that is sent again from time to time. Only the newest one counts, and it is repeated until it is answered. */
export class Question<Answer> {
  readonly #options: QuestionOptions<Answer>;
  #asking: AbortController | undefined;

  constructor(options: QuestionOptions<Answer>) {
    this.#options = options;
  }

  ask(): void {
    const { ask, answered, failed, wait, retryMs } = this.#options;
    this.stop();
    const asking = new AbortController();
    this.#asking = asking;
    const { signal } = asking;
    void untilAnswered(() => ask(signal).then((answer) => ({ answer })), failed, { wait, retryMs, signal }).then(
      (got) => {
        if (got !== undefined && !signal.aborted) answered(got.answer);
      },
    );
  }

  /** Ends the request; no answer and no error is reported any more. */
  stop(): void {
    this.#asking?.abort();
  }
}

/** Calls `ask` for each item, `atOnce` at a time, and repeats the calls that reject. Never rejects. */
export async function eachAnswered<Item>(
  items: readonly Item[],
  atOnce: number,
  ask: (item: Item) => Promise<void>,
  { wait, retryMs, signal }: Asking,
): Promise<void> {
  let left = items;
  while (left.length > 0 && !signal.aborted) {
    const failed: Item[] = [];
    const queue = left.values();
    const worker = async () => {
      for (const item of queue) {
        if (signal.aborted) return;
        await ask(item).catch(() => failed.push(item));
      }
    };
    await Promise.all(Array.from({ length: atOnce }, worker));
    left = failed;
    if (left.length > 0) await wait(retryMs, signal);
  }
}

/** Waits with the browser's timers. */
export async function wait(ms: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  await new Promise<void>((resolve) => {
    const done = () => {
      window.clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = window.setTimeout(done, ms);
    signal.addEventListener('abort', done);
  });
}
