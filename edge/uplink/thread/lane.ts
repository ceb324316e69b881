/**
 * One lane to one sink: runs the forwarder's commands (forwarder.ts) with the session, the outbox's reader and the
 * timer. It runs in the uplink's thread; the other lane of the sink has its own session, so that an alert never waits
 * out a telemetry deadline.
 *
 * Always: one step at a time, and a command's outcome comes back as an event. After `stop` nothing happens any more.
 */

import type { Clock, Timer } from '@forpost/shared/clock.ts';
import { ForpostError, messageOf } from '@forpost/shared/errors.ts';
import { eventTypes } from '@forpost/shared/event/event.ts';
import type { Epoch, Lane, Sequence } from '@forpost/shared/event/ids.ts';
import type { GatewayStatus } from '@forpost/shared/event/status.ts';
import type { Logger } from '@forpost/shared/logging.ts';
import { words } from '@forpost/shared/texts/english.ts';
import type { Claimant } from '../../outbox/in-hand.ts';
import type { OutboxReader } from '../../outbox/outbox.ts';
import type { Refusal } from '../messages.ts';
import type { Sink, SinkBatch, SinkIdentity, SinkSession } from '../sink.ts';
import { BatchReader, type Loaded } from './batch-reader.ts';
import { largestNext } from './batch-size.ts';
import { step } from './forwarder.ts';
import {
  type BatchInHand,
  type Cursor,
  dueAt,
  type FailureKind,
  type ForwarderCommand,
  type ForwarderEvent,
  type ForwarderSettings,
  type ForwarderState,
  initialState,
} from './forwarder-state.ts';
import type { Pacer } from './pacer.ts';

export interface LaneOptions {
  readonly lane: Lane;
  readonly sink: Sink;
  readonly identity: SinkIdentity;
  readonly reader: OutboxReader;
  /** claims the events that are read and sent, so that they are not shed; absent where the lane is never shed */
  readonly claimant?: Claimant;
  readonly settings: ForwarderSettings;
  /** of the sink: both lanes share it */
  readonly pacer: Pacer;
  readonly clock: Clock;
  readonly random: () => number;
  readonly logger: Logger;
  readonly acknowledge: (epoch: Epoch, through: Sequence) => void;
  readonly recordRefusal: (refusal: Refusal) => Promise<void>;
  /** Called before each read: a commit after this call is followed by `committed`. */
  readonly wantCommits: () => void;
  /** called after each step */
  readonly changed: () => void;
}

/** A session, and how many of its bytes on the wire the pacer has counted. */
interface OpenSession {
  readonly session: SinkSession;
  countedBytes: number;
}

/** About the time of a commit that sheds. */
const sheddingWaitMs = 20;

export class LaneRunner {
  readonly #options: LaneOptions;
  readonly #sessions = new Map<number, OpenSession>();
  readonly #events: ForwarderEvent[] = [];
  #state: ForwarderState;
  #stepping = false;
  #stopped = false;
  #timer: Timer | undefined;
  #timerAt: number | undefined;
  #loaded: Loaded | undefined;
  readonly #batches: BatchReader;
  #eventsSafe = 0;
  #bytesSafe = 0;
  /** number of the newest load: an older one that still waits is dropped */
  #loads = 0;

  constructor(options: LaneOptions) {
    this.#options = options;
    this.#state = initialState(options.settings, options.clock.uptime());
    this.#batches = new BatchReader(options);
  }

  get lane(): Lane {
    return this.#options.lane;
  }

  get state(): ForwarderState {
    return this.#state;
  }

  /** events called safe since the start */
  get eventsSafe(): number {
    return this.#eventsSafe;
  }

  /** approximate bytes of their data */
  get bytesSafe(): number {
    return this.#bytesSafe;
  }

  get connected(): boolean {
    const { kind } = this.#state.phase;
    return kind === 'idle' || kind === 'reading' || kind === 'sending' || kind === 'pacing';
  }

  start(): void {
    this.#handle({ on: 'timer' });
  }

