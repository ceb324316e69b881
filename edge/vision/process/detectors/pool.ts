/**
 * The detector workers, shared fairly by all cameras. A camera has at most one request here, and what is analysed is
 * the frame that it holds when its turn comes, not the one that it held when it asked: a slow detector sees fresh
 * frames, never a queue. Requests with motion, and those that have waited for `patienceMs`, go first; among them it is
 * the order of asking, so that cameras take turns.
 *
 *   a thread:  idle ── request ──► (opening the model ──►) busy ── answer ──► idle
 *               ▲                            └── died, over its deadline ──► replaced by a new thread ──► idle
 *   a model:   fit ── failed, or its thread died or was given up ──► held back (backoff) ──► fit
 *              unproven ── has answered for `provenAfterMs` ──► proven
 *
 * Always: a thread runs one frame at a time; a model that remembers sees a camera in one thread only; a model that
 * fails is held back itself and costs the others one replaced thread; a model that runs on another box waits for it in
 * threads of its own; a model that is not proven is named before a thread opens or runs it, so that whoever outlives
 * this process knows what it ended in, and `suspects` never run side by side. A thread that is in native code cannot be stopped (terminating it aborts the whole process when
 * the call returns), so one that is over its deadline is left behind and asked to end when it can; of
 * `maxStuckThreads` that never do, the whole process must be replaced.
 */
import '../../no-telemetry.ts';
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
  /** so many threads hang that only a new process helps; the model of each */
  stuck(models: readonly string[]): void;
  /** models that earlier processes ended in */
  readonly suspects?: readonly string[];
  /** what threads open and run from now on, other than what is proven, built in, or on another box */
  running?(models: readonly string[]): void;
  /** told once of each model */
  proven?(model: string): void;
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
/** A model that answered for so long ends no process at its first frames. */
const provenAfterMs = 30_000;
/** of threads that die without anything to do, and of models that fail */
const replaceBackoff: Backoff = { baseMs: 100, ceilingMs: 10_000 };
/** A box that is back is asked again soon. */
const remoteBackoff: Backoff = { baseMs: 100, ceilingMs: 2_000 };
/** Pictures on their way to one box: the next is prepared while one is waited for. */
const threadsPerRemote = 2;
/** A still scene waits so long at most for a turn behind those that move. */
const patienceMs = 2_000;

interface Job {
  /** ms of the monotonic clock at which it was asked for */
  readonly since: number;
  readonly request: Request | { readonly model: Model };
  /** the thread that must run it; undefined: any that is not another model's own */
  readonly slot: number | undefined;
  readonly resolve: (analysed: Analysed | undefined) => void;
  readonly reject: (error: Error) => void;
}

interface Slot {
  readonly index: number;
  /** the remote model that it is for; undefined: all that run here */
  readonly remote: string | undefined;
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
  /** models that failed, by name, until they answer again; `timer`: held back until then */
  readonly #failing = new Map<string, { failures: number; timer: Timer | undefined }>();
  readonly #pins = new Map<string, number>();
  /** since when a model answers, ms of the monotonic clock */
  readonly #answering = new Map<string, number>();
  readonly #proven = new Set<string>();
  readonly #suspects: Set<string>;
  /** what was told to run, a name a line */
  #told = '';
  #queue: Job[] = [];
  #ids = 0;
  readonly #stuck: string[] = [];
  #stopped = false;
  /** threads that were replaced and have not ended yet */
  readonly #leaving = new Map<Worker, Timer>();

  constructor(options: PoolOptions) {
    this.#options = options;
    this.#suspects = new Set(options.suspects);
    this.#slots = Array.from({ length: options.threads }, (_, index) => newSlot(index));
  }

