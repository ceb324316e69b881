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
 * A disk that is too full to open the file, takes no writes or fails is no reason not to start: it is down then, and
 * tried again.
 */
import type { EventEmitter } from 'node:events';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { outside } from '@forpost/shared/bounded-work.ts';
import type { Clock, Timer } from '@forpost/shared/clock.ts';
import { ForpostError, messageOf } from '@forpost/shared/errors.ts';
import { asId, type Epoch, type Lane, type Sequence } from '@forpost/shared/event/ids.ts';
import { type Logger, SparingLogger } from '@forpost/shared/logging.ts';
import { Caller } from '@forpost/shared/threads/calls.ts';
import type { BrokerStorage, Change, Remembered } from '../../../mqtt-state/mqtt-state.ts';
import { InHand } from '../../in-hand.ts';
import type { Appended, DeadLetter, EventDraft, Outbox, OutboxEntry, OutboxRoom, OutboxStatus } from '../../outbox.ts';
import type { DamagePlace } from '../event-rows.ts';
import type { FromWriter, Recalled, RecalledIds, Stamp, ToWriter, WriterCalls, WriterData } from '../messages.ts';
import { outboxFileName } from '../reader/kept-events.ts';
import type { PutAside } from '../writer/opening.ts';
import { Figures } from './figures.ts';
import { Gathering, noRoom, type TakenBatch } from './gathering.ts';
import { keepSqliteLoaded } from './loaded.ts';
import { PendingChanges } from './pending-changes.ts';

export interface OutboxLimits {
  /** bytes used within the file; who may take how much of it: ../room.ts */
  readonly maxBytes: number;
  /** of the disk, below which telemetry makes the file grow no more; null: a tenth of the disk, at most 256 MiB */
  readonly minFreeBytes: number | null;
  /** ms that delivered events are kept for replay while there is room */
  readonly keepDeliveredMs: number;
  /** ms that devices are to keep their readings before the oldest stored ones make room */
  readonly shedAfterMs: number;
  /** entries and bytes waiting in front of the disk; who may take how much of it: gathering.ts */
  readonly maxQueuedEntries: number;
  readonly maxQueuedBytes: number;
}

export const defaultOutboxLimits: OutboxLimits = {
  maxBytes: 2 ** 30,
  minFreeBytes: null,
  keepDeliveredMs: 7 * 86_400_000,
  shedAfterMs: 60_000,
  maxQueuedEntries: 50_000,
  maxQueuedBytes: 64 * 2 ** 20,
};

/** Room for the log and for one shed step on a disk that is full; less beside a file that is small itself. */
const ballastBytes = 16 * 2 ** 20;
const ballastShare = 1 / 8;

/** Something about the outbox that an operator must know, and the centre by an event. */
export type OutboxProblem =
  | { readonly kind: 'put-aside'; readonly message: string; readonly files: readonly string[] }
  /** events were found altered or missing, and are named by gap records */
  | { readonly kind: 'damaged'; readonly message: string }
  | { readonly kind: 'writer-died'; readonly message: string };

/** What the outbox needs of its writer's thread. */
export interface WriterThread extends Pick<EventEmitter, 'on' | 'once'> {
  postMessage(message: ToWriter): void;
}

export interface SqliteOutboxOptions {
  /** an existing folder; the file is `<folder>/outbox.db` */
  readonly folder: string;
  /** names of all configured sinks: an event is delivered once all of them have acknowledged it; none: at once */
  readonly sinks: readonly string[];
  readonly clock: Clock;
  readonly logger: Logger;
  /** a new random epoch: 16 lowercase hexadecimal digits */
  readonly newEpoch: () => string;
  /** by which clock and boot the outbox's own events are stamped */
  readonly stamp: () => Pick<EventDraft, 'clock' | 'boot'>;
  readonly limits?: Partial<OutboxLimits>;
  /** may be called before `start` has resolved */
  readonly onProblem?: (problem: OutboxProblem) => void;
  /** told once, as soon as the file is open: the ids that devices have given their events */
  readonly onResendIds?: (ids: readonly RecalledIds[]) => void;
  /** starts the writer's thread; tests take hold of it here */
  readonly startWriter?: (data: WriterData) => WriterThread;
}

