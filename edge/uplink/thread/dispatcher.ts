/**
 * All lanes to all sinks, in the uplink's thread: each sink has one runner a lane, alerts first. It tells the main
 * thread how each sink stands, and sends the gateway's state to every sink that is connected.
 *
 * Always: a status never waits behind a batch nor a batch behind a status, at most one status is out for each sink,
 * and everything that is said to the main thread is said at most a few times a second.
 */
import type { Clock, Timer } from '@forpost/shared/clock.ts';
import { lanes } from '@forpost/shared/event/ids.ts';
import type { GatewayStatus, LaneBacklog, UplinkState, UplinkStatus } from '@forpost/shared/event/status.ts';
import type { Logger } from '@forpost/shared/logging.ts';
import type { Backoff } from '@forpost/shared/retry.ts';
import type { InHand } from '../../outbox/in-hand.ts';
import type { OutboxReader } from '../../outbox/outbox.ts';
import type { ByteGrant, FromDispatcher, Refusal, ToDispatcher } from '../messages.ts';
import type { Sink, SinkIdentity } from '../sink.ts';
import { type BacklogSample, drainPlan, withSample } from './drain-plan.ts';
import type { ForwarderSettings, ForwarderState } from './forwarder.ts';
import { LaneRunner } from './lane.ts';
import { Pacer } from './pacer.ts';
import type { PacingLimits } from './pacing.ts';
import { UplinkMemory } from './uplink-memory.ts';

export interface DispatcherOptions {
  readonly sinks: readonly { readonly sink: Sink; readonly backoff: Backoff; readonly limits?: PacingLimits }[];
  /** IANA: whose days a budget is of; default UTC */
  readonly timeZone?: string;
  /** what outlives this thread */
  readonly memory?: UplinkMemory;
  readonly identity: SinkIdentity;
  readonly reader: OutboxReader;
  /** the outbox's, with a claim for each sink in this order */
  readonly inHand: InHand;
  readonly canRecordRefusals: boolean;
  readonly clock: Clock;
  readonly random: () => number;
  readonly logger: Logger;
  readonly post: (message: FromDispatcher) => void;
  /** Resolves when an event that a sink refuses for good is recorded on disk. */
  readonly recordRefusal: (refusal: Refusal) => Promise<void>;
  /** a commit from now on is to be told by `committed` */
  readonly wantCommits: () => void;
  /** for tests: other limits */
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
const statusEveryMs = 2_000;
const statusDeadlineMs = 5_000;
const reportEveryMs = 1_000;
/** a change is reported no sooner than this after the report before it */
const reportSpacingMs = 200;
/** Without an answer for this long, to states at least, a sink that looks live is called silent. */
const silentAfterMs = 15_000;
/** of a metered link: so many of its rarer states may go unanswered */
const missedStates = 2.5;
const rateWindowMs = 10_000;
/** Lanes of earlier starts in a status, some 80 bytes each: of the last eight. */
const mostDrained = 16;

interface SinkState {
  readonly sink: Sink;
  readonly pacer: Pacer;
  readonly runners: readonly LaneRunner[];
  /** of what the sink had on the wire beside its sessions */
  otherTold: number;
  state: UplinkState;
  since: string;
  statusOut: boolean;
  /** ms of the monotonic clock: over a metered link no state of the gateway goes out before then */
  statusNotBefore: number;
  statusGapMs: number;
  /** the last answer: ms of the monotonic clock, and events that were safe by then */
  heardAt: number;
  heardSafe: number;
  /** states in a row */
  unanswered: number;
  /** of the rate, and of the drain plan */
  readonly rates: { readonly at: number; readonly events: number }[];
  samples: readonly BacklogSample[];
  waiting: boolean;
}

export class Dispatcher {
  readonly #options: DispatcherOptions;
  readonly #sinks: readonly SinkState[];
  #statusTimer: Timer | undefined;
  #reportTimer: Timer | undefined;
  #reportedAt = Number.NEGATIVE_INFINITY;
  #reportDue = Number.POSITIVE_INFINITY;
  #stopped = false;

  constructor(options: DispatcherOptions) {
    this.#options = options;
    const since = new Date(options.clock.now()).toISOString();
    const memory = options.memory ?? new UplinkMemory(undefined, options.logger);
    const timeZone = options.timeZone ?? 'UTC';
    this.#sinks = options.sinks.map(({ sink, backoff, limits = {} }, index) => {
      const pacer = new Pacer({ sink: sink.name, limits, clock: options.clock, timeZone, memory });
      return {
        sink,
        pacer,
        runners: lanes.map((lane) => this.#runner(lane, sink, backoff, pacer, index)),
        otherTold: 0,
        state: 'offline',
        since,
        statusOut: false,
        statusNotBefore: Number.NEGATIVE_INFINITY,
        statusGapMs: 0,
        heardAt: options.clock.uptime(),
        heardSafe: 0,
        unanswered: 0,
        rates: [],
        samples: [],
        waiting: false,
      };
    });
  }

