/**
 * The pool of detector threads, which all cameras share fairly. A camera has at most one request in the pool. At the
 * camera's turn its newest frame is analysed, not the one at the time of the request, so a slow detector sees fresh
 * frames. Requests with motion, and requests that have waited for `patienceMs`, go first, in order.
 *
 *   a thread:  idle ── request ──► (opening the model ──►) busy ── answer ──► idle
 *               ▲                            └── died, over its deadline ──► replaced by a new thread ──► idle
 *
 * Always:
 * - a thread runs one frame at a time; a model that remembers sees each camera in one thread only
 * - a model that fails is held back (model-failures.ts) and costs other models at most one replaced thread
 * - a model on another machine has its own threads
 * - the pool names an unproven model before a thread opens or runs it, so that the supervisor knows which models ran
 *   when the process ended; `suspects` never run at the same time
 * - a thread over its deadline is replaced, and ends when it can (ending-threads.ts)
 */
import { words } from '@forpost/shared/texts/english.ts';
import '../../no-telemetry.ts';
import { Worker } from 'node:worker_threads';
import type { Clock, Timer } from '@forpost/shared/clock.ts';
import { ForpostError, messageOf } from '@forpost/shared/errors.ts';
import type { Logger } from '@forpost/shared/logging.ts';
import { type Backoff, backoffMs } from '@forpost/shared/retry.ts';
import type { Detection, Frame } from './detector.ts';
import { EndingThreads } from './ending-threads.ts';
import { ModelFailures } from './model-failures.ts';
import type { FromWorker, Work } from './pool-messages.ts';
import { kindOf, type Model } from './registry.ts';

export interface Request {
  readonly camera: string;
  readonly model: Model;
  readonly minScore: number;
  /** the camera sees motion: served before still scenes */
  readonly urgent: boolean;
  /** takes the newest frame when a thread is free; undefined: there is none any more */
  takeFrame(): Frame | undefined;
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
  /** too many threads hang, and only a new process helps; `models`: those that the threads run */
  stuck(models: readonly string[]): void;
  /** models that ran when earlier processes ended */
  readonly suspects?: readonly string[];
  /** the unproven models that threads open or run now; without the built-in one and those on other machines */
  running?(models: readonly string[]): void;
  /** a model is proven; called once for each model */
  proven?(model: string): void;
  /** the thread's entry point, for tests of threads that die and hang */
  readonly worker?: URL;
  /** the least deadline of a run, ms, whatever the model's measured time is */
  readonly runDeadlineMs?: number;
}

/**
 * The number of threads for this machine: with more than two cores, one stays free for decoding and the main thread.
 */
export function threadCount(cores: number, cameras: number): number {
  return Math.max(1, Math.min(cameras, Math.max(2, Math.min(4, cores - 1))));
}

/** Long, because a model's file may be large and the core busy. */
const openDeadlineMs = 60_000;
const defaultRunDeadlineMs = 5_000;
/** A run may take this many times the duration measured when the model was added. */
const runDeadlineTimes = 20;
/** for threads that die while idle */
const replaceBackoff: Backoff = { baseMs: 100, ceilingMs: 10_000 };
/** Threads per remote model: one prepares the next picture while the other waits for an answer. */
const threadsPerRemote = 2;
/** The longest that a camera with a still scene waits behind cameras with motion. */
const patienceMs = 2_000;

interface Job {
  /** when it was requested, ms of the monotonic clock */
  readonly since: number;
  readonly request: Request | { readonly model: Model };
  /** the thread that must run it; undefined: any thread for this model */
  readonly slot: number | undefined;
  readonly resolve: (analysed: Analysed | undefined) => void;
  readonly reject: (error: Error) => void;
}

interface Slot {
  readonly index: number;
  /** the remote model that the thread is for; undefined: all models that run here */
  readonly remote: string | undefined;
  worker: Worker | undefined;
  job: Job | undefined;
  frame: Frame | undefined;
  id: number;
  deadline: Timer | undefined;
  restart: Timer | undefined;
  failures: number;
  /** names of the models that the thread has open */
  readonly open: Set<string>;
}

export class DetectorPool {
  readonly #options: PoolOptions;
  readonly #slots: Slot[];
  readonly #standing: ModelFailures;
  readonly #leaving: EndingThreads;
  readonly #pins = new Map<string, number>();
  /** the models last passed to `running`, one a line */
  #reported = '';
  #queue: Job[] = [];
  #ids = 0;
  #stopped = false;