/** How long a change that nobody waits for may wait for a commit to ride in. */
const changesWaitMs = 1000;
/** How soon the room is looked at again while shedding waits. */
const lookAgainMs = 1000;
const firstRestartMs = 100;
const longestRestartMs = 10_000;
/** Looking through a large file takes seconds, in which no commit is made. */
const checkSpacingMs = 60_000;
/** Looking through one lane from a place on takes some ms. */
const mendSpacingMs = 100;

const maxOpenCalls = 64;
/** Looking through a large file keeps the writer busy for seconds. */
const callTimeoutMs = 30_000;

type Ready = Extract<FromWriter, { kind: 'ready' }>;

export class SqliteOutbox implements Outbox {
  readonly file: string;
  readonly #options: SqliteOutboxOptions;
  readonly #limits: OutboxLimits;
  readonly #gathering: Gathering;
  readonly #figures: Figures;
  /** what is on its way to the sinks: for the uplink */
  readonly inHand: InHand;
  /** a disk that is full refuses each commit, and the log is on it as well */
  readonly #sparing: SparingLogger;
  readonly #listeners = new Set<() => void>();
  readonly #calls: Caller<WriterCalls>;
  #state: 'new' | 'opening' | 'running' | 'down' | 'stopping' | 'stopped' = 'new';
  #worker: WriterThread | undefined;
  #inFlight: TakenBatch | undefined;
  #flushAsked = false;
  #restart: Timer | undefined;
  #restartMs = firstRestartMs;
  /** why the file must be put aside, and what of it has been, until the next one is begun */
  #damage: string | null = null;
  #putAside: PutAside | null = null;
  #ready: Ready | undefined;
  #epoch: Epoch | undefined;
  /** why it is down */
  #downFor: ForpostError | undefined;
  /** why the last commit failed, where it did */
  #failedFor: ForpostError | undefined;
  readonly #changes = new PendingChanges();
  #changesTimer: Timer | undefined;
  #changesDue = false;
  /** a look at the room is due though nothing comes, and when the next one is */
  #lookDue = false;
  #lookTimer: Timer | undefined;
  #remembered: Remembered | undefined;
  #takeRemembered: ((remembered: Remembered) => void) | undefined;
  #checkedAt = Number.NEGATIVE_INFINITY;
  #mendedAt = Number.NEGATIVE_INFINITY;
  #drained: (() => void) | undefined;

  constructor(options: SqliteOutboxOptions) {
    this.#options = options;
    this.#sparing = new SparingLogger(options.logger, options.clock);
    this.#calls = new Caller({ peer: 'the outbox’s writer thread', clock: options.clock, maxOpen: maxOpenCalls });
    this.#limits = { ...defaultOutboxLimits, ...options.limits };
    this.#figures = new Figures(options.clock, this.#limits.maxBytes);
    this.#gathering = new Gathering(this.#limits.maxQueuedEntries, this.#limits.maxQueuedBytes);
    this.file = join(options.folder, outboxFileName);
    this.inHand = InHand.for(options.sinks.length);
  }

