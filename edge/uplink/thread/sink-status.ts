/**
 * The status of one sink: its state and since when, its backlog and drain rate, whether the sink answers, and its lanes
 * in the status of the gateway.
 *
 * Always: a sink has the state of its worst lane. A sink that seems connected but does not answer counts as silent
 * after `silentAfterMs`: a Kafka that hangs keeps its connections, and an idle lane sends nothing.
 */

import type { Clock } from '@forpost/shared/clock.ts';
import { lanes as allLanes } from '@forpost/shared/event/ids.ts';
import type { GatewayStatus, LaneBacklog, UplinkState, UplinkStatus } from '@forpost/shared/event/status.ts';
import type { Logger } from '@forpost/shared/logging.ts';
import { type Words, words } from '@forpost/shared/texts/english.ts';
import type { OutboxReader } from '../../outbox/outbox.ts';
import type { Sink } from '../sink.ts';
import { type BacklogSample, drainPlan, withSample } from './drain-plan.ts';
import type { Cursor, ForwarderState } from './forwarder-state.ts';
import type { LaneRunner } from './lane.ts';
import type { Pacer } from './pacer.ts';

export interface SinkParts {
  readonly sink: Sink;
  readonly pacer: Pacer;
  /** one for each lane, alerts first */
  readonly runners: readonly LaneRunner[];
  readonly reader: OutboxReader;
  readonly clock: Clock;
  readonly logger: Logger;
}

export const statusEveryMs = 2_000;
const statusDeadlineMs = 5_000;
/** Without an answer for this long, at least to statuses, a sink that looks live is called silent. */
const silentAfterMs = 15_000;
const leastUnanswered = 2;
/** Over a metered link statuses are rarer: this many gaps may pass without an answer. */
const unansweredGaps = 2.5;
const rateWindowMs = 10_000;
/** Lanes of earlier starts in a status, some 80 bytes each: both lanes of the last eight starts. */
const maxDrained = 8 * allLanes.length;

export class SinkStatus {
  readonly #parts: SinkParts;
  /** bytes on the wire outside of sessions, as far as the pacer has counted them */
  #otherCounted = 0;
  #state: UplinkState = 'offline';
  #since: string;
  #statusOut = false;
  /** ms of the monotonic clock: over a metered link no status goes out before then */
  #statusNotBefore = Number.NEGATIVE_INFINITY;
  #statusGapMs = 0;
  /** the last answer: ms of the monotonic clock, and the events that were safe by then */
  #answeredAt: number;
  #safeAtAnswer = 0;
  /** statuses in a row without an answer */
  #unanswered = 0;
  readonly #rates: { readonly at: number; readonly events: number }[] = [];
  #samples: readonly BacklogSample[] = [];

  constructor(parts: SinkParts) {
    this.#parts = parts;
    this.#since = new Date(parts.clock.now()).toISOString();
    this.#answeredAt = parts.clock.uptime();
  }

  get name(): string {
    return this.#parts.sink.name;
  }

  get pacer(): Pacer {
    return this.#parts.pacer;
  }

  get runners(): readonly LaneRunner[] {
    return this.#parts.runners;
  }

  get connected(): boolean {
    return this.#parts.runners.some(({ connected }) => connected);
  }

  /** Problems at the sink that do not stop the sending, in words. */
  problems(): readonly Words[] {
    return (this.#parts.sink.problems?.() ?? []).map((reason) =>
      words('gateway/reason.of', { name: this.name, reason }),
    );
  }