  start(): void {
    for (const slot of this.#slots) this.#spawn(slot);
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    const ended = new ForpostError('FORPOST_DETECTOR_FAILED', 'the detectors are stopping');
    for (const job of this.#queue.splice(0)) job.reject(ended);
    for (const { timer } of this.#failing.values()) timer?.cancel();
    for (const slot of this.#slots) {
      slot.restart?.cancel();
      this.#release(slot)?.reject(ended);
      if (slot.worker !== undefined) this.#dismiss(slot.worker);
    }
    await Promise.all([...this.#leaving.keys()].map((worker) => this.#endOf(worker)));
  }

  /**
   * Opens `model` in every thread, ahead of its first frame; whatever may be better later is left to that.
   * @throws ForpostError FORPOST_MODEL_INVALID
   */
  async prepare(model: Model): Promise<void> {
    await Promise.all(
      this.#slotsOf(model).map((slot) =>
        this.#enqueue({ model }, slot.index).catch((error: unknown) => {
          if (error instanceof ForpostError && error.retryable && !this.#stopped) return;
          throw error;
        }),
      ),
    );
  }

  /**
   * Waits for a turn and analyses the newest frame; undefined where there was none any more.
   * @throws ForpostError FORPOST_DETECTOR_FAILED, FORPOST_MODEL_INVALID
   */
  analyse(request: Request): Promise<Analysed | undefined> {
    const remembers = kindOf(request.model).remembers;
    this.#slotsOf(request.model);
    return this.#enqueue(request, remembers ? this.#pin(request.camera) : undefined);
  }

  /** Forgets a camera that is no longer configured. */
  forget(camera: string): void {
    this.#pins.delete(camera);
  }

  /** The threads that may run `model`; those of a remote one are made when it is first asked for. */
  #slotsOf({ name, remote }: Model): Slot[] {
    const own = remote === undefined ? undefined : name;
    const slots = this.#slots.filter((slot) => slot.remote === own);
    if (slots.length > 0 || own === undefined || this.#stopped) return slots;
    const made = Array.from({ length: threadsPerRemote }, (_, i) => newSlot(this.#slots.length + i, own));
    this.#slots.push(...made);
    for (const slot of made) this.#spawn(slot);
    return made;
  }

  #pin(camera: string): number {
    const known = this.#pins.get(camera);
    if (known !== undefined) return known;
    const pinned = [...this.#pins.values()];
    const load = (index: number) => pinned.filter((pin) => pin === index).length;
    const slot = this.#slots
      .slice(0, this.#options.threads)
      .reduce((best, { index }) => (load(index) < load(best) ? index : best), 0);
    this.#pins.set(camera, slot);
    return slot;
  }

  #enqueue(request: Job['request'], slot: number | undefined): Promise<Analysed | undefined> {
    if (this.#stopped) return Promise.reject(new ForpostError('FORPOST_DETECTOR_FAILED', 'the detectors have stopped'));
    return new Promise((resolve, reject) => {
      this.#queue.push({ request, slot, since: this.#options.clock.uptime(), resolve, reject });
      this.#dispatch();
    });
  }

  #dispatch(): void {
    const waited = this.#options.clock.uptime() - patienceMs;
    for (const slot of this.#slots) {
      while (slot.worker !== undefined && slot.job === undefined) {
        const mine = this.#queue.filter((job) => this.#fits(job, slot));
        const job = mine.find((one) => isUrgent(one) || one.since <= waited) ?? mine[0];
        if (job === undefined) break;
        this.#queue = this.#queue.filter((other) => other !== job);
        this.#run(slot, slot.worker, job);
      }
    }
  }

  #fits({ request: { model }, slot: only }: Job, slot: Slot): boolean {
    if (this.#failing.get(model.name)?.timer !== undefined) return false;
    if (this.#suspects.has(model.name) && this.#suspectRuns(model.name)) return false;
    if (only !== undefined) return only === slot.index;
    return slot.remote === (model.remote === undefined ? undefined : model.name);
  }

  #suspectRuns(besides: string): boolean {
    return this.#slots.some(({ job }) => {
      const name = job?.request.model.name ?? besides;
      return name !== besides && this.#suspects.has(name);
    });
  }

  #run(slot: Slot, worker: Worker, job: Job): void {
    const { request } = job;
    const { model } = request;
    const id = ++this.#ids;
    // opening has a deadline of its own: a thread that was replaced opens the model before its first frame
    if (!slot.open.has(model.name)) {
      this.#post(slot, worker, job, undefined, { kind: 'prepare', id, model }, openDeadlineMs);
      return;
    }
    const frame = 'take' in request ? request.take() : undefined;
    if (!('take' in request) || frame === undefined) {
      this.#release(slot);
      job.resolve(undefined);
      return;
    }
    const { minScore } = request;
    const least = this.#options.runDeadlineMs ?? defaultRunDeadlineMs;
    const deadlineMs = Math.max(least, runDeadlineTimes * model.measuredMs);
    this.#post(slot, worker, job, frame, { kind: 'detect', id, model, frame, minScore }, deadlineMs);
  }

  #post(slot: Slot, worker: Worker, job: Job, frame: Frame | undefined, message: Work, deadlineMs: number): void {
    slot.job = job;
    slot.frame = frame;
    slot.id = message.id;
    slot.deadline = this.#options.clock.after(deadlineMs, () =>
      this.#fail(slot, worker, `${message.model.name} did not answer within ${deadlineMs / 1000} s`),
    );
    this.#tellRunning();
    worker.postMessage(message);
  }