  start(): void {
    for (const { runners } of this.#sinks) for (const runner of runners) runner.start();
    this.#statusLater();
    this.#reportWithin(0);
  }

  hear(message: ToDispatcher): void {
    switch (message.kind) {
      case 'committed':
        for (const { runners } of this.#sinks) for (const runner of runners) runner.committed();
        this.#reportWithin(reportSpacingMs);
        return;
      case 'status':
        for (const state of this.#sinks) void this.#sendStatus(state, message.status);
        return;
      case 'evidenceSpent':
        this.#pacerOf(message.sink)?.spent('evidence', message.bytes);
        return;
    }
  }

  /** How many of `bytes` evidence may send over this sink's link now. An unknown sink has no limit. */
  grantBytes(sink: string, bytes: number): ByteGrant {
    return this.#pacerOf(sink)?.grantBytes(bytes) ?? { bytes, waitMs: 0 };
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#statusTimer?.cancel();
    this.#reportTimer?.cancel();
    await Promise.all(this.#sinks.flatMap(({ runners }) => runners.map((runner) => runner.stop())));
    for (const state of this.#sinks) {
      this.#accountOther(state);
      state.pacer.close();
    }
  }

  #pacerOf(sink: string): Pacer | undefined {
    return this.#sinks.find((one) => one.sink.name === sink)?.pacer;
  }

  /** Tells the pacer what was on the wire beside the sessions: counted as an alert is, because it waits for nothing. */
  #accountOther(state: SinkState): void {
    const { otherWireBytes = 0 } = state.sink;
    state.pacer.spent('alerts', otherWireBytes - state.otherTold);
    state.otherTold = otherWireBytes;
  }

  #runner(lane: LaneBacklog['lane'], sink: Sink, backoff: Backoff, pacer: Pacer, index: number): LaneRunner {
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
    if (this.#sinks.some(({ runners }) => runners.some(({ connected }) => connected)))
      this.#options.post({ kind: 'wantStatus' });
  }

  async #sendStatus(state: SinkState, status: GatewayStatus): Promise<void> {
    const through = state.runners.find(({ connected }) => connected);
    if (through === undefined || state.statusOut || this.#stopped) return;
    const now = this.#options.clock.uptime();
    if (now < state.statusNotBefore) return;
    state.statusOut = true;
    try {
      const slow = state.statusGapMs > statusEveryMs ? { everyMs: Math.ceil(state.statusGapMs) } : {};
      const full = { ...status, ...slow, lanes: this.#lanes(state) };
      const took = await through.status(full, statusDeadlineMs);
      state.heardAt = this.#options.clock.uptime();
      state.unanswered = 0;
      if (state.pacer.limited) {
        // a batch of the same session may have been on the wire meanwhile
        state.statusGapMs = state.pacer.statusGapMs(Math.min(took, JSON.stringify(full).length));
        state.statusNotBefore = now + state.statusGapMs;
      }
    } catch (error) {
      state.unanswered++;
      // the next one comes in two seconds, and a connection that is gone shows in its lane
      this.#options.logger.debug({ err: error, sink: state.sink.name }, 'a status was not sent');
    } finally {
      state.statusOut = false;
    }
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
    let turned = false;
    const uplinks = this.#sinks.map((state) => {
      const status = this.#statusOf(state);
      const waiting = status.events > 0;
      turned ||= waiting !== state.waiting;
      state.waiting = waiting;
      return status;
    });
    const [first] = this.#sinks;
    const problems = this.#sinks.flatMap(({ sink }) =>
      (sink.problems?.() ?? []).map((text) => `${sink.name}: ${text}`),
    );
    this.#options.post({ kind: 'report', uplinks, lanes: first === undefined ? [] : this.#lanes(first), problems });
    if (turned) this.#wantStatus();
  }

