/**
 * Keeps the outbox's writer thread alive: starts it, starts it again after its end, and has a damaged file put aside by
 * the next one.
 *
 *   new ── start ──► opening ── ready ──► running ── beginStop ──► stopping ── endThread ──► stopped
 *                       ▲                    │
 *                       └── delay ── down ◄──┴── the thread died, or the file is damaged
 *
 * Always: at most one thread runs, and each opens the file under a new epoch. A disk that is full, read-only or failing
 * does not keep the gateway from starting: the outbox is down then, and the supervisor tries again.
 */

import { Worker } from 'node:worker_threads';
import { assertThat } from '@forpost/shared/assert.ts';
import type { Timer } from '@forpost/shared/clock.ts';
import { ForpostError, messageOf } from '@forpost/shared/errors.ts';
import { asId, type Epoch } from '@forpost/shared/event/ids.ts';
import { SparingLogger } from '@forpost/shared/logging.ts';
import { type Words, words } from '@forpost/shared/texts/english.ts';
import type { InHand } from '../../in-hand.ts';
import type { DamagePlace } from '../event-rows.ts';
import type { FromWriter, PutAside, Stamp, ToWriter, WriterData } from '../messages.ts';
import { keepSqliteLoaded } from './loaded.ts';
import type { OutboxLimits, SqliteOutboxOptions, WriterThread } from './outbox-options.ts';

/** Bytes for the log and for one shed step on a full disk; less beside a file that is small itself. */
const ballastBytes = 16 * 2 ** 20;
const ballastShare = 1 / 8;
const firstRestartMs = 100;
const longestRestartMs = 10_000;
/** Looking through a large file takes seconds, in which no commit is made. */
const checkSpacingMs = 60_000;
/** Checking one lane from a given event on takes some ms. */
const mendSpacingMs = 100;

export type ReadyMessage = Extract<FromWriter, { kind: 'ready' }>;
export type WriterMessage = Exclude<FromWriter, { kind: 'ready' | 'not-ready' | 'damaged' }>;
export type OutboxState = 'new' | 'opening' | 'running' | 'down' | 'stopping' | 'stopped';

export interface SupervisorParts {
  readonly file: string;
  readonly limits: OutboxLimits;
  readonly inHand: InHand;
  readonly stamp: () => Stamp;
  /** The file is open: takes its content from before this start, ahead of every other call. */
  readonly recall: (ready: ReadyMessage) => void;
  /** The thread takes commits from now on. */
  readonly ready: (ready: ReadyMessage) => void;
  readonly message: (message: WriterMessage) => void;
  /** The thread has ended, or did not open the file: every call that waits for it fails. */
  readonly lost: (error: ForpostError) => void;
  /** The thread died while the outbox stops. */
  readonly diedStopping: () => void;
}

export class WriterSupervisor {
  readonly #options: SqliteOutboxOptions;
  readonly #parts: SupervisorParts;
  /** logs rarely: a full disk refuses every attempt, and holds the log as well */
  readonly #sparing: SparingLogger;
  #state: OutboxState = 'new';
  #worker: WriterThread | undefined;
  #restart: Timer | undefined;
  #restartMs = firstRestartMs;
  /** why the next thread must put the file aside; `#putAside`: the file put aside, until a new one has begun */
  #damage: string | null = null;
  #putAside: PutAside | null = null;
  #ready: ReadyMessage | undefined;
  #epoch: Epoch | undefined;
  #downFor: ForpostError | undefined;
  #checkedAt = Number.NEGATIVE_INFINITY;
  #mendedAt = Number.NEGATIVE_INFINITY;

  constructor(options: SqliteOutboxOptions, parts: SupervisorParts) {
    this.#options = options;
    this.#parts = parts;
    this.#sparing = new SparingLogger(options.logger, options.clock);
  }

  get state(): OutboxState {
    return this.#state;
  }

  get hasThread(): boolean {
    return this.#worker !== undefined;
  }

