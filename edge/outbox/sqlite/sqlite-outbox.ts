/**
 * The outbox on SQLite: gathers entries while a commit runs, hands each batch to the writer thread as one message,
 * and keeps that thread alive.
 *
 *   new ── start ──► opening ── ready ──► running ── stop ──► stopping (the rest is committed) ──► stopped
 *                       ▲                    │
 *                       └── delay ── down ◄──┴── the thread died, or the file is damaged
 *
 * Always: one commit is outstanding, and the next batch gathers meanwhile, without a timer. When the thread dies,
 * everything that waited is rejected and a new thread opens the same file under a new epoch; what was being committed
 * at that moment may be in the file although it was rejected (its sender offers it again, and a resendId makes that
 * harmless). While it is down, entries gather up to the bound until an attempt to open fails, and then are rejected.
 */
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { Clock, Timer } from '@forpost/shared/clock.ts';
import { ForpostError, messageOf } from '@forpost/shared/errors.ts';
import type { Epoch, Lane, Sequence } from '@forpost/shared/event/ids.ts';
import { type Logger, SparingLogger } from '@forpost/shared/logging.ts';
import type { Appended, DeadLetter, Outbox, OutboxEntry, OutboxStatus } from '../outbox.ts';
import { CommitTimes } from './commit-times.ts';
import { Gathering, type TakenBatch } from './gathering.ts';
import type { FileState, FromWriter, ToWriter, WriterData } from './messages.ts';

export interface OutboxLimits {
  /** bytes used within the file: telemetry may take 90 % of it, alerts all */
  readonly maxBytes: number;
  /** ms that delivered events are kept for replay while there is room */
  readonly keepDeliveredMs: number;
  /** entries and bytes waiting in front of the disk */
  readonly maxQueuedEntries: number;
  readonly maxQueuedBytes: number;
}

export const defaultOutboxLimits: OutboxLimits = {
  maxBytes: 2 ** 30,
  keepDeliveredMs: 7 * 86_400_000,
  maxQueuedEntries: 50_000,
  maxQueuedBytes: 64 * 2 ** 20,
};

/** Something about the outbox that an operator must know, and the centre by an event. */
export type OutboxProblem =
  | { readonly kind: 'put-aside'; readonly message: string; readonly files: readonly string[] }
  | { readonly kind: 'writer-died'; readonly message: string };

export interface SqliteOutboxOptions {
  /** an existing folder; the file is `<folder>/outbox.db` */
  readonly folder: string;
  /** names of all configured sinks: an event is delivered once all of them have acknowledged it; none: at once */
  readonly sinks: readonly string[];
  readonly clock: Clock;
  readonly logger: Logger;
  /** a new random epoch: 16 lowercase hexadecimal digits */
  readonly newEpoch: () => string;
  readonly limits?: Partial<OutboxLimits>;
  /** may be called before `start` has resolved */
  readonly onProblem?: (problem: OutboxProblem) => void;
  /** starts the writer's thread; tests take hold of it here */
  readonly startWriter?: (data: WriterData) => Worker;
}

const firstRestartMs = 100;
const longestRestartMs = 10_000;

type Ready = Extract<FromWriter, { kind: 'ready' }>;

export class SqliteOutbox implements Outbox {
  readonly file: string;
  readonly #options: SqliteOutboxOptions;
  readonly #limits: OutboxLimits;
  readonly #gathering: Gathering;
  readonly #times = new CommitTimes();
  /** a disk that is full refuses each commit, and the log is on it as well */
  readonly #sparing: SparingLogger;
  readonly #listeners = new Set<() => void>();
  #letterRequests: { resolve: (letters: readonly DeadLetter[]) => void; reject: (error: ForpostError) => void }[] = [];
  #state: 'new' | 'opening' | 'running' | 'down' | 'stopping' | 'stopped' = 'new';
  #worker: Worker | undefined;
  #inFlight: TakenBatch | undefined;
  #flushAsked = false;
  #restart: Timer | undefined;
  #restartMs = firstRestartMs;
  #putAside: string | null = null;
  #ready: Ready | undefined;
  #file: FileState = { fileBytes: 0, usedBytes: 0, deadLetters: 0 };
  #drained: (() => void) | undefined;
  #committedEvents = 0;
  #repeatedEvents = 0;
  #commits = 0;

  constructor(options: SqliteOutboxOptions) {
    this.#options = options;
    this.#sparing = new SparingLogger(options.logger, options.clock);
    this.#limits = { ...defaultOutboxLimits, ...options.limits };
    this.#gathering = new Gathering(this.#limits.maxQueuedEntries, this.#limits.maxQueuedBytes);
    this.file = join(options.folder, 'outbox.db');
  }

