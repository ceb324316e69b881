/**
 * The simulated centre: the real path into the history (cloud/ingest/intake.ts, deduplication, interval sets) behind a consumer
 * that commits offsets after the insert, on a history that fails, stores half, is slow and is killed.
 *
 * Always: a killed centre commits no offset, but its open insert may still land.
 */
import { type Clock, sleep } from '@forpost/shared/clock.ts';
import { ForpostError } from '@forpost/shared/errors.ts';
import { decodeEvent } from '@forpost/shared/event/codec.ts';
import type { ForpostEvent } from '@forpost/shared/event/event.ts';
import { type Lane, lanes } from '@forpost/shared/event/ids.ts';
import { silentLogger } from '@forpost/shared/logging.ts';
import { MemoryHistory } from '../../../cloud/history/memory-store.ts';
import type { HistoryEvent, LaneKey, Range } from '../../../cloud/history/store.ts';
import { Intake, type IntakeHistory } from '../../../cloud/ingest/intake.ts';
import type { Mistake } from './mistakes.ts';
import type { Network } from './network.ts';
import type { HistoryState } from './operations.ts';
import type { Random } from './random.ts';

const pollMs = 20;
const logger = silentLogger();

export class SimulatedCentre {
  readonly history: FaultyHistory;
  /** ids that came again with other content than the stored event */
  readonly conflicts = new Set<string>();
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #network: Network;
  /** the committed next record of each partition */
  readonly #offsets: Record<Lane, number> = { alerts: 0, telemetry: 0 };
  #life: { readonly intake: Intake; readonly abort: AbortController } | undefined;

  constructor(clock: Clock, random: Random, network: Network, mistake: Mistake | undefined) {
    this.#clock = clock;
    this.#random = random;
    this.#network = network;
    this.history = new FaultyHistory(clock, random, mistake);
  }

  get caughtUp(): boolean {
    return lanes.every((lane) => this.#offsets[lane] === this.#network.partitions[lane].length);
  }

  start(): void {
    if (this.#life !== undefined) return;
    const intake = new Intake({
      history: this.history.connection(),
      stored: () => {},
      clock: this.#clock,
      random: this.#random.next,
      logger,
    });
    this.#life = { intake, abort: new AbortController() };
    this.#consumeAll(this.#life.abort.signal, intake);
  }

  kill(): void {
    this.#life?.abort.abort(new Error('the centre is dead'));
    this.#life = undefined;
    this.history.disconnect();
  }

  /** The consumer group moves its partitions: all of them return, at the committed offsets. */
  rebalance(): void {
    if (this.#life === undefined) return;
    const { intake, abort } = this.#life;
    abort.abort(new Error('the partitions were taken away'));
    intake.forget();
    this.#life = { intake, abort: new AbortController() };
    this.#consumeAll(this.#life.abort.signal, intake);
  }

  #consumeAll(signal: AbortSignal, intake: Intake): void {
    for (const lane of lanes)
      this.#consume(lane, intake, signal).catch((error: unknown) => {
        if (!signal.aborted) throw error;
      });
  }

  async #consume(lane: Lane, intake: Intake, signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const offset = this.#offsets[lane];
      const records = this.#network.partitions[lane].slice(offset, offset + this.#random.int(1, 12));
      if (records.length > 0) {
        const { conflicting, refused } = await intake.storeBatch(records.map(toItem), signal);
        for (const { item } of [...conflicting, ...refused]) this.conflicts.add(item.event.id);
        // anything may happen between the insert and the commit of the offset
        await sleep(this.#clock, this.#random.int(0, 3), signal);
        if (!signal.aborted) this.#offsets[lane] = offset + records.length;
      } else await sleep(this.#clock, pollMs, signal);
    }
  }
}

function toItem(json: string): { readonly event: ForpostEvent } {
  const decoded = decodeEvent(json);
  if (!decoded.ok) throw new Error(`an event that cannot be read: ${decoded.reason}: ${json}`);
  return { event: decoded.event };
}

/** The history in memory, behind a connection that can fail and be cut during an insert. */
export class FaultyHistory {
  state: HistoryState = 'well';
  /** ids that were inserted again although the caller knew that they were stored */
  readonly again = new Set<string>();
  /** ids stored by an insert that was answered, with success or failure */
  readonly #answered = new Set<string>();
  readonly #store: MemoryHistory;
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #mistake: Mistake | undefined;
  #connection = 0;

  constructor(clock: Clock, random: Random, mistake: Mistake | undefined) {
    this.#store = new MemoryHistory(clock);
    this.#clock = clock;
    this.#random = random;
    this.#mistake = mistake;
  }

  /** Its content, without the faults. */
  get store(): MemoryHistory {
    return this.#store;
  }

  /** Open inserts land whole, in part or not at all. */
  disconnect(): void {
    this.#connection++;
  }

  connection(): IntakeHistory {
    const own = this.#connection;
    return {
      // a dead centre begins no insert
      insert: (events) => (own === this.#connection ? this.#insert(events) : new Promise(() => {})),
      received: async (key) => {
        await this.#answers('received');
        return this.#received(key);
      },
      stored: async (key, sequences): Promise<readonly HistoryEvent[]> => {
        await this.#answers('stored');
        return this.#store.stored(key, sequences);
      },
    };
  }

  async #insert(events: readonly ForpostEvent[]): Promise<void> {
    for (const { id } of events) if (this.#answered.has(id)) this.again.add(id);
    const connection = this.#connection;
    await this.#delay();
    const cut = connection !== this.#connection;
    const half = cut ? this.#random.chance(0.5) : this.state === 'half';
    const fails = half || (!cut && this.state === 'failing');
    const landing = half ? events.filter(() => this.#random.chance(0.5)) : fails ? [] : events;
    await this.#store.insert(landing);
    if (!cut) for (const { id } of landing) this.#answered.add(id);
    if (fails) throw failed('an insert failed');
  }

  async #answers(what: string): Promise<void> {
    await this.#delay();
    if (this.state === 'failing') throw failed(`"${what}" failed`);
  }

  async #received(key: LaneKey): Promise<readonly Range[]> {
    const ranges = await this.#store.received(key);
    const highest = ranges.at(-1)?.[1];
    return this.#mistake === 'high-water-mark' && highest !== undefined ? [[1, highest]] : ranges;
  }

  #delay(): Promise<void> {
    const ms = this.state === 'slow' ? this.#random.int(100, 2000) : this.#random.int(0, 3);
    return ms === 0 ? Promise.resolve() : sleep(this.#clock, ms);
  }
}

function failed(what: string): ForpostError {
  return new ForpostError('FORPOST_HISTORY_FAILED', what);
}