  committed(): void {
    this.#handle({ on: 'committed' });
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#timer?.cancel();
    const open = [...this.#sessions.values()];
    this.#sessions.clear();
    for (const one of open) this.#account(one);
    await Promise.all(open.map(({ session }) => session.close()));
  }

  /** Sends the gateway's state through this lane's session. Returns its bytes. @throws ForpostError FORPOST_SINK_… */
  async status(status: GatewayStatus, deadlineMs: number): Promise<number> {
    const open = this.#sessions.get(this.#state.session);
    if (open === undefined) return 0;
    const before = this.#account(open);
    await open.session.status(status, deadlineMs);
    return this.#account(open) - before;
  }

  /** Has the pacer count the session's bytes on the wire since the last call. Returns all bytes of the session. */
  #account(open: OpenSession): number {
    const { wireBytes } = open.session;
    this.#options.pacer.spent(this.#options.lane, wireBytes - open.countedBytes);
    open.countedBytes = wireBytes;
    return wireBytes;
  }

  #handle(event: ForwarderEvent): void {
    this.#events.push(event);
    if (this.#stepping) return;
    this.#stepping = true;
    const { clock, random, settings, pacer, lane } = this.#options;
    for (let next = this.#events.shift(); next !== undefined && !this.#stopped; next = this.#events.shift()) {
      const before = this.#state;
      const pace = pacer.ask(lane);
      const { state, commands } = step(before, next, { now: clock.uptime(), chance: random(), settings, pace });
      this.#state = state;
      this.#logTransition(before, state);
      for (const command of commands) this.#run(command);
    }
    this.#stepping = false;
    if (this.#stopped) return;
    this.#arm();
    this.#options.changed();
  }

  #logTransition(before: ForwarderState, after: ForwarderState): void {
    const { logger, lane, sink } = this.#options;
    if (after.reason !== '' && after.reason !== before.reason && after.phase.kind !== 'probing')
      logger.warn({ sink: sink.name, lane, attempt: after.attempt }, after.reason);
    if (before.phase.kind === 'probing' && after.phase.kind === 'reading')
      logger.info({ sink: sink.name, lane }, 'the uplink is connected');
  }

