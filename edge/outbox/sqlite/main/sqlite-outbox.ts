/**
 * The outbox on SQLite, in the main thread: gathers entries while a commit runs, hands each batch to the writer thread
 * as one message, and resolves everyone who waits.
 *
 *   append ──► gathered ──► in flight (one commit) ── committed ──► resolved
 *                 ▲                    ├── refused for want of room, failed ──► rejected
 *                 └── the next batch   └── the thread died ──► rejected, and perhaps in the file all the same
 *
 * Always: one commit is outstanding, and the next batch gathers meanwhile, without a timer. When the thread dies,
 * everything that waited is rejected, and a new thread opens the same file under a new epoch (writer-supervisor.ts).
 * Its senders offer their entries again; a `resendId` makes an entry harmless that was in the file already. While the
 * outbox is down, entries gather up to the bound until an attempt to open the file fails, and are rejected then.
 */

import { join } from 'node:path';
import { outside } from '@forpost/shared/bounded-work.ts';
import type { Timer } from '@forpost/shared/clock.ts';
import { ForpostError } from '@forpost/shared/errors.ts';
import type { Epoch, Lane, Sequence } from '@forpost/shared/event/ids.ts';
import { SparingLogger } from '@forpost/shared/logging.ts';
import { words } from '@forpost/shared/texts/english.ts';
import { Caller } from '@forpost/shared/threads/calls.ts';
import type { MqttStateStore } from '../../../mqtt-state/mqtt-state.ts';
import { InHand } from '../../in-hand.ts';
import type { Appended, DeadLetter, Outbox, OutboxEntry, OutboxStatus } from '../../outbox.ts';
import type { DamagePlace } from '../event-rows.ts';
import type { CommitOutcome, FromWriter, Stamp, WriterCalls } from '../messages.ts';
import { outboxFileName } from '../reader/kept-events.ts';
import { CommitQueue, noRoom, type QueuedBatch } from './commit-queue.ts';
import { Figures } from './figures.ts';
import { MqttStateWrites } from './mqtt-state-writes.ts';
import { defaultOutboxLimits, type OutboxLimits, type SqliteOutboxOptions } from './outbox-options.ts';
import { problemInWords } from './status-words.ts';
import { type ReadyMessage, type WriterMessage, WriterSupervisor } from './writer-supervisor.ts';

/** How soon the writer looks for room again while shedding waits. */
const checkSpaceEveryMs = 1000;
const maxOpenCalls = 64;
/** Looking through a large file keeps the writer busy for seconds. */
const callTimeoutMs = 30_000;

export class SqliteOutbox implements Outbox {
  readonly file: string;
  readonly #options: SqliteOutboxOptions;
  readonly #limits: OutboxLimits;
  readonly #queue: CommitQueue;
  readonly #figures: Figures;
  readonly #writer: WriterSupervisor;
  readonly #state: MqttStateWrites;
  /** the batches that are on their way to the sinks: for the uplink */
  readonly inHand: InHand;
  /** logs rarely: a full disk refuses each commit, and holds the log as well */
  readonly #sparing: SparingLogger;
  readonly #listeners = new Set<() => void>();
  readonly #calls: Caller<WriterCalls>;
  #inFlight: QueuedBatch | undefined;
  #flushAsked = false;
  /** why the last commit failed; undefined: it succeeded */
  #failedFor: ForpostError | undefined;
  /** the writer must check the space although no entry comes; `#spaceTimer`: the next check */
  #spaceCheckDue = false;
  #spaceTimer: Timer | undefined;
  #drained: (() => void) | undefined;