  async stop(): Promise<void> {
    await Promise.all(this.#parts.runners.map((runner) => runner.stop()));
    this.#countOther();
    this.#parts.pacer.close();
  }

  /** Sends the gateway's status through a connected lane, unless one is on its way or the link's limit says «later». */
  async send(status: GatewayStatus): Promise<void> {
    const { clock, pacer, logger, runners } = this.#parts;
    const through = runners.find(({ connected }) => connected);
    const now = clock.uptime();
    if (through === undefined || this.#statusOut || now < this.#statusNotBefore) return;
    this.#statusOut = true;
    try {
      const slow = this.#statusGapMs > statusEveryMs ? { everyMs: Math.ceil(this.#statusGapMs) } : {};
      const full = { ...status, ...slow, lanes: this.lanes() };
      const took = await through.status(full, statusDeadlineMs);
      this.#noteAnswer(clock.uptime());
      if (pacer.limited) {
        // a batch of the same session may have been on the wire meanwhile
        this.#statusGapMs = pacer.statusGapMs(Math.min(took, JSON.stringify(full).length));
        this.#statusNotBefore = now + this.#statusGapMs;
      }
    } catch (error) {
      this.#unanswered++;
      // the next status comes in two seconds, and a connection that is gone shows in its lane
      logger.debug({ err: error, sink: this.name }, 'a status was not sent');
    } finally {
      this.#statusOut = false;
    }
  }

  /** The sink's state now. To be called about once a second: rate and drain plan are computed from its calls. */
  report(): UplinkStatus {
    const { clock, runners, pacer } = this.#parts;
    const byLane = runners.map((runner) => ({
      state: uplinkState(runner.state),
      reason: runner.state.reason === '' ? pacedReason(pacer, runner.state) : runner.state.reason,
    }));
    byLane.sort((a, b) => worstFirst.indexOf(a.state) - worstFirst.indexOf(b.state));
    const now = byLane[0]?.state ?? 'off';
    if (now !== this.#state) {
      this.#state = now;
      this.#since = new Date(clock.now()).toISOString();
    }
    const waiting = this.lanes();
    const events = waiting.reduce(
      (sum, { assigned, acknowledged, shed = 0 }) => sum + Math.max(0, assigned - acknowledged - shed),
      0,
    );
    const bytes = waiting.reduce((sum, entry) => sum + entry.bytes, 0);
    const safeEvents = runners.reduce((sum, runner) => sum + runner.eventsSafe, 0);
    const safeBytes = runners.reduce((sum, runner) => sum + runner.bytesSafe, 0);
    this.#samples = withSample(this.#samples, { at: clock.uptime(), safeEvents, safeBytes, events, bytes });
    this.#countOther();
    const budget = pacer.budget();
    const silentSince = this.#silentSince(safeEvents);
    return {
      sink: this.name,
      state: now,
      since: this.#since,
      reason: now === 'live' ? '' : (byLane.find(({ reason }) => reason !== '')?.reason ?? ''),
      events,
      bytes,
      eventsPerSecond: this.#rate(safeEvents),
      plan: drainPlan(this.#samples, clock.now()),
      ...(budget === undefined ? {} : { budget }),
      ...(silentSince === undefined ? {} : { silentSince }),
    };
  }

  /**
   * The lanes that wait, as the outbox and this run know them: the outbox learns of a «safe» a little later. Drained
   * lanes of earlier starts are among them for a while, because a centre that was away has not heard where they ended.
   */
  lanes(): readonly LaneBacklog[] {
    const { runners, sink, reader, logger } = this.#parts;
    const known = new Map<string, { readonly lane: LaneBacklog['lane']; readonly cursor: Cursor }>();
    for (const { lane, state } of runners)
      for (const cursor of state.known) known.set(`${cursor.epoch}/${lane}`, { lane, cursor });
    let waiting: readonly LaneBacklog[];
    let drained: readonly LaneBacklog[] = [];
    try {
      // in this order: a lane that gets an event between the two reads is in both, and never in none
      drained = reader.drained(sink.name, maxDrained);
      waiting = reader.backlog(sink.name);
    } catch (error) {
      logger.debug({ err: error }, 'the backlog could not be read');
      waiting = [];
    }
    const result = waiting.map((entry): LaneBacklog => {
      const key = `${entry.epoch}/${entry.lane}`;
      const safe = known.get(key)?.cursor.after ?? 0;
      known.delete(key);
      if (safe <= entry.acknowledged) return entry;
      return {
        ...entry,
        acknowledged: safe,
        assigned: Math.max(entry.assigned, safe),
        bytes: safe >= entry.assigned ? 0 : entry.bytes,
      };
    });
    for (const { lane, cursor } of known.values())
      result.push({ epoch: cursor.epoch, lane, assigned: cursor.after, acknowledged: cursor.after, bytes: 0 });
    const named = new Set(result.map(({ epoch, lane }) => `${epoch}/${lane}`));
    return [...result, ...drained.filter(({ epoch, lane }) => !named.has(`${epoch}/${lane}`))];
  }

  #noteAnswer(uptime: number): void {
    this.#answeredAt = uptime;
    this.#unanswered = 0;
  }

  /** Counts bytes on the wire outside of sessions as an alert's bytes, because they do not wait for the pacing. */
  #countOther(): void {
    const { otherWireBytes = 0 } = this.#parts.sink;
    this.#parts.pacer.spent('alerts', otherWireBytes - this.#otherCounted);
    this.#otherCounted = otherWireBytes;
  }

  #silentSince(safeEvents: number): string | undefined {
    const { clock } = this.#parts;
    const isIdle = this.#state !== 'live' && this.#state !== 'draining';
    if (safeEvents > this.#safeAtAnswer || isIdle) this.#noteAnswer(clock.uptime());
    this.#safeAtAnswer = safeEvents;
    const silentMs = clock.uptime() - this.#answeredAt;
    // a process that was suspended for a while has sent no status meanwhile
    if (this.#unanswered < leastUnanswered) return undefined;
    if (silentMs < Math.max(silentAfterMs, this.#statusGapMs * unansweredGaps)) return undefined;
    return new Date(clock.now() - silentMs).toISOString();
  }

  /** Events a second, over the last ten seconds. */
  #rate(safeEvents: number): number {
    const at = this.#parts.clock.uptime();
    const rates = this.#rates;
    rates.push({ at, events: safeEvents });
    while ((rates[0]?.at ?? at) < at - rateWindowMs) rates.shift();
    const oldest = rates[0];
    if (oldest === undefined || at <= oldest.at) return 0;
    return Math.round(((safeEvents - oldest.events) / (at - oldest.at)) * 10_000) / 10;
  }
}

/** Why a lane waits for the link's limit; empty where it does not. */
function pacedReason(pacer: Pacer, { phase }: ForwarderState): string {
  return phase.kind === 'pacing' ? pacer.why(phase) : '';
}

const worstFirst: readonly UplinkState[] = ['offline', 'probing', 'draining', 'live'];

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