  /** While it is down, of the attempt to open it that is made next or was made last. */
  get epoch(): Epoch {
    if (this.#epoch === undefined) throw new Error('the outbox has no epoch before it is started');
    return this.#epoch;
  }

  /** @throws ForpostError FORPOST_OUTBOX_NEWER_SCHEMA, FORPOST_OUTBOX_FAILED */
  async start(): Promise<void> {
    if (this.#state !== 'new') throw new Error(`the outbox is ${this.#state}`);
    try {
      await this.#open();
    } catch (error) {
      if (
        error instanceof ForpostError &&
        (error.code === 'FORPOST_OUTBOX_FULL' || error.code === 'FORPOST_OUTBOX_DISK')
      ) {
        this.#isDown(error);
        return;
      }
      this.#state = 'stopped';
      throw error;
    }
  }

  async stop(): Promise<void> {
    this.#restart?.cancel();
    this.#changesTimer?.cancel();
    this.#lookTimer?.cancel();
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
    if (this.#state === 'down' || this.#isUnread()) {
      const code = this.#downFor?.code === 'FORPOST_OUTBOX_FULL' ? 'FORPOST_OUTBOX_FULL' : 'FORPOST_OUTBOX_FAILED';
      return Promise.reject(new ForpostError(code, `${this.file} cannot be opened at present`));
    }
    const problem = problemOf(entry);
    if (problem !== undefined) return Promise.reject(new ForpostError('FORPOST_EVENT_INVALID', problem));
    if (entry.events.length === 0 && entry.deadLetter === undefined && entry.publish === undefined)
      return Promise.resolve({ stored: 0, repeated: 0 });
    const appended = this.#gathering.add(entry);
    this.#flushSoon();
    return appended;
  }

  /** It was down from the start on: what is handed over may speak of sessions under numbers that are others' in the file. */
  #isUnread(): boolean {
    return this.#state === 'opening' && this.#ready === undefined && this.#downFor !== undefined;
  }

  /** What the broker remembers, in this file and its commits. */
  readonly storage: BrokerStorage = {
    recall: (take) => {
      const remembered = this.#remembered;
      this.#remembered = undefined;
      if (remembered === undefined) this.#takeRemembered = take;
      else take(remembered);
    },
    isRead: () => this.#ready !== undefined,
    save: (change) => this.#save(change),
    saved: () => this.#saved(),
    commit: async (changes, sender) => void (await this.append({ events: [], sender, publish: { changes } })),
    onAnew: (listener) => this.#changes.onAnew(listener),
  };

  #save(change: Change): void {
    this.#changes.add(change);
    if (this.#changesTimer !== undefined) return;
    this.#changesTimer = this.#options.clock.after(changesWaitMs, () => {
      this.#changesTimer = undefined;
      this.#changesDue = true;
      this.#flush();
    });
  }

  #saved(): Promise<void> {
    if (this.#state !== 'running' && this.#state !== 'opening') return Promise.reject(stopped());
    const saved = this.#changes.settled();
    if (this.#changes.isDue) this.#flushSoon();
    return saved;
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
    const figures = this.#figures.status(this.#downFor?.code === 'FORPOST_OUTBOX_FULL');
    return {
      ...figures,
      epoch: this.epoch,
      starts: this.#ready?.starts ?? 0,
      queued: this.#gathering.entries,
      problem: this.#problem(figures.room),
    };
  }

  #problem({ diskFull, freeDiskBytes, minFreeBytes, shedsInMs }: OutboxRoom): string {
    if (this.#downFor !== undefined) return `nothing is stored: ${this.#downFor.message}`;
    if (this.#failedFor?.code === 'FORPOST_OUTBOX_FAILED') return `nothing is stored: ${this.#failedFor.message}`;
    if (shedsInMs !== null) {
      const why = diskFull ? 'the disk is full' : 'the outbox is full';
      const wait = `${Math.ceil(this.#limits.shedAfterMs / 1000)} s`;
      return `${why}: alerts are stored, readings that find no room are not acknowledged, so that their devices keep them; after ${wait} without room the oldest stored readings are deleted`;
    }
    if (!diskFull && (freeDiskBytes === null || freeDiskBytes >= minFreeBytes)) return '';
    if (!diskFull) return 'the disk is nearly full: the oldest readings make room for new ones';
    return 'the disk is full: alerts are stored, the oldest readings are deleted, the rest is not acknowledged';
  }

  deadLetters(limit: number, device?: string): Promise<readonly DeadLetter[]> {
    if (this.#state !== 'running') return Promise.reject(stopped());
    return this.#calls.call('deadLetters', { limit, device }, callTimeoutMs);
  }

  /**
   * Somebody who reads the file has found it damaged. `place`: an event that is altered or missing there is taken out and
   * named; else the file is looked through, and put aside where it is damaged.
   */
  check(place?: DamagePlace): void {
    const uptime = this.#options.clock.uptime();
    const spacingMs = place === undefined ? checkSpacingMs : mendSpacingMs;
    const before = place === undefined ? this.#checkedAt : this.#mendedAt;
    if (this.#state !== 'running' || uptime < before + spacingMs) return;
    if (place === undefined) this.#checkedAt = uptime;
    else this.#mendedAt = uptime;
    this.#post({ kind: 'check', place });
  }

  /** Starts a writer and waits until it has opened the file. */
  async #open(): Promise<void> {
    this.#state = 'opening';
    const { clock, sinks, newEpoch, startWriter = startThread } = this.#options;
    const { maxBytes, keepDeliveredMs, minFreeBytes, shedAfterMs } = this.#limits;
    const epoch = asId<'epoch'>(newEpoch());
    this.#epoch = epoch;
    const worker = startWriter({
      file: this.file,
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
      stampNow: this.#stamp(),
      inHand: this.inHand.buffer,
      recall: this.#ready === undefined,
    });
    this.#worker = worker;
    await new Promise<void>((resolve, reject) => {
      let cause: unknown;
      worker.on('message', (message: FromWriter) => {
        if (message.kind === 'not-ready') {
          this.#isPutAside(message.putAside);
          reject(new ForpostError(message.code, message.message));
        } else if (message.kind === 'ready') {
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
    if (ready.recalled !== null) this.#recall(ready.recalled);
    else if (ready.isAnew) this.#changes.begin();
    this.#ready = ready;
    this.#downFor = undefined;
    this.#failedFor = undefined;
    this.#figures.opened(ready.state);
    this.#damage = null;
    this.#putAside = null;
    this.#restartMs = firstRestartMs;
    if (this.#state === 'opening') this.#state = 'running';
    this.#calls.connect((message) => this.#post(message));
    const { logger, onProblem } = this.#options;
    logger.info({ file: this.file, epoch: ready.epoch, starts: ready.starts }, 'outbox open');
    if (ready.putAside !== null) {
      const { reason, files, saved, ranges } = ready.putAside;
      const message = `the outbox was damaged (${reason}): put aside, a new one begun with ${saved} of its events; ranges named as lost: ${ranges}`;
      logger.error({ files }, message);
      onProblem?.({ kind: 'put-aside', message, files });
    }
    if (ready.found !== null) this.#isDamaged(`the outbox: ${ready.found}`);
    // it may begin with gap records
    for (const listener of [...this.#listeners]) this.#tell(listener);
    this.#flush();
  }

  #isDamaged(message: string): void {
    this.#options.logger.error({ file: this.file }, message);
    this.#options.onProblem?.({ kind: 'damaged', message });
  }

  #isPutAside(putAside: PutAside | null): void {
    if (putAside === null) return;
    this.#putAside = putAside;
    this.#damage = null;
  }

  #recall({ remembered, resendIds, reused }: Recalled): void {
    this.#options.onResendIds?.(resendIds);
    this.#figures.reused(reused);
    const take = this.#takeRemembered;
    if (take === undefined) {
      this.#remembered = remembered;
      return;
    }
    take(remembered);
    // the broker has begun without it: what it holds now is what is true
    this.#changes.begin();
  }

  #receive(message: FromWriter): void {
    if (message.kind === 'answer' || message.kind === 'call-failed') {
      this.#calls.receive(message);
      return;
    }
    if (message.kind === 'mended') {
      this.#isDamaged(
        `the outbox: events were altered or missing on the disk; ranges named as lost: ${message.ranges}`,
      );
      for (const listener of [...this.#listeners]) this.#tell(listener);
      return;
    }
    if (message.kind === 'damaged') {
      this.#damage = message.message;
      return;
    }
    const taken = this.#inFlight;
    if (taken === undefined || (message.kind !== 'committed' && message.kind !== 'commit-failed'))
      throw new Error(`the outbox's thread said ${message.kind} unasked`);
    this.#inFlight = undefined;
    if (message.kind === 'committed') {
      const { outcome, ms } = message;
      this.#failedFor = undefined;
      if (outcome.refused.length > 0) this.#gathering.refuseFollowers(taken, outcome.refused, noRoom());
      this.#figures.committed(outcome, ms);
      if (outcome.state.room.shedsInMs !== null) this.#lookSoon();
      // the next commit starts before anyone is told of this one: the disk is what everybody waits for
      this.#changes.committed();
      this.#flush();
      this.#gathering.committed(taken, outcome);
      if (outcome.stored > 0) for (const listener of [...this.#listeners]) this.#tell(listener);
      return;
    }
    const error = new ForpostError(message.code, `a commit of the outbox failed: ${message.message}`);
    this.#failedFor = error;
    this.#sparing.error('commit', { entries: taken.waiting.length }, error.message);
    // what a lost commit would have acknowledged is acknowledged with the next one
    for (const acknowledgement of taken.batch.acknowledgements) this.#gathering.acknowledge(acknowledgement);
    this.#gathering.refuseFollowers(taken, 'all', error);
    this.#gathering.failed(taken, error);
    this.#changes.failed(error);
    if (message.corrupt) this.#damage = message.message;
    // acknowledgements alone wait for the next entry: a disk that refuses them would refuse them at once again
    else if (this.#gathering.hasEntries || this.#changes.isDue) this.#flush();
    else this.#drained?.();
  }

  #stamp(): Stamp {
    const { clock, stamp } = this.#options;
    return { ...stamp(), received: clock.now(), uptime: clock.uptime() };
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
    outside(setImmediate, () => {
      this.#flushAsked = false;
      this.#flush();
    });
  }

  #flush(): void {
    if (this.#inFlight !== undefined || (this.#state !== 'running' && this.#state !== 'stopping')) return;
    if ((this.#gathering.isEmpty && !this.#changesAreDue() && !this.#lookDue) || this.#worker === undefined) {
      this.#drained?.();
      return;
    }
    this.#inFlight = this.#gathering.take(this.#stamp());
    this.#changesDue = false;
    this.#lookDue = false;
    this.#post({ kind: 'commit', batch: { ...this.#inFlight.batch, changes: this.#changes.take() } });
  }

  /** While it waits for room it looks again, also where no device tries: the wait ends with the want of room. */
  #lookSoon(): void {
    if (this.#lookTimer !== undefined || this.#state !== 'running') return;
    this.#lookTimer = this.#options.clock.after(lookAgainMs, () => {
      this.#lookTimer = undefined;
      this.#lookDue = this.#state === 'running';
      this.#flush();
    });
  }

  #changesAreDue(): boolean {
    if (this.#changes.isEmpty) return false;
    return this.#changes.isDue || this.#changesDue || this.#state === 'stopping';
  }

  #post(message: ToWriter): void {
    this.#worker?.postMessage(message);
  }

  #died(worker: WriterThread, message: string): void {
    if (this.#worker !== worker) return;
    this.#worker = undefined;
    this.inHand.endShedding();
    const state = this.#state;
    if (state === 'new' || state === 'stopped') return;
    this.#rejectAll(new ForpostError('FORPOST_OUTBOX_FAILED', message));
    if (state === 'stopping') {
      this.#drained?.();
      return;
    }
    if (state === 'running') {
      this.#options.logger.error({ file: this.file }, message);
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

  /** The file cannot be opened: what waits is rejected, and it is tried again a little later. */
  #isDown(error: ForpostError): void {
    this.#state = 'down';
    this.#downFor = error;
    this.#sparing.error('down', { file: this.file }, `the outbox cannot be opened: ${error.message}`);
    this.#rejectAll(error);
    this.#restart = this.#options.clock.after(this.#restartMs, () => this.#reopen());
    this.#restartMs = Math.min(2 * this.#restartMs, longestRestartMs);
  }

  #rejectAll(error: ForpostError): void {
    const taken = this.#inFlight;
    this.#inFlight = undefined;
    if (taken !== undefined) {
      for (const acknowledgement of taken.batch.acknowledgements) this.#gathering.acknowledge(acknowledgement);
      this.#gathering.failed(taken, error);
    }
    this.#gathering.failAll(error);
    this.#changes.failAll(error);
    this.#calls.disconnect(error.message);
  }
}

function startThread(data: WriterData): Worker {
  keepSqliteLoaded();
  return new Worker(new URL('../writer/writer.ts', import.meta.url), { workerData: data });
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