  get epoch(): Epoch {
    if (this.#ready === undefined) throw new Error('the outbox has no epoch before it is started');
    return this.#ready.epoch;
  }

  /** @throws ForpostError FORPOST_OUTBOX_NEWER_SCHEMA, FORPOST_OUTBOX_FAILED */
  async start(): Promise<void> {
    if (this.#state !== 'new') throw new Error(`the outbox is ${this.#state}`);
    try {
      await this.#open();
    } catch (error) {
      this.#state = 'stopped';
      throw error;
    }
  }

  async stop(): Promise<void> {
    this.#restart?.cancel();
    if (this.#state === 'stopping' || this.#state === 'stopped') return;
    const wasRunning = this.#state === 'running';
    this.#state = 'stopping';
    if (wasRunning) {
      await new Promise<void>((resolve) => {
        this.#drained = resolve;
        this.#flush();
      });
    }
    const worker = this.#worker;
    if (worker !== undefined) {
      const ended = new Promise<void>((resolve) => worker.once('exit', () => resolve()));
      this.#post({ kind: 'stop' });
      await ended;
    }
    this.#state = 'stopped';
    this.#rejectAll(stopped());
  }

  append(entry: OutboxEntry): Promise<Appended> {
    if (this.#state === 'stopping' || this.#state === 'stopped' || this.#state === 'new')
      return Promise.reject(stopped());
    if (this.#state === 'down')
      return Promise.reject(new ForpostError('FORPOST_OUTBOX_FAILED', `${this.file} cannot be opened at present`));
    const problem = problemOf(entry);
    if (problem !== undefined) return Promise.reject(new ForpostError('FORPOST_PAYLOAD_INVALID', problem));
    if (entry.events.length === 0 && entry.deadLetter === undefined) return Promise.resolve({ stored: 0, repeated: 0 });
    const appended = this.#gathering.add(entry);
    this.#flushSoon();
    return appended;
  }

  acknowledge(sink: string, epoch: Epoch, lane: Lane, through: Sequence): void {
    if (!Number.isSafeInteger(through) || through < 1) throw new RangeError(`cannot acknowledge number ${through}`);
    this.#gathering.acknowledge({ sink, epoch, lane, through });
    this.#flushSoon();
  }

  onCommit(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  status(): OutboxStatus {
    return {
      epoch: this.epoch,
      starts: this.#ready?.starts ?? 0,
      committedEvents: this.#committedEvents,
      repeatedEvents: this.#repeatedEvents,
      deadLetters: this.#file.deadLetters,
      commits: this.#commits,
      lastCommitMs: this.#times.last,
      longestCommitMs: this.#times.longest(this.#options.clock.uptime()),
      queued: this.#gathering.entries,
      fileBytes: this.#file.fileBytes,
    };
  }

  deadLetters(limit: number): Promise<readonly DeadLetter[]> {
    if (this.#state !== 'running') return Promise.reject(stopped());
    return new Promise((resolve, reject) => {
      this.#letterRequests.push({ resolve, reject });
      this.#post({ kind: 'dead-letters', limit });
    });
  }

  /** Starts a writer and waits until it has opened the file. */
  async #open(): Promise<void> {
    this.#state = 'opening';
    const { clock, sinks, newEpoch, startWriter = startThread } = this.#options;
    const worker = startWriter({
      file: this.file,
      sinks,
      limits: { maxBytes: this.#limits.maxBytes, keepDeliveredMs: this.#limits.keepDeliveredMs },
      epoch: newEpoch(),
      stamp: new Date(clock.now()).toISOString().replace(/[-:.]/g, ''),
      putAside: this.#putAside,
    });
    this.#worker = worker;
    await new Promise<void>((resolve, reject) => {
      let cause: unknown;
      worker.on('message', (message: FromWriter) => {
        if (message.kind === 'not-ready') reject(new ForpostError(message.code, message.message));
        else if (message.kind === 'ready') {
          this.#becomeReady(message);
          resolve();
        } else this.#receive(message);
      });
      worker.on('error', (error) => {
        cause = error;
      });
      worker.on('exit', () => {
        const message = `the outbox's thread ended: ${cause === undefined ? 'without a word' : messageOf(cause)}`;
        reject(new ForpostError('FORPOST_OUTBOX_FAILED', message, { cause }));
        this.#died(worker, message);
      });
    });
  }

  #becomeReady(ready: Ready): void {
    this.#ready = ready;
    this.#file = ready.state;
    this.#putAside = null;
    this.#restartMs = firstRestartMs;
    if (this.#state === 'opening') this.#state = 'running';
    const { logger, onProblem } = this.#options;
    logger.info({ file: this.file, epoch: ready.epoch, starts: ready.starts }, 'outbox open');
    if (ready.putAside !== null) {
      const { reason, files } = ready.putAside;
      const message = `the outbox was damaged (${reason}): put aside, a new one begun`;
      logger.error({ files }, message);
      onProblem?.({ kind: 'put-aside', message, files });
    }
    this.#flush();
  }

  #receive(message: FromWriter): void {
    if (message.kind === 'dead-letters') {
      this.#letterRequests.shift()?.resolve(message.letters);
      return;
    }
    const taken = this.#inFlight;
    if (taken === undefined || (message.kind !== 'committed' && message.kind !== 'commit-failed'))
      throw new Error(`the outbox's thread said ${message.kind} unasked`);
    this.#inFlight = undefined;
    if (message.kind === 'committed') {
      const { outcome, ms } = message;
      this.#commits++;
      this.#committedEvents += outcome.stored;
      for (const [, known] of outcome.repeated) this.#repeatedEvents += known;
      this.#file = outcome.state;
      this.#times.add(ms, this.#options.clock.uptime());
      // the next commit starts before anyone is told of this one: the disk is what everybody waits for
      this.#flush();
      this.#gathering.committed(taken, outcome);
      if (outcome.stored > 0) for (const listener of [...this.#listeners]) this.#tell(listener);
      return;
    }
    const error = new ForpostError(message.code, `a commit of the outbox failed: ${message.message}`);
    this.#sparing.error('commit', { entries: taken.waiting.length }, error.message);
    // what a lost commit would have acknowledged is acknowledged with the next one
    for (const acknowledgement of taken.batch.acknowledgements) this.#gathering.acknowledge(acknowledgement);
    this.#gathering.failed(taken, error);
    if (message.corrupt) this.#putAside = message.message;
    // acknowledgements alone wait for the next entry: a disk that refuses them would refuse them at once again
    else if (this.#gathering.hasEntries) this.#flush();
    else this.#drained?.();
  }

  #tell(listener: () => void): void {
    try {
      listener();
    } catch (error) {
      this.#options.logger.error({ err: error }, 'whoever listens to commits failed');
    }
  }

  /** Commits what has gathered once the events of this turn are in; at once where a commit is running anyway. */
  #flushSoon(): void {
    if (this.#flushAsked || this.#inFlight !== undefined) return;
    this.#flushAsked = true;
    setImmediate(() => {
      this.#flushAsked = false;
      this.#flush();
    });
  }

  #flush(): void {
    if (this.#inFlight !== undefined || (this.#state !== 'running' && this.#state !== 'stopping')) return;
    if (this.#gathering.isEmpty || this.#worker === undefined) {
      this.#drained?.();
      return;
    }
    this.#inFlight = this.#gathering.take(this.#options.clock.now());
    this.#post({ kind: 'commit', batch: this.#inFlight.batch });
  }

  #post(message: ToWriter): void {
    this.#worker?.postMessage(message);
  }

  #died(worker: Worker, message: string): void {
    if (this.#worker !== worker) return;
    this.#worker = undefined;
    const state = this.#state;
    if (state === 'new' || state === 'stopped') return;
    this.#rejectAll(new ForpostError('FORPOST_OUTBOX_FAILED', message));
    if (state === 'stopping') {
      this.#drained?.();
      return;
    }
    if (state === 'running') {
      this.#options.logger.error({ file: this.file }, message);
      if (this.#putAside === null) this.#options.onProblem?.({ kind: 'writer-died', message });
      this.#state = 'opening';
      this.#restart = this.#options.clock.after(0, () => this.#reopen());
    }
  }

  #reopen(): void {
    this.#open().catch((error: unknown) => {
      if (this.#state !== 'opening') return;
      this.#state = 'down';
      this.#options.logger.error({ file: this.file }, `the outbox cannot be opened again: ${messageOf(error)}`);
      this.#rejectAll(new ForpostError('FORPOST_OUTBOX_FAILED', messageOf(error), { cause: error }));
      this.#restart = this.#options.clock.after(this.#restartMs, () => this.#reopen());
      this.#restartMs = Math.min(2 * this.#restartMs, longestRestartMs);
    });
  }

  #rejectAll(error: ForpostError): void {
    const taken = this.#inFlight;
    this.#inFlight = undefined;
    if (taken !== undefined) {
      for (const acknowledgement of taken.batch.acknowledgements) this.#gathering.acknowledge(acknowledgement);
      this.#gathering.failed(taken, error);
    }
    this.#gathering.failAll(error);
    const requests = this.#letterRequests;
    this.#letterRequests = [];
    for (const { reject } of requests) reject(error);
  }
}

function startThread(data: WriterData): Worker {
  return new Worker(new URL('./writer.ts', import.meta.url), { workerData: data });
}

function stopped(): ForpostError {
  return new ForpostError('FORPOST_OUTBOX_STOPPED', 'the outbox is not running');
}

/** Why an entry would make its whole batch fail, if it would. */
function problemOf(entry: OutboxEntry): string | undefined {
  for (const event of entry.events)
    if (!Number.isFinite(event.time) || !Number.isFinite(event.received) || !Number.isFinite(event.uptime))
      return `an event of ${event.device ?? 'the gateway'} has no time`;
  return undefined;
}