  #statusOf(state: SinkState): UplinkStatus {
    const { clock } = this.#options;
    const worst = state.runners.map((runner) => ({
      state: uplinkState(runner.state),
      reason: runner.state.reason === '' ? pacedReason(state.pacer, runner.state) : runner.state.reason,
    }));
    worst.sort((a, b) => order.indexOf(a.state) - order.indexOf(b.state));
    const now = worst[0]?.state ?? 'off';
    if (now !== state.state) {
      state.state = now;
      state.since = new Date(clock.now()).toISOString();
    }
    const waiting = this.#lanes(state);
    const events = waiting.reduce(
      (sum, { assigned, acknowledged, shed = 0 }) => sum + Math.max(0, assigned - acknowledged - shed),
      0,
    );
    const bytes = waiting.reduce((sum, entry) => sum + entry.bytes, 0);
    const safeEvents = state.runners.reduce((sum, runner) => sum + runner.eventsSafe, 0);
    const safeBytes = state.runners.reduce((sum, runner) => sum + runner.bytesSafe, 0);
    state.samples = withSample(state.samples, { at: clock.uptime(), safeEvents, safeBytes, events, bytes });
    this.#accountOther(state);
    const budget = state.pacer.budget();
    const silentSince = this.#silentSince(state, safeEvents);
    return {
      sink: state.sink.name,
      state: now,
      since: state.since,
      reason: now === 'live' ? '' : (worst.find(({ reason }) => reason !== '')?.reason ?? ''),
      events,
      bytes,
      eventsPerSecond: this.#rate(state),
      plan: drainPlan(state.samples, clock.now()),
      ...(budget === undefined ? {} : { budget }),
      ...(silentSince === undefined ? {} : { silentSince }),
    };
  }

  /**
   * Since when a sink that looks live does not answer: a Kafka that hangs keeps its connections, and an idle lane
   * sends nothing.
   */
  #silentSince(state: SinkState, safeEvents: number): string | undefined {
    const { clock } = this.#options;
    const isIdle = state.state !== 'live' && state.state !== 'draining';
    if (safeEvents > state.heardSafe || isIdle) {
      state.heardAt = clock.uptime();
      state.unanswered = 0;
    }
    state.heardSafe = safeEvents;
    const silentMs = clock.uptime() - state.heardAt;
    // a process that was stopped for a while has asked nobody
    if (state.unanswered < 2 || silentMs < Math.max(silentAfterMs, state.statusGapMs * missedStates)) return undefined;
    return new Date(clock.now() - silentMs).toISOString();
  }

  #rate({ runners, rates: samples }: SinkState): number {
    const at = this.#options.clock.uptime();
    const events = runners.reduce((sum, runner) => sum + runner.eventsSafe, 0);
    samples.push({ at, events });
    while ((samples[0]?.at ?? at) < at - rateWindowMs) samples.shift();
    const oldest = samples[0];
    if (oldest === undefined || at <= oldest.at) return 0;
    return Math.round(((events - oldest.events) / (at - oldest.at)) * 10_000) / 10;
  }

  /**
   * What the outbox says and what this run knows, joined: the outbox learns of a «safe» a little later. Lanes of earlier
   * starts that are drained are among them for a while: where they ended a centre that was away has not heard.
   */
  #lanes({ sink, runners }: SinkState): readonly LaneBacklog[] {
    const known = new Map<
      string,
      { readonly lane: LaneBacklog['lane']; readonly cursor: ForwarderState['known'][number] }
    >();
    for (const { lane, state } of runners)
      for (const cursor of state.known) known.set(`${cursor.epoch}/${lane}`, { lane, cursor });
    let waiting: readonly LaneBacklog[];
    let drained: readonly LaneBacklog[] = [];
    try {
      // in this order: one that gets an event between the two is in both
      drained = this.#options.reader.drained(sink.name, mostDrained);
      waiting = this.#options.reader.backlog(sink.name);
    } catch (error) {
      this.#options.logger.debug({ err: error }, 'the backlog could not be read');
      waiting = [];
    }
    const result = waiting.map((entry): LaneBacklog => {
      const key = `${entry.epoch}/${entry.lane}`;
      const safe = known.get(key)?.cursor.after ?? 0;
      known.delete(key);
      return safe <= entry.acknowledged
        ? entry
        : {
            ...entry,
            acknowledged: safe,
            assigned: Math.max(entry.assigned, safe),
            bytes: safe >= entry.assigned ? 0 : entry.bytes,
          };
    });
    for (const { lane, cursor } of known.values())
      result.push({ epoch: cursor.epoch, lane, assigned: cursor.after, acknowledged: cursor.after, bytes: 0 });
    const told = new Set(result.map(({ epoch, lane }) => `${epoch}/${lane}`));
    return [...result, ...drained.filter(({ epoch, lane }) => !told.has(`${epoch}/${lane}`))];
  }
}

/** Why a lane waits for the link's limit; for a moment between two batches is no reason worth telling. */
function pacedReason(pacer: Pacer, { phase }: ForwarderState): string {
  return phase.kind === 'pacing' ? pacer.why(phase) : '';
}

/** from bad to good: a sink is as its worse lane */
const order: readonly UplinkState[] = ['offline', 'probing', 'draining', 'live'];

function uplinkState({ phase, behind, reason }: ForwarderState): UplinkState {
  switch (phase.kind) {
    case 'offline':
      return 'offline';
    case 'probing':
      return 'probing';
    case 'recording':
      return 'draining';
    default:
      return behind || reason !== '' ? 'draining' : 'live';
  }
}