  constructor(options: PoolOptions) {
    this.#options = options;
    this.#standing = new ModelFailures({
      clock: options.clock,
      random: options.random,
      suspects: options.suspects ?? [],
      proven: (model) => options.proven?.(model),
      fit: () => this.#dispatch(),
    });
    this.#leaving = new EndingThreads(options.clock, (models) => options.stuck(models));
    this.#slots = Array.from({ length: options.threads }, (_, index) => newSlot(index));
  }

  start(): void {
    for (const slot of this.#slots) this.#spawn(slot);
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    const ended = new ForpostError('FORPOST_DETECTOR_FAILED', words('gateway/reason.detectors-stopping'));
    for (const job of this.#queue.splice(0)) job.reject(ended);
    this.#standing.stop();
    for (const slot of this.#slots) {
      slot.restart?.cancel();
      this.#release(slot)?.reject(ended);
      if (slot.worker !== undefined) this.#leaving.dismiss(slot.worker);
    }
    await this.#leaving.stop();
  }

  /**
   * Opens `model` in every thread before its first frame. Retryable errors are ignored here: the first frame tries
   * again.
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
   * Waits for the camera's turn and analyses its newest frame; undefined: there was no frame any more.
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

  /** The threads that may run `model`; threads of a remote model are started at its first request. */
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
    if (this.#stopped)
      return Promise.reject(new ForpostError('FORPOST_DETECTOR_FAILED', words('gateway/reason.detectors-stopped')));
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
    if (this.#standing.isHeldBack(model.name)) return false;
    if (this.#standing.isSuspect(model.name) && this.#suspectRuns(model.name)) return false;
    if (only !== undefined) return only === slot.index;
    return slot.remote === (model.remote === undefined ? undefined : model.name);
  }

  #suspectRuns(besides: string): boolean {
    return this.#slots.some(({ job }) => {
      const name = job?.request.model.name ?? besides;
      return name !== besides && this.#standing.isSuspect(name);
    });
  }

  #run(slot: Slot, worker: Worker, job: Job): void {
    const { request } = job;
    const { model } = request;
    const id = ++this.#ids;
    // opening has its own deadline: a new thread opens the model before its first frame
    if (!slot.open.has(model.name)) {
      this.#post(slot, worker, job, undefined, { kind: 'prepare', id, model }, openDeadlineMs);
      return;
    }
    const frame = 'takeFrame' in request ? request.takeFrame() : undefined;
    if (!('takeFrame' in request) || frame === undefined) {
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
      this.#fail(slot, worker, words('gateway/reason.slow', { where: message.model.name, seconds: deadlineMs / 1000 })),
    );
    this.#reportRunning();
    worker.postMessage(message);
  }

  #reportRunning(): void {
    const { running } = this.#options;
    if (running === undefined) return;
    const names = new Set<string>();
    for (const { job } of this.#slots)
      if (job !== undefined && this.#standing.needsProof(job.request.model)) names.add(job.request.model.name);
    const text = [...names].join('\n');
    if (text === this.#reported) return;
    this.#reported = text;
    running([...names]);
  }

  #spawn(slot: Slot): void {
    slot.restart = undefined;
    slot.open.clear();
    const worker = new Worker(this.#options.worker ?? new URL('./worker.ts', import.meta.url), { execArgv: [] });
    slot.worker = worker;
    worker.on('message', (message: FromWorker) => this.#receive(slot, worker, message));
    worker.on('error', (error) => this.#fail(slot, worker, messageOf(error), 'ended'));
    worker.on('exit', (code) => this.#fail(slot, worker, words('gateway/reason.detector-thread', { code }), 'ended'));
    this.#dispatch();
  }

  #receive(slot: Slot, worker: Worker, message: FromWorker): void {
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
        if (message.code !== 'FORPOST_MODEL_INVALID') this.#standing.failed(job.request.model);
        job.reject(new ForpostError(message.code, message.message));
      } else if (frame !== undefined) {
        this.#standing.answered(job.request.model);
        job.resolve({ frame, detections: message.detections, detectMs: message.detectMs });
      }
    }
    this.#dispatch();
  }

  /** The thread is lost. The model that it ran, if any, counts as failed. */
  #fail(slot: Slot, worker: Worker, why: string, how: 'failed' | 'ended' = 'failed'): void {
    if (slot.worker !== worker || this.#stopped) return;
    const { clock, random, logger } = this.#options;
    slot.worker = undefined;
    logger.warn({ thread: slot.index, why }, 'detector thread replaced');
    const job = this.#release(slot);
    if (how === 'failed') this.#leaving.dismiss(worker, job?.request.model.name);
    if (job === undefined)
      slot.restart = clock.after(backoffMs(replaceBackoff, slot.failures++, random), () => this.#spawn(slot));
    else {
      this.#standing.failed(job.request.model);
      this.#spawn(slot);
      job.reject(new ForpostError('FORPOST_DETECTOR_FAILED', words('gateway/reason.detector-failed', { reason: why })));
    }
  }

  #release(slot: Slot): Job | undefined {
    const { job } = slot;
    slot.deadline?.cancel();
    slot.deadline = undefined;
    slot.job = undefined;
    slot.frame = undefined;
    this.#reportRunning();
    return job;
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
  return 'takeFrame' in request ? request.urgent : true;
}
