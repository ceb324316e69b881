/**
 * Runs all lanes to all sinks in the uplink's thread: each sink has one runner for each lane, alerts first. The
 * dispatcher reports the state of each sink to the main thread (sink-status.ts), and sends the gateway's status to
 * every connected sink.
 *
 * Always: neither a status waits for a batch nor a batch for a status. At most one status to each sink is outstanding.
 * The dispatcher reports to the main thread at most five times a second.
 */
import type { Clock, Timer } from '@forpost/shared/clock.ts';
import { type Lane, lanes } from '@forpost/shared/event/ids.ts';
import type { Logger } from '@forpost/shared/logging.ts';
import type { Backoff } from '@forpost/shared/retry.ts';
import type { InHand } from '../../outbox/in-hand.ts';
import type { OutboxReader } from '../../outbox/outbox.ts';
import type { ByteGrant, FromDispatcher, Refusal, ToDispatcher } from '../messages.ts';
import type { Sink, SinkIdentity } from '../sink.ts';
import type { ForwarderSettings } from './forwarder-state.ts';
import { LaneRunner } from './lane.ts';
import { Pacer } from './pacer.ts';
import type { PacingLimits } from './pacing.ts';
import { SinkStatus, statusEveryMs } from './sink-status.ts';
import { UplinkMemory } from './uplink-memory.ts';

export interface DispatcherOptions {
  readonly sinks: readonly { readonly sink: Sink; readonly backoff: Backoff; readonly limits?: PacingLimits }[];
  /** IANA: the days of a budget begin at midnight there; default UTC */
  readonly timeZone?: string;
  /** keeps what must outlive this thread */
  readonly memory?: UplinkMemory;
  readonly identity: SinkIdentity;
  readonly reader: OutboxReader;
  /** of the outbox, with a claim for each sink in this order */
  readonly inHand: InHand;
  readonly canRecordRefusals: boolean;
  readonly clock: Clock;
  readonly random: () => number;
  readonly logger: Logger;
  readonly post: (message: FromDispatcher) => void;
  /** Resolves when an event that a sink refuses for good is recorded on disk. */
  readonly recordRefusal: (refusal: Refusal) => Promise<void>;
  /** Requests a `committed` notice for the next commit. */
  readonly wantCommits: () => void;
  /** other limits, for tests */
  readonly settings?: Partial<ForwarderSettings>;
}

/**
 * A Kafka batch may be 1 MB compressed by default; this is before compression. 1,000 events cost a tenth less of the
 * thread for each than 500, and 2,000 hardly less than that.
 */
export const defaultSettings = {
  maxEvents: 1_000,
  maxBytes: 900_000,
  openDeadlineMs: 10_000,
  sendDeadlineMs: 30_000,
} as const;
const reportEveryMs = 1_000;
/** a change is reported no sooner than this after the report before it */
const reportSpacingMs = 200;

export class Dispatcher {
  readonly #options: DispatcherOptions;
  readonly #sinks: readonly SinkStatus[];
  /** by sink: whether events waited for it, as reported last */
  #waiting: readonly boolean[];
  #statusTimer: Timer | undefined;
  #reportTimer: Timer | undefined;
  #reportedAt = Number.NEGATIVE_INFINITY;
  #reportDue = Number.POSITIVE_INFINITY;
  #stopped = false;

  constructor(options: DispatcherOptions) {
    this.#options = options;
    const { clock, reader, logger, timeZone = 'UTC', memory = new UplinkMemory(undefined, logger) } = options;
    this.#sinks = options.sinks.map(({ sink, backoff, limits = {} }, index) => {
      const pacer = new Pacer({ sink: sink.name, limits, clock, timeZone, memory });
      const runners = lanes.map((lane) => this.#runner(lane, sink, backoff, pacer, index));
      return new SinkStatus({ sink, pacer, runners, reader, clock, logger });
    });
    this.#waiting = this.#sinks.map(() => false);
  }

  start(): void {
    for (const { runners } of this.#sinks) for (const runner of runners) runner.start();
    this.#statusLater();
    this.#reportWithin(0);
  }

  handle(message: ToDispatcher): void {
    switch (message.kind) {
      case 'committed':
        for (const { runners } of this.#sinks) for (const runner of runners) runner.committed();
        this.#reportWithin(reportSpacingMs);
        return;
      case 'status':
        if (!this.#stopped) for (const sink of this.#sinks) void sink.send(message.status);
        return;
      case 'evidenceSpent':
        this.#pacerOf(message.sink)?.spent('evidence', message.bytes);
        return;
    }
  }

  /** Grants evidence up to `bytes` over this sink's link. An unknown sink has no limit. */
  grantBytes(sink: string, bytes: number): ByteGrant {
    return this.#pacerOf(sink)?.grantBytes(bytes) ?? { bytes, waitMs: 0 };
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#statusTimer?.cancel();
    this.#reportTimer?.cancel();
    await Promise.all(this.#sinks.map((sink) => sink.stop()));
  }

  #pacerOf(sink: string): Pacer | undefined {
    return this.#sinks.find(({ name }) => name === sink)?.pacer;
  }

  #runner(lane: Lane, sink: Sink, backoff: Backoff, pacer: Pacer, index: number): LaneRunner {
    const {
      identity,
      reader,
      inHand,
      canRecordRefusals,
      clock,
      random,
      logger,
      post,
      recordRefusal,
      wantCommits,
      settings,
    } = this.#options;
    return new LaneRunner({
      lane,
      sink,
      identity,
      reader,
      // alerts are never shed
      ...(lane === 'telemetry' ? { claimant: inHand.claimant(index) } : {}),
      settings: { ...defaultSettings, backoff, canRecordRefusals, ...settings },
      pacer,
      clock,
      random,
      logger,
      acknowledge: (epoch, through) => post({ kind: 'acknowledge', sink: sink.name, epoch, lane, through }),
      recordRefusal,
      wantCommits,
      changed: () => this.#reportWithin(reportSpacingMs),
    });
  }

  #statusLater(): void {
    this.#statusTimer = this.#options.clock.after(statusEveryMs, () => {
      this.#wantStatus();
      this.#statusLater();
    });
  }

  #wantStatus(): void {
    if (this.#sinks.some(({ connected }) => connected)) this.#options.post({ kind: 'wantStatus' });
  }

  /** Reports within `ms`, but no sooner than `reportSpacingMs` after the last report. */
  #reportWithin(ms: number): void {
    if (this.#stopped) return;
    const { clock } = this.#options;
    const due = Math.max(clock.uptime() + ms, this.#reportedAt + reportSpacingMs);
    if (due >= this.#reportDue) return;
    this.#reportTimer?.cancel();
    this.#reportDue = due;
    this.#reportTimer = clock.after(due - clock.uptime(), () => {
      this.#reportDue = Number.POSITIVE_INFINITY;
      this.#reportedAt = clock.uptime();
      this.#report();
      this.#reportWithin(reportEveryMs);
    });
  }

  #report(): void {
    const uplinks = this.#sinks.map((sink) => sink.report());
    const waiting = uplinks.map(({ events }) => events > 0);
    const hasTurned = waiting.some((waits, index) => waits !== this.#waiting[index]);
    this.#waiting = waiting;
    const problems = this.#sinks.flatMap((sink) => sink.problems());
    this.#options.post({ kind: 'report', uplinks, lanes: this.#sinks[0]?.lanes() ?? [], problems });
    // the centre learns at once that events begin to wait, or that none wait any more
    if (hasTurned) this.#wantStatus();
  }
}