  constructor(options: SqliteOutboxOptions) {
    this.#options = options;
    const { clock, logger, folder, sinks } = options;
    this.#sparing = new SparingLogger(logger, clock);
    this.#calls = new Caller({ peer: 'the outbox’s writer thread', clock, maxOpen: maxOpenCalls });
    this.#limits = { ...defaultOutboxLimits, ...options.limits };
    this.#figures = new Figures(clock, this.#limits.maxBytes);
    this.#queue = new CommitQueue(this.#limits.maxQueuedEntries, this.#limits.maxQueuedBytes);
    this.file = join(folder, outboxFileName);
    this.inHand = InHand.for(sinks.length);
    this.#writer = new WriterSupervisor(options, {
      file: this.file,
      limits: this.#limits,
      inHand: this.inHand,
      stamp: () => this.#stamp(),
      recall: (ready) => this.#recall(ready),
      ready: (ready) => this.#becomeReady(ready),
      message: (message) => this.#receive(message),
      lost: (error) => this.#rejectAll(error),
      diedStopping: () => this.#drained?.(),
    });
    this.#state = new MqttStateWrites({
      clock,
      isRead: () => this.#writer.isRead,
      refusal: () => (['running', 'opening'].includes(this.#writer.state) ? undefined : stopped()),
      flush: () => this.#flush(),
      flushSoon: () => this.#flushSoon(),
      commit: async (changes, sender) => void (await this.append({ events: [], sender, publish: { changes } })),
    });
  }

  get epoch(): Epoch {
    return this.#writer.epoch;
  }

  /** The broker's state, in this file and its commits. */
  get mqttState(): MqttStateStore {
    return this.#state.store;
  }

  /** @throws ForpostError FORPOST_OUTBOX_NEWER_SCHEMA, FORPOST_OUTBOX_FAILED */
  async start(): Promise<void> {
    await this.#writer.start();
  }

  async stop(): Promise<void> {
    this.#state.close();
    this.#spaceTimer?.cancel();
    const before = this.#writer.beginStop();
    if (before === 'stopping' || before === 'stopped') return;
    if (before === 'running') {
      await new Promise<void>((resolve) => {
        this.#drained = resolve;
        this.#flush();
      });
    }
    await this.#writer.endThread();
    this.#rejectAll(stopped());
  }

  append(entry: OutboxEntry): Promise<Appended> {
    const { state, downFor } = this.#writer;
    if (state === 'stopping' || state === 'stopped' || state === 'new') return Promise.reject(stopped());
    if (state === 'down' || this.#isUnread()) {
      const code = downFor?.code === 'FORPOST_OUTBOX_FULL' ? 'FORPOST_OUTBOX_FULL' : 'FORPOST_OUTBOX_FAILED';
      return Promise.reject(new ForpostError(code, words('gateway/problem.outbox-not-now', { file: this.file })));
    }
    const problem = problemOf(entry);
    if (problem !== undefined) return Promise.reject(new ForpostError('FORPOST_EVENT_INVALID', problem));
    if (entry.events.length === 0 && entry.deadLetter === undefined && entry.publish === undefined)
      return Promise.resolve({ stored: 0, repeated: 0 });
    const appended = this.#queue.add(entry);
    this.#flushSoon();
    return appended;
  }

  /**
   * The outbox was down from the start, and the file is being opened now: an entry may name sessions by numbers that
   * other sessions have in the file.
   */
  #isUnread(): boolean {
    const { state, isRead, downFor } = this.#writer;
    return state === 'opening' && !isRead && downFor !== undefined;
  }

  acknowledge(sink: string, epoch: Epoch, lane: Lane, through: Sequence): void {
    if (!Number.isSafeInteger(through) || through < 1) throw new RangeError(`cannot acknowledge number ${through}`);
    this.#queue.acknowledge({ sink, epoch, lane, through });
    this.#flushSoon();
  }

  onCommit(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  status(): OutboxStatus {
    const { epoch, starts, downFor } = this.#writer;
    const figures = this.#figures.status(downFor?.code === 'FORPOST_OUTBOX_FULL');
    const { room } = figures;
    const { shedAfterMs } = this.#limits;
    return {
      ...figures,
      epoch,
      starts,
      queued: this.#queue.entries,
      problem: problemInWords({ downFor, failedFor: this.#failedFor, room, shedAfterMs }),
    };
  }

  deadLetters(limit: number, device?: string): Promise<readonly DeadLetter[]> {
    if (this.#writer.state !== 'running') return Promise.reject(stopped());
    return this.#calls.call('deadLetters', { limit, device }, callTimeoutMs);
  }

  /** A reader has found the file damaged: see `WriterSupervisor.check`. */
  check(place?: DamagePlace): void {
    this.#writer.check(place);
  }

  #recall({ recalled, isAnew }: ReadyMessage): void {
    if (recalled !== null) {
      this.#options.onResendIds?.(recalled.resendIds);
      this.#figures.reused(recalled.reused);
      this.#state.recalled(recalled.remembered);
    } else if (isAnew) this.#state.saveAll();
  }

  #becomeReady(ready: ReadyMessage): void {
    this.#failedFor = undefined;
    this.#figures.opened(ready.state);
    this.#calls.connect((message) => this.#writer.post(message));
    // the file may begin with gap records
    this.#notifyListeners();
    this.#flush();
  }

  #receive(message: WriterMessage): void {
    switch (message.kind) {
      case 'answer':
      case 'call-failed':
        this.#calls.receive(message);
        return;
      case 'mended':
        this.#writer.reportDamage(words('gateway/problem.outbox-mended', { ranges: message.ranges }));
        this.#notifyListeners();
        return;
      case 'committed':
        this.#committed(this.#endInFlight(message.kind), message.outcome, message.ms);
        return;
      case 'commit-failed':
        this.#commitFailed(this.#endInFlight(message.kind), message);
        return;
    }
  }

  #endInFlight(kind: string): QueuedBatch {
    const taken = this.#inFlight;
    if (taken === undefined) throw new Error(`the outbox's thread said ${kind} unasked`);
    this.#inFlight = undefined;
    return taken;
  }

  #committed(taken: QueuedBatch, outcome: CommitOutcome, ms: number): void {
    this.#failedFor = undefined;
    if (outcome.refused.length > 0) this.#queue.refuseFollowers(taken, outcome.refused, noRoom());
    this.#figures.committed(outcome, ms);
    if (outcome.state.room.shedsInMs !== null) this.#checkSpaceSoon();
    // the next commit starts before the callers of this one are told, because all senders wait for the disk
    this.#state.committed();
    this.#flush();
    this.#queue.committed(taken, outcome);
    if (outcome.stored > 0) this.#notifyListeners();
  }

  #commitFailed(taken: QueuedBatch, { code, message, corrupt }: Extract<FromWriter, { kind: 'commit-failed' }>): void {
    const error = new ForpostError(code, words('gateway/problem.outbox-commit', { error: message }));
    this.#failedFor = error;
    this.#sparing.error('commit', { entries: taken.waiting.length }, error.message);
    // the next commit takes the acknowledgements of this one
    for (const acknowledgement of taken.batch.acknowledgements) this.#queue.acknowledge(acknowledgement);
    this.#queue.refuseFollowers(taken, 'all', error);
    this.#queue.failed(taken, error);
    this.#state.failed(error);
    if (corrupt) this.#writer.foundDamaged(message);
    // acknowledgements alone wait for the next entry: a disk that refuses them would refuse them at once again
    else if (this.#queue.hasEntries || this.#state.isAwaited) this.#flush();
    else this.#drained?.();
  }

  #stamp(): Stamp {
    const { clock, stamp } = this.#options;
    return { ...stamp(), received: clock.now(), uptime: clock.uptime() };
  }

  #notifyListeners(): void {
    for (const listener of [...this.#listeners]) {
      try {
        listener();
      } catch (error) {
        this.#options.logger.error({ err: error }, 'a listener to commits failed');
      }
    }
  }

  /** Commits the gathered entries after this turn of the event loop; a running commit is followed by the next one. */
  #flushSoon(): void {
    if (this.#flushAsked || this.#inFlight !== undefined) return;
    this.#flushAsked = true;
    outside(setImmediate, () => {
      this.#flushAsked = false;
      this.#flush();
    });
  }

  #flush(): void {
    const { state, hasThread } = this.#writer;
    if (this.#inFlight !== undefined || (state !== 'running' && state !== 'stopping')) return;
    const isDue = !this.#queue.isEmpty || this.#state.isDue(state === 'stopping') || this.#spaceCheckDue;
    if (!isDue || !hasThread) {
      this.#drained?.();
      return;
    }
    this.#inFlight = this.#queue.nextBatch(this.#stamp());
    this.#spaceCheckDue = false;
    this.#writer.post({ kind: 'commit', batch: { ...this.#inFlight.batch, changes: this.#state.beginCommit() } });
  }

  /** While shedding waits for space, has the writer check the space again although no device publishes. */
  #checkSpaceSoon(): void {
    if (this.#spaceTimer !== undefined || this.#writer.state !== 'running') return;
    this.#spaceTimer = this.#options.clock.after(checkSpaceEveryMs, () => {
      this.#spaceTimer = undefined;
      this.#spaceCheckDue = this.#writer.state === 'running';
      this.#flush();
    });
  }

  #rejectAll(error: ForpostError): void {
    const taken = this.#inFlight;
    this.#inFlight = undefined;
    if (taken !== undefined) {
      for (const acknowledgement of taken.batch.acknowledgements) this.#queue.acknowledge(acknowledgement);
      this.#queue.failed(taken, error);
    }
    this.#queue.failAll(error);
    this.#state.failAll(error);
    this.#calls.disconnect(error.message);
  }
}

function stopped(): ForpostError {
  return new ForpostError('FORPOST_OUTBOX_STOPPED', 'the outbox is not running');
}

/** The reason for which SQLite would refuse the entry, and with it its whole batch; undefined: there is none. */
function problemOf(entry: OutboxEntry): string | undefined {
  for (const event of entry.events)
    if (!Number.isFinite(event.time) || !Number.isFinite(event.received) || !Number.isFinite(event.uptime))
      return `an event of ${event.device ?? 'the gateway'} has no time`;
  return undefined;
}
