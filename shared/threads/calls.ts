/**
 * Calls between two threads: one thread sends a question, the other thread sends one answer or one error.
 *
 *   call ──► open ── answer ──► resolved, or rejected with the other thread's error
 *             ├── timeout ──► rejected; a late answer is dropped
 *             └── the other thread ended, or this side stopped ──► rejected
 *
 * Always: a call is settled exactly once. At most `maxOpen` calls are open, and the next one is rejected at once. No
 * call id is used twice in the life of a Caller, so an answer from a thread that was replaced settles no call to its
 * successor. Questions and answers are plain data, because `postMessage` clones them.
 *
 * Two kinds of messages are no calls. A notice (a commit happened, a cursor moved) needs no answer. The outbox's commit
 * keeps its own message: only one is outstanding, and the next batch must start in the turn in which the answer arrives,
 * while a promise resolves after it. The detectors' threads keep theirs as well: each has one frame in hand, and a
 * detector that misses its deadline is replaced.
 */
import type { Clock, Timer } from '../clock.ts';
import { type ErrorCode, ForpostError, messageOf } from '../errors.ts';

/** What one thread may ask of another: for each name the types of the question and of its answer. */
export type Calls = Readonly<Record<string, { readonly question: unknown; readonly answer: unknown }>>;

/** One question on its way. */
export type CallMessage<Asked extends Calls> = {
  [Name in keyof Asked & string]: {
    readonly kind: 'call';
    readonly name: Name;
    readonly id: number;
    readonly question: Asked[Name]['question'];
  };
}[keyof Asked & string];

/** The answer to the call of this id, or the error. */
export type AnswerMessage =
  | { readonly kind: 'answer'; readonly id: number; readonly answer: unknown }
  | { readonly kind: 'call-failed'; readonly id: number; readonly code: ErrorCode; readonly message: string };

export interface CallerOptions {
  /** the other thread in words, for errors: "the uplink thread" */
  readonly peer: string;
  readonly clock: Clock;
  readonly maxOpen: number;
}

interface OpenCall {
  readonly resolve: (answer: unknown) => void;
  readonly reject: (error: ForpostError) => void;
  readonly timer: Timer;
}

/** The asking side. */
export class Caller<Asked extends Calls> {
  readonly #options: CallerOptions;
  readonly #open = new Map<number, OpenCall>();
  #nextId = 0;
  #post: ((message: CallMessage<Asked>) => void) | undefined;

  constructor(options: CallerOptions) {
    this.#options = options;
  }

  /** calls that wait for an answer */
  get open(): number {
    return this.#open.size;
  }

  /** The other thread runs: calls are sent through `post`. */
  connect(post: (message: CallMessage<Asked>) => void): void {
    this.#post = post;
  }

  /** The other thread ended, or this side stops: rejects all open calls, and every new one until `connect`. */
  disconnect(why: string): void {
    this.#post = undefined;
    const open = [...this.#open.values()];
    this.#open.clear();
    for (const { timer, reject } of open) {
      timer.cancel();
      reject(this.#unanswered(why));
    }
  }

  /**
   * Asks the other thread.
   * @throws ForpostError FORPOST_CALL_UNANSWERED without an answer after `timeoutMs`, without the other thread, and
   * beyond `maxOpen`; else the code of the other thread's error
   */
  call<Name extends keyof Asked & string>(
    name: Name,
    question: Asked[Name]['question'],
    timeoutMs: number,
  ): Promise<Asked[Name]['answer']> {
    const { clock, maxOpen } = this.#options;
    const post = this.#post;
    if (post === undefined) return Promise.reject(this.#unanswered('it does not run'));
    if (this.#open.size >= maxOpen)
      return Promise.reject(this.#unanswered(`${maxOpen} calls to it wait for an answer already`));
    const id = this.#nextId++;
    return new Promise((resolve, reject) => {
      const timer = clock.after(timeoutMs, () => {
        this.#open.delete(id);
        reject(this.#unanswered(`it did not answer "${name}" within ${timeoutMs / 1000} s`));
      });
      this.#open.set(id, { resolve, reject, timer });
      try {
        // the union of all calls has this one: TypeScript does not follow a name through a mapped type
        post({ kind: 'call', name, id, question } as unknown as CallMessage<Asked>);
      } catch (error) {
        this.#open.delete(id);
        timer.cancel();
        reject(new ForpostError('FORPOST_PART_FAILED', `"${name}" cannot be sent: ${messageOf(error)}`));
      }
    });
  }

  /** Takes an answer from the other thread. An answer to a call that is no longer open is dropped. */
  receive(message: AnswerMessage): void {
    const call = this.#open.get(message.id);
    if (call === undefined) return;
    this.#open.delete(message.id);
    call.timer.cancel();
    if (message.kind === 'answer') call.resolve(message.answer);
    else call.reject(new ForpostError(message.code, message.message));
  }

  #unanswered(why: string): ForpostError {
    return new ForpostError('FORPOST_CALL_UNANSWERED', `${this.#options.peer} gave no answer: ${why}`);
  }
}

/** For each call the function that answers it. */
export type Handlers<Asked extends Calls> = {
  readonly [Name in keyof Asked]: (
    question: Asked[Name]['question'],
  ) => Asked[Name]['answer'] | Promise<Asked[Name]['answer']>;
};

/**
 * The answering side. Every call is answered once, through the `post` that belongs to the thread that asked. At most
 * `maxRunning` handlers run: a caller gives up after its timeout, the handler may not.
 */
export class Answerer<Asked extends Calls> {
  readonly #handlers: Handlers<Asked>;
  readonly #maxRunning: number;
  #running = 0;

  constructor(handlers: Handlers<Asked>, maxRunning: number) {
    this.#handlers = handlers;
    this.#maxRunning = maxRunning;
  }

  /** Runs the handler and posts its answer or its error. Never throws. */
  answer(message: CallMessage<Asked>, post: (answer: AnswerMessage) => void): void {
    const { id, name, question } = message;
    const fail = (error: unknown) => {
      const code = error instanceof ForpostError ? error.code : 'FORPOST_PART_FAILED';
      post({ kind: 'call-failed', id, code, message: messageOf(error) });
    };
    if (this.#running >= this.#maxRunning) {
      fail(new ForpostError('FORPOST_CALL_UNANSWERED', `${this.#maxRunning} calls are being answered already`));
      return;
    }
    this.#running++;
    // in the microtask's own frame: a handler that throws is an error like one that rejects
    Promise.resolve(question)
      .then(this.#handlers[name])
      .then((answer) => post({ kind: 'answer', id, answer }))
      .catch(fail)
      .finally(() => this.#running--);
  }
}
