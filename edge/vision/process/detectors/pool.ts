/**
 * The detector workers, shared fairly by all cameras. A camera has at most one request here, and what is analysed is
 * the frame that it holds when its turn comes, not the one that it held when it asked: a slow detector sees fresh
 * frames, never a queue. Requests with motion go first, then in the order of asking.
 *
 *   idle ── request ──► busy ── answer ──► idle
 *    ▲                   └── failed, died, over its deadline ──► replaced by a new thread ──► idle
 *
 * Always: a thread runs one frame at a time; a model that remembers sees a camera in one thread only. A thread that
 * is in native code cannot be stopped (terminating it aborts the whole process when the call returns), so one that
 * is over its deadline is left behind and asked to end when it can; of `maxStuckThreads` that never do, the whole
 * process must be replaced.
 */
import { Worker } from 'node:worker_threads';
import type { Clock, Timer } from '@forpost/shared/clock.ts';
import { type ErrorCode, ForpostError, messageOf } from '@forpost/shared/errors.ts';
import type { Logger } from '@forpost/shared/logging.ts';
import { type Backoff, backoffMs } from '@forpost/shared/retry.ts';
import type { Detection, Frame } from './detector.ts';
import { kindOf, type Model } from './registry.ts';

export type ToWorker = { readonly kind: 'end' } | Work;
/** what is answered */
export type Work =
  | { readonly kind: 'prepare'; readonly id: number; readonly model: Model }
  | {
      readonly kind: 'detect';
      readonly id: number;
      readonly model: Model;
      readonly frame: Frame;
      readonly minScore: number;
    };
export type FromWorker =
  | { readonly kind: 'prepared'; readonly id: number }
  | {
      readonly kind: 'detected';
      readonly id: number;
      readonly detections: readonly Detection[];
      readonly detectMs: number;
    }
  | { readonly kind: 'failed'; readonly id: number; readonly code: ErrorCode; readonly message: string };

export interface Request {
  readonly camera: string;
  readonly model: Model;
  readonly minScore: number;
  /** something moves: before those that only look again from time to time */
  readonly urgent: boolean;
  /** the newest frame, when a thread is free for it; undefined where there is none any more */
  take(): Frame | undefined;
}

export interface Analysed {
  readonly frame: Frame;
  readonly detections: readonly Detection[];
  readonly detectMs: number;
}

export interface PoolOptions {
  readonly threads: number;
  readonly clock: Clock;
  readonly random: () => number;
  readonly logger: Logger;
  /** so many threads hang that only a new process helps */
  stuck(): void;
  /** the thread's entry point, for tests of threads that die and hang */
  readonly worker?: URL;
  /** ms that a run may take at least, whatever the model's measured time is */
  readonly runDeadlineMs?: number;
}

/** Threads by cores: one stays free for decoding and the main loop where there are more than two. */
export function threadCount(cores: number, cameras: number): number {
  return Math.max(1, Math.min(cameras, Math.max(2, Math.min(4, cores - 1))));
}

/** A model's file may be large and the core busy. */
const openDeadlineMs = 60_000;
const defaultRunDeadlineMs = 5_000;
/** A run may take this many times what was measured when the model was added. */
const runDeadlineTimes = 20;
/** A thread that was left behind and has not come back by then never will. */
const stuckAfterMs = 30_000;
const stopDeadlineMs = 1_500;
const maxStuckThreads = 2;
const replaceBackoff: Backoff = { baseMs: 100, ceilingMs: 10_000 };

interface Job {
  readonly request: Request | { readonly model: Model };
  /** threads that may run it; undefined = any */
  readonly slot: number | undefined;
  readonly resolve: (analysed: Analysed | undefined) => void;
  readonly reject: (error: Error) => void;
}

interface Slot {
  readonly index: number;
  worker: Worker | undefined;
  job: Job | undefined;
  frame: Frame | undefined;
  id: number;
  deadline: Timer | undefined;
  restart: Timer | undefined;
  failures: number;
  /** names of the models that its thread has open */
  readonly open: Set<string>;
}

