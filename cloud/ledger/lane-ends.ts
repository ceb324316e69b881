/**
 * The last sequence number that a gateway has announced for each lane, kept in the history that all centres share. For a
 * lane that has ended, nothing else shows that an event never arrived.
 *
 *   status ──► further than noted? ──► waits ── each `writeEveryMs`, and at the end ──► history
 *                                        ▲                                                │
 *                                        └── the history takes nothing: together with what is newer ◄┘
 *
 * Always: noted numbers only grow, so statuses may come late, twice, from several sinks, and to several centres that all
 * note them. `of` includes the numbers that wait. Only the lanes of each gateway's last status are remembered, however
 * many epochs it has had. At most `maxWaiting` lanes wait; a lane beyond that is noted by a later status. A centre that is
 * killed loses `writeEveryMs` of growth: each status names the lanes that the gateway has drained lately.
 */
import type { Clock, Timer } from '@forpost/shared/clock.ts';
import { messageOf } from '@forpost/shared/errors.ts';
import type { GatewayStatus } from '@forpost/shared/event/status.ts';
import type { Part } from '@forpost/shared/lifecycle.ts';
import type { Logger } from '@forpost/shared/logging.ts';
import type { HistoryStore, LaneEnd } from '../history/store.ts';

export interface LaneEndsOptions {
  readonly history: Pick<HistoryStore, 'noteEnds' | 'ends'>;
  readonly clock: Clock;
  readonly logger: Logger;
  /** gateways whose last status is remembered; the lanes of other gateways are noted again */
  readonly maxGateways?: number;
  readonly maxWaiting?: number;
}

type Lanes = Map<string, LaneEnd>;

/** One insert for all gateways: their numbers grow with every event. */
export const writeEveryMs = 30_000;
const defaultMaxGateways = 100_000;
const defaultMaxWaiting = 500_000;

export class LaneEnds implements Part {
  readonly #options: LaneEndsOptions;
  /** of each gateway's last status, by lane: noted, or waiting to be noted */
  readonly #last = new Map<string, Lanes>();
  /** by gateway and lane */
  #waiting = new Map<string, Lanes>();
  #writing = new Map<string, Lanes>();
  #count = 0;
  #timer: Timer | undefined;
  #written = Promise.resolve();
  #failing = false;

  constructor(options: LaneEndsOptions) {
    this.#options = options;
  }

  async start(): Promise<void> {
    if (this.#timer === undefined) this.#arm();
  }

  /** Writes the numbers that wait. */
  async stop(): Promise<void> {
    this.#timer?.cancel();
    this.#timer = undefined;
    await this.#write();
  }

  /**
   * Notes the ends in any status, old or new. `arrived`: when the broker or, without Kafka, the centre got it, ms since
   * 1970.
   */
  noteStatus({ gateway, lanes }: GatewayStatus, arrived: number): void {
    const before = this.#last.get(gateway);
    const now: Lanes = new Map();
    for (const { epoch, lane, assigned, acknowledged } of lanes) {
      if (assigned === 0) continue;
      const name = `${epoch}/${lane}`;
      const known = before?.get(name);
      if (known !== undefined && assigned <= known.assigned && acknowledged <= known.acknowledged) {
        now.set(name, known);
        continue;
      }
      const stated = { gateway, epoch, lane, assigned, acknowledged, begun: arrived };
      const end = known === undefined ? stated : furthest(known, stated);
      if (this.#add(end)) now.set(name, end);
    }
    this.#last.set(gateway, now);
    if (this.#last.size > (this.#options.maxGateways ?? defaultMaxGateways)) {
      const [first] = this.#last.keys();
      if (first !== undefined) this.#last.delete(first);
    }
  }

  /** The ends of a gateway's lanes, those of long ago included. @throws what the history throws */
  async of(gateway: string): Promise<readonly LaneEnd[]> {
    // taken before the history is asked: its answer may lack a number that is written meanwhile
    const own = [this.#writing, this.#waiting].flatMap((some) => [...(some.get(gateway)?.values() ?? [])]);
    const ends: Lanes = new Map();
    for (const end of [...(await this.#options.history.ends(gateway)), ...own]) merge(ends, end);
    return [...ends.values()];
  }

  #arm(): void {
    this.#timer = this.#options.clock.after(writeEveryMs, () => {
      void this.#write().finally(() => {
        if (this.#timer !== undefined) this.#arm();
      });
    });
  }

  /** One write after another. Resolves also when the history fails: then the numbers go on waiting. */
  #write(): Promise<void> {
    this.#written = this.#written.then(() => this.#writeOnce());
    return this.#written;
  }

  async #writeOnce(): Promise<void> {
    const { history, logger } = this.#options;
    if (this.#waiting.size === 0) return;
    const writing = this.#waiting;
    this.#writing = writing;
    this.#waiting = new Map();
    this.#count = 0;
    const ends = [...writing.values()].flatMap((lanes) => [...lanes.values()]);
    try {
      await history.noteEnds(ends);
      this.#failing = false;
    } catch (error) {
      if (!this.#failing)
        logger.warn({ lanes: ends.length }, `the ends of lanes cannot be noted yet: ${messageOf(error)}`);
      this.#failing = true;
      for (const end of ends) if (!this.#add(end)) this.#last.delete(end.gateway);
    }
    this.#writing = new Map();
  }

  /** false: too many wait */
  #add(end: LaneEnd): boolean {
    const lanes = this.#waiting.get(end.gateway) ?? new Map<string, LaneEnd>();
    const before = lanes.size;
    if (this.#count >= (this.#options.maxWaiting ?? defaultMaxWaiting) && !lanes.has(nameOf(end))) return false;
    merge(lanes, end);
    this.#waiting.set(end.gateway, lanes);
    this.#count += lanes.size - before;
    return true;
  }
}

function merge(ends: Lanes, end: LaneEnd): void {
  const name = nameOf(end);
  const known = ends.get(name);
  ends.set(name, known === undefined ? end : furthest(known, end));
}

function nameOf({ epoch, lane }: LaneEnd): string {
  return `${epoch}/${lane}`;
}

function furthest(a: LaneEnd, b: LaneEnd): LaneEnd {
  return {
    ...a,
    assigned: Math.max(a.assigned, b.assigned),
    acknowledged: Math.max(a.acknowledged, b.acknowledged),
    begun: Math.min(a.begun, b.begun),
  };
}