  /** The running epoch; while the outbox is down, that of the attempt that is made next or was made last. */
  get epoch(): Epoch {
    if (this.#epoch === undefined) throw new Error('the outbox has no epoch before it is started');
    return this.#epoch;
  }

  /** how many times the file was started; 0 before it was opened */
  get starts(): number {
    return this.#ready?.starts ?? 0;
  }

  /** The file was opened at least once. */
  get isRead(): boolean {
    return this.#ready !== undefined;
  }

  /** why the outbox is down; undefined while it is not */
  get downFor(): ForpostError | undefined {
    return this.#downFor;
  }

  /**
   * Opens the file. Resolves also where the disk takes nothing at present: the outbox is down then.
   * @throws ForpostError FORPOST_OUTBOX_NEWER_SCHEMA, FORPOST_OUTBOX_FAILED
   */
  async start(): Promise<void> {
    assertThat(this.#state === 'new', () => `the outbox is ${this.#state}: it starts once`);
    try {
      await this.#open();
    } catch (error) {
      if (error instanceof ForpostError && isOfTheDisk(error)) {
        this.#isDown(error);
        return;
      }
      this.#state = 'stopped';
      throw error;
    }
  }

  /** From now on no thread is started. Returns the state before. */
  beginStop(): OutboxState {
    this.#restart?.cancel();
    const before = this.#state;
    if (before !== 'stopped') this.#state = 'stopping';
    return before;
  }

  /** Tells the thread to stop and waits for its end. */
  async endThread(): Promise<void> {
    const worker = this.#worker;
    if (worker !== undefined) {
      const ended = new Promise<void>((resolve) => worker.once('exit', () => resolve()));
      this.post({ kind: 'stop' });
      await ended;
    }
    this.#state = 'stopped';
  }

  post(message: ToWriter): void {
    this.#worker?.postMessage(message);
  }

  /** The thread has found its file damaged and ends: the next one puts the file aside. */
  foundDamaged(reason: string): void {
    this.#damage = reason;
  }

  /**
   * A reader has found the file damaged. With `place` the writer takes out the event that is altered or missing there,
   * and names it; without, it looks through the file and puts it aside where it is damaged.
   */
  check(place?: DamagePlace): void {
    const uptime = this.#options.clock.uptime();
    const spacingMs = place === undefined ? checkSpacingMs : mendSpacingMs;
    const before = place === undefined ? this.#checkedAt : this.#mendedAt;
    if (this.#state !== 'running' || uptime < before + spacingMs) return;
    if (place === undefined) this.#checkedAt = uptime;
    else this.#mendedAt = uptime;
    this.post({ kind: 'check', place });
  }

  /** Tells the operator of events that were altered or missing. */
  reportDamage(message: Words): void {
    this.#options.logger.error({ file: this.#parts.file }, message);
    this.#options.onProblem?.({ kind: 'damaged', message });
  }

  async #open(): Promise<void> {
    this.#state = 'opening';
    const { newEpoch, startWriter = startThread } = this.#options;
    const epoch = asId<'epoch'>(newEpoch());
    this.#epoch = epoch;
    const worker = startWriter(this.#dataFor(epoch));
    this.#worker = worker;
    await new Promise<void>((resolve, reject) => {
      let cause: unknown;
      worker.on('message', (message: FromWriter) => {
        if (message.kind === 'not-ready') {
          this.#notePutAside(message.putAside);
          reject(new ForpostError(message.code, message.message));
        } else if (message.kind === 'ready') {
          this.#becomeReady(message);
          resolve();
        } else if (message.kind === 'damaged') this.foundDamaged(message.message);
        else this.#parts.message(message);
      });
      worker.on('error', (error) => {
        cause = error;
      });
      worker.on('exit', () => {
        const why = cause === undefined ? words('gateway/problem.without-words') : messageOf(cause);
        const message = words('gateway/problem.outbox-thread', { error: why });
        reject(new ForpostError('FORPOST_OUTBOX_FAILED', message, { cause }));
        this.#died(worker, message);
      });
    });
  }

  #dataFor(epoch: Epoch): WriterData {
    const { clock, sinks } = this.#options;
    const { file, inHand, stamp, limits } = this.#parts;
    const { maxBytes, keepDeliveredMs, minFreeBytes, shedAfterMs } = limits;
    return {
      file,
      sinks,
      limits: {
        maxBytes,
        keepDeliveredMs,
        minFreeBytes,
        shedAfterMs,
        ballastBytes: Math.min(ballastBytes, Math.floor(maxBytes * ballastShare)),
      },
      epoch,
      stamp: new Date(clock.now()).toISOString().replace(/[-:.]/g, ''),
      damage: this.#damage,
      putAside: this.#putAside,
      stampNow: stamp(),
      inHand: inHand.buffer,
      recall: !this.isRead,
    };
  }

  #becomeReady(ready: ReadyMessage): void {
    const { file, recall } = this.#parts;
    recall(ready);
    this.#ready = ready;
    this.#downFor = undefined;
    this.#damage = null;
    this.#putAside = null;
    this.#restartMs = firstRestartMs;
    if (this.#state === 'opening') this.#state = 'running';
    const { logger, onProblem } = this.#options;
    logger.info({ file, epoch: ready.epoch, starts: ready.starts }, 'outbox open');
    if (ready.putAside !== null) {
      const { reason, files, saved, ranges } = ready.putAside;
      const message = words('gateway/problem.outbox-put-aside', { reason, saved, ranges });
      logger.error({ files }, message);
      onProblem?.({ kind: 'put-aside', message, files });
    }
    if (ready.found !== null) this.reportDamage(words('gateway/problem.outbox-found', { reason: ready.found }));
    this.#parts.ready(ready);
  }

  #notePutAside(putAside: PutAside | null): void {
    if (putAside === null) return;
    this.#putAside = putAside;
    this.#damage = null;
  }

  #died(worker: WriterThread, message: Words): void {
    if (this.#worker !== worker) return;
    this.#worker = undefined;
    this.#parts.inHand.endShedding();
    const state = this.#state;
    if (state === 'new' || state === 'stopped') return;
    this.#parts.lost(new ForpostError('FORPOST_OUTBOX_FAILED', message));
    if (state === 'stopping') {
      this.#parts.diedStopping();
      return;
    }
    if (state === 'running') {
      this.#options.logger.error({ file: this.#parts.file }, message);
      if (this.#damage === null) this.#options.onProblem?.({ kind: 'writer-died', message });
      this.#state = 'opening';
      this.#restart = this.#options.clock.after(0, () => this.#reopen());
    }
  }

  #reopen(): void {
    this.#open().catch((error: unknown) => {
      if (this.#state !== 'opening') return;
      this.#isDown(
        error instanceof ForpostError
          ? error
          : new ForpostError('FORPOST_OUTBOX_FAILED', messageOf(error), { cause: error }),
      );
    });
  }

  /** The file cannot be opened: rejects everything that waits, and tries again a little later. */
  #isDown(error: ForpostError): void {
    const { file, lost } = this.#parts;
    this.#state = 'down';
    this.#downFor = error;
    this.#sparing.error('down', { file }, `the outbox cannot be opened: ${error.message}`);
    lost(error);
    this.#restart = this.#options.clock.after(this.#restartMs, () => this.#reopen());
    this.#restartMs = Math.min(2 * this.#restartMs, longestRestartMs);
  }
}

function startThread(data: WriterData): Worker {
  keepSqliteLoaded();
  return new Worker(new URL('../writer/writer.ts', import.meta.url), { workerData: data });
}

function isOfTheDisk({ code }: ForpostError): boolean {
  return code === 'FORPOST_OUTBOX_FULL' || code === 'FORPOST_OUTBOX_DISK';
}