export class DetectorPool {
  readonly #options: PoolOptions;
  readonly #slots: Slot[];
  readonly #pins = new Map<string, number>();
  #queue: Job[] = [];
  #ids = 0;
  #stuck = 0;
  #stopped = false;
  /** threads that were replaced and have not ended yet */
  readonly #leaving = new Map<Worker, Timer>();

  constructor(options: PoolOptions) {
    this.#options = options;
    this.#slots = Array.from({ length: options.threads }, (_, index) => ({
      index,
      worker: undefined,
      job: undefined,
      frame: undefined,
      id: 0,
      deadline: undefined,
      restart: undefined,
      failures: 0,
      open: new Set(),
    }));
  }

  start(): void {
    for (const slot of this.#slots) this.#spawn(slot);
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    const ended = new ForpostError('FORPOST_DETECTOR_FAILED', 'the detectors are stopping');
    for (const job of this.#queue.splice(0)) job.reject(ended);
    for (const slot of this.#slots) {
      slot.restart?.cancel();
      this.#release(slot)?.reject(ended);
      if (slot.worker !== undefined) this.#dismiss(slot.worker);
    }
    await Promise.all([...this.#leaving.keys()].map((worker) => this.#endOf(worker)));
  }

  /** Opens `model` in every thread, ahead of its first frame. @throws ForpostError FORPOST_MODEL_INVALID */
  async prepare(model: Model): Promise<void> {
    await Promise.all(this.#slots.map((slot) => this.#enqueue({ model }, slot.index)));
  }

  /**
   * Waits for a turn and analyses the newest frame; undefined where there was none any more.
   * @throws ForpostError FORPOST_DETECTOR_FAILED, FORPOST_MODEL_INVALID
   */
  analyse(request: Request): Promise<Analysed | undefined> {
    const remembers = kindOf(request.model).remembers;
    return this.#enqueue(request, remembers ? this.#pin(request.camera) : undefined);
  }

  /** Forgets a camera that is no longer configured. */
  forget(camera: string): void {
    this.#pins.delete(camera);
  }

  #pin(camera: string): number {
    const known = this.#pins.get(camera);
    if (known !== undefined) return known;
    const pinned = [...this.#pins.values()];
    const load = (index: number) => pinned.filter((pin) => pin === index).length;
    const slot = this.#slots.reduce((best, { index }) => (load(index) < load(best) ? index : best), 0);
    this.#pins.set(camera, slot);
    return slot;
  }

  #enqueue(request: Job['request'], slot: number | undefined): Promise<Analysed | undefined> {
    if (this.#stopped) return Promise.reject(new ForpostError('FORPOST_DETECTOR_FAILED', 'the detectors have stopped'));
    return new Promise((resolve, reject) => {
      this.#queue.push({ request, slot, resolve, reject });
      this.#dispatch();
    });
  }

  #dispatch(): void {
    for (const slot of this.#slots) {
      while (slot.worker !== undefined && slot.job === undefined) {
        const mine = (job: Job) => job.slot === undefined || job.slot === slot.index;
        const job = this.#queue.find((j) => mine(j) && isUrgent(j)) ?? this.#queue.find(mine);
        if (job === undefined) break;
        this.#queue = this.#queue.filter((j) => j !== job);
        this.#run(slot, slot.worker, job);
      }
    }
  }

  #run(slot: Slot, worker: Worker, job: Job): void {
    const { request } = job;
    const { model } = request;
    const id = ++this.#ids;
    if (!('take' in request)) this.#post(slot, worker, job, undefined, { kind: 'prepare', id, model }, openDeadlineMs);
    else {
      const frame = request.take();
      if (frame === undefined) job.resolve(undefined);
      else {
        const { minScore } = request;
        const least = this.#options.runDeadlineMs ?? defaultRunDeadlineMs;
        // a thread that was replaced opens the model with its first frame
        const deadlineMs = slot.open.has(model.name)
          ? Math.max(least, runDeadlineTimes * model.measuredMs)
          : openDeadlineMs;
        this.#post(slot, worker, job, frame, { kind: 'detect', id, model, frame, minScore }, deadlineMs);
      }
    }
  }

  #post(slot: Slot, worker: Worker, job: Job, frame: Frame | undefined, message: Work, deadlineMs: number): void {
    slot.job = job;
    slot.frame = frame;
    slot.id = message.id;
    slot.deadline = this.#options.clock.after(deadlineMs, () =>
      this.#fail(slot, worker, `${message.model.name} did not answer within ${deadlineMs / 1000} s`),
    );
    worker.postMessage(message);
  }

  #spawn(slot: Slot): void {
    slot.restart = undefined;
    slot.open.clear();
    const worker = new Worker(this.#options.worker ?? new URL('./worker.ts', import.meta.url), { execArgv: [] });
    slot.worker = worker;
    worker.on('message', (message: FromWorker) => this.#take(slot, worker, message));
    worker.on('error', (error) => this.#fail(slot, worker, messageOf(error), 'ended'));
    worker.on('exit', (code) => this.#fail(slot, worker, `its thread ended with ${code}`, 'ended'));
    this.#dispatch();
  }

  #take(slot: Slot, worker: Worker, message: FromWorker): void {
    if (slot.worker !== worker || message.id !== slot.id) return;
    if (message.kind === 'failed' && message.code !== 'FORPOST_MODEL_INVALID') {
      this.#fail(slot, worker, message.message);
      return;
    }
    const { frame } = slot;
    const job = this.#release(slot);
    slot.failures = 0;
    if (message.kind !== 'failed' && job !== undefined) slot.open.add(job.request.model.name);
    if (message.kind === 'failed') job?.reject(new ForpostError(message.code, message.message));
    else if (message.kind === 'prepared' || frame === undefined) job?.resolve(undefined);
    else job?.resolve({ frame, detections: message.detections, detectMs: message.detectMs });
    this.#dispatch();
  }

  #fail(slot: Slot, worker: Worker, why: string, how: 'failed' | 'ended' = 'failed'): void {
    if (slot.worker !== worker || this.#stopped) return;
    slot.worker = undefined;
    const delayMs = backoffMs(replaceBackoff, slot.failures++, this.#options.random);
    this.#options.logger.warn({ thread: slot.index, why }, 'detector thread replaced');
    if (how === 'failed') this.#dismiss(worker);
    slot.restart = this.#options.clock.after(delayMs, () => this.#spawn(slot));
    this.#release(slot)?.reject(new ForpostError('FORPOST_DETECTOR_FAILED', `the detector failed: ${why}`));
  }

  #release(slot: Slot): Job | undefined {
    const { job } = slot;
    slot.deadline?.cancel();
    slot.deadline = undefined;
    slot.job = undefined;
    slot.frame = undefined;
    return job;
  }

  /** Asks a thread to end as soon as it can. */
  #dismiss(worker: Worker): void {
    const timer = this.#options.clock.after(stuckAfterMs, () => {
      if (++this.#stuck >= maxStuckThreads && !this.#stopped) this.#options.stuck();
    });
    this.#leaving.set(worker, timer);
    worker.once('exit', () => {
      timer.cancel();
      this.#leaving.delete(worker);
    });
    const message: ToWorker = { kind: 'end' };
    worker.postMessage(message);
  }

  /** Resolves when a dismissed thread has ended; one that does not in time is terminated after all. */
  #endOf(worker: Worker): Promise<void> {
    return new Promise((resolve) => {
      const timer = this.#options.clock.after(stopDeadlineMs, () => {
        resolve(worker.terminate().then(() => {}));
      });
      worker.once('exit', () => {
        timer.cancel();
        resolve();
      });
    });
  }
}

function isUrgent({ request }: Job): boolean {
  return 'take' in request ? request.urgent : true;
}