  #arm(): void {
    const due = dueAt(this.#state);
    if (due === this.#timerAt) return;
    this.#timer?.cancel();
    this.#timerAt = due;
    if (due === undefined) return;
    const { clock } = this.#options;
    this.#timer = clock.after(due - clock.uptime(), () => {
      this.#timerAt = undefined;
      this.#handle({ on: 'timer' });
    });
  }

  #run(command: ForwarderCommand): void {
    switch (command.do) {
      case 'open':
        this.#open(command.session, command.deadlineMs);
        break;
      case 'close':
        this.#close(command.session);
        break;
      case 'survey':
        this.#survey();
        break;
      case 'load':
        this.#claimAndLoad(command.cursor, command.maxEvents, command.maxBytes, ++this.#loads);
        break;
      case 'send':
        this.#send(command.session, command.deadlineMs);
        break;
      case 'acknowledge':
        this.#options.acknowledge(command.epoch, command.through);
        break;
      case 'recordRefusal':
        this.#recordRefusal(command.batch, command.reason);
        break;
    }
  }

  #open(session: number, deadlineMs: number): void {
    this.#options.sink.open(deadlineMs).then(
      (opened) => {
        if (this.#stopped) return void opened.close();
        const open = { session: opened, countedBytes: 0 };
        this.#sessions.set(session, open);
        this.#account(open);
        this.#handle({ on: 'opened', session });
      },
      (error: unknown) => this.#failed(session, error),
    );
  }

  #close(session: number): void {
    const open = this.#sessions.get(session);
    this.#sessions.delete(session);
    if (open === undefined) return;
    this.#account(open);
    void open.session.close();
  }

  #failed(session: number, error: unknown): void {
    this.#options.logger.debug({ err: error, session }, 'a session failed');
    this.#handle({ on: 'failed', session, reason: messageOf(error), kind: failureKind(error) });
  }

  #survey(): void {
    const { reader, sink, lane, wantCommits } = this.#options;
    wantCommits();
    try {
      const cursors = reader
        .backlog(sink.name)
        .filter((entry) => entry.lane === lane)
        .map(({ epoch, acknowledged }) => ({ epoch, after: acknowledged }));
      this.#handle({ on: 'surveyed', cursors });
    } catch (error) {
      this.#handle({ on: 'readFailed', reason: words('gateway/reason.outbox-unread', { reason: messageOf(error) }) });
    }
  }

  /** While the outbox sheds, the events to be read may be deleted at the next moment: the load waits a little. */
  #claimAndLoad(cursor: Cursor, maxEvents: number, maxBytes: number, load: number): void {
    const { claimant, clock } = this.#options;
    if (this.#stopped || load !== this.#loads) return;
    if (claimant !== undefined && !claimant.begin(cursor.epoch)) {
      clock.after(sheddingWaitMs, () => this.#claimAndLoad(cursor, maxEvents, maxBytes, load));
      return;
    }
    this.#load(cursor, maxEvents, maxBytes);
  }

  #load(cursor: Cursor, maxEvents: number, maxBytes: number): void {
    const { wantCommits, claimant } = this.#options;
    wantCommits();
    try {
      const loaded = this.#batches.next(cursor, maxEvents, maxBytes);
      const { epoch, after, records, full } = loaded;
      this.#loaded = loaded;
      const through = records.at(-1)?.sequence;
      claimant?.settle(through);
      const batch = through === undefined ? null : { epoch, after, through, count: records.length, full };
      this.#handle({ on: 'loaded', batch });
    } catch (error) {
      claimant?.settle(undefined);
      this.#handle({ on: 'readFailed', reason: words('gateway/reason.outbox-unread', { reason: messageOf(error) }) });
    }
  }

  /** While this batch is on its way, reads the next one if the outbox has more and no link's limit decides its size. */
  #readAheadSoon({ epoch, through, full }: BatchInHand): void {
    const { clock, pacer, settings } = this.#options;
    if (!full || pacer.limited) return;
    const maxEvents = largestNext(this.#state, settings);
    clock.after(0, () => {
      const { phase } = this.#state;
      if (this.#stopped || phase.kind !== 'sending' || phase.batch.through !== through) return;
      this.#batches.readAhead({ epoch, after: through }, maxEvents, settings.maxBytes);
    });
  }

  #send(session: number, deadlineMs: number): void {
    const open = this.#sessions.get(session);
    const { phase } = this.#state;
    if (open === undefined || phase.kind !== 'sending') {
      this.#failed(session, new ForpostError('FORPOST_SINK_UNREACHABLE', words('gateway/reason.session-gone')));
      return;
    }
    const { records = [], jsonBytes = 0, dataBytes = 0 } = this.#loaded ?? {};
    const batch: SinkBatch = { epoch: phase.batch.epoch, lane: this.#options.lane, records };
    const { count } = phase.batch;
    const { countedBytes } = open;
    this.#readAheadSoon(phase.batch);
    open.session.send(batch, deadlineMs).then(
      () => {
        this.#options.pacer.measured(jsonBytes, this.#account(open) - countedBytes);
        if (this.#state.session === session) {
          this.#eventsSafe += count;
          this.#bytesSafe += dataBytes;
        }
        this.#handle({ on: 'safe', session });
      },
      (error: unknown) => {
        this.#account(open);
        this.#failed(session, error);
      },
    );
  }

  #recordRefusal({ epoch, through }: BatchInHand, reason: string): void {
    const { sink, logger, lane, recordRefusal } = this.#options;
    const event = this.#loaded?.events[0];
    const noted =
      event === undefined || event.sequence !== through
        ? Promise.reject(new ForpostError('FORPOST_PART_FAILED', `event ${through} is not the one in hand`))
        : event.type === eventTypes.gap
          ? // a gap record of a gap record would be refused as well, and so on without an end
            Promise.reject(new ForpostError('FORPOST_SINK_REFUSED', words('gateway/reason.gap-refused', { reason })))
          : recordRefusal({ sink: sink.name, event, reason });
    noted.then(
      () => {
        logger.error(
          { sink: sink.name, lane, epoch, sequence: through, reason },
          'an event was refused for good: it is a dead letter now',
        );
        this.#handle({ on: 'refusalRecorded' });
      },
      (error: unknown) => this.#handle({ on: 'readFailed', reason: messageOf(error) }),
    );
  }
}

function failureKind(error: unknown): FailureKind {
  if (!(error instanceof ForpostError)) return 'broken';
  if (error.code === 'FORPOST_SINK_REFUSED') return 'refused';
  return error.code === 'FORPOST_SINK_TIMEOUT' ? 'slow' : 'broken';
}