  #tellRunning(): void {
    const { running } = this.#options;
    if (running === undefined) return;
    const names = new Set<string>();
    for (const { job } of this.#slots)
      if (job !== undefined && job.request.model.file !== '' && !this.#proven.has(job.request.model.name))
        names.add(job.request.model.name);
    const text = [...names].join('\n');
    if (text === this.#told) return;
    this.#told = text;
    running([...names]);
  }

  #answered({ name, file }: Model): void {
    if (file === '' || this.#proven.has(name)) return;
    const now = this.#options.clock.uptime();
    const since = this.#answering.get(name) ?? now;
    this.#answering.set(name, since);
    if (now - since < provenAfterMs) return;
    this.#proven.add(name);
    this.#suspects.delete(name);
    this.#options.proven?.(name);
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
    const { job, frame } = slot;
    if (slot.worker !== worker || message.id !== slot.id || job === undefined) return;
    const { name } = job.request.model;
    slot.deadline?.cancel();
    slot.failures = 0;
    if (message.kind === 'prepared') {
      slot.open.add(name);
      this.#run(slot, worker, job);
    } else {
      this.#release(slot);
      if (message.kind === 'failed') {
        slot.open.delete(name);
        if (message.code !== 'FORPOST_MODEL_INVALID') this.#holdBack(job.request.model);
        job.reject(new ForpostError(message.code, message.message));
      } else if (frame !== undefined) {
        this.#failing.delete(name);
        this.#answered(job.request.model);
        job.resolve({ frame, detections: message.detections, detectMs: message.detectMs });
      }
    }
    this.#dispatch();
  }

  /** The thread is lost: what it ran is to blame where it ran something. */
  #fail(slot: Slot, worker: Worker, why: string, how: 'failed' | 'ended' = 'failed'): void {
    if (slot.worker !== worker || this.#stopped) return;
    const { clock, random, logger } = this.#options;
    slot.worker = undefined;
    logger.warn({ thread: slot.index, why }, 'detector thread replaced');
    const job = this.#release(slot);
    if (how === 'failed') this.#dismiss(worker, job?.request.model.name);
    if (job === undefined)
      slot.restart = clock.after(backoffMs(replaceBackoff, slot.failures++, random), () => this.#spawn(slot));
    else {
      this.#holdBack(job.request.model);
      this.#spawn(slot);
      job.reject(new ForpostError('FORPOST_DETECTOR_FAILED', `the detector failed: ${why}`));
    }
  }

  /** A model that failed is not asked again before its backoff is over. */
  #holdBack({ name, remote }: Model): void {
    const { clock, random } = this.#options;
    this.#answering.delete(name);
    const failing = this.#failing.get(name) ?? { failures: 0, timer: undefined };
    this.#failing.set(name, failing);
    if (failing.timer !== undefined) return;
    const backoff = remote === undefined ? replaceBackoff : remoteBackoff;
    failing.timer = clock.after(backoffMs(backoff, failing.failures++, random), () => {
      failing.timer = undefined;
      this.#dispatch();
    });
  }

  #release(slot: Slot): Job | undefined {
    const { job } = slot;
    slot.deadline?.cancel();
    slot.deadline = undefined;
    slot.job = undefined;
    slot.frame = undefined;
    this.#tellRunning();
    return job;
  }

  /** Asks a thread to end as soon as it can. `model`: what it does not come back from. */
  #dismiss(worker: Worker, model = ''): void {
    const timer = this.#options.clock.after(stuckAfterMs, () => {
      this.#stuck.push(model);
      if (this.#stuck.length >= maxStuckThreads && !this.#stopped) this.#options.stuck(this.#stuck);
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

function newSlot(index: number, remote?: string): Slot {
  return {
    index,
    remote,
    worker: undefined,
    job: undefined,
    frame: undefined,
    id: 0,
    deadline: undefined,
    restart: undefined,
    failures: 0,
    open: new Set(),
  };
}

function isUrgent({ request }: Job): boolean {
  return 'take' in request ? request.urgent : true;
}
