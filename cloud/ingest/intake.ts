/**
 * Stores events from the Kafka consumer or, without Kafka, from the receiver: drops stored events, inserts the new ones
 * and reports them to the other parts.
 *
 *   storeBatch ──► new events ──► insert ── stored ──► reported      repeated events ──► the same content?
 *              ▲               ├── failed ──► wait (backoff) ─┐
 *              └───────────────┼──────────────────────────────┘   until `signal` is aborted
 *                              └── refused for good ──► halved, until the one event is found
 *
 * Always: `storeBatch` resolves only when every event is stored, was stored before with this content, or is named in its
 * answer. Once `signal` is aborted, only the events of the running insert stay in memory.
 */
import { type Clock, sleep } from '@forpost/shared/clock.ts';
import { ForpostError, messageOf } from '@forpost/shared/errors.ts';
import { dataText } from '@forpost/shared/event/codec.ts';
import type { ForpostEvent } from '@forpost/shared/event/event.ts';
import { murmur2 } from '@forpost/shared/event/topics.ts';
import type { Logger } from '@forpost/shared/logging.ts';
import { backoffMs } from '@forpost/shared/retry.ts';
import { words } from '@forpost/shared/texts/english.ts';
import { type HistoryStore, type LaneKey, maxLookup } from '../history/store.ts';
import { Deduplication } from './deduplication.ts';
import { GroupInsert } from './group-insert.ts';
import { orAborted } from './or-aborted.ts';

export type IntakeHistory = Pick<HistoryStore, 'insert' | 'received' | 'stored'>;

export interface IntakeOptions {
  readonly history: IntakeHistory;
  /** events that are new in the history */
  readonly stored: (events: readonly ForpostEvent[]) => void;
  /** all events of the batch that are in the history, including those of an insert that seemed to fail */
  readonly held?: ((events: readonly ForpostEvent[]) => void) | undefined;
  readonly clock: Clock;
  readonly random: () => number;
  readonly logger: Logger;
}

export interface Refused<Item> {
  readonly item: Item;
  readonly reason: string;
}

export interface BatchOutcome<Item> {
  readonly stored: number;
  readonly repeated: number;
  /** events that the history refuses for good */
  readonly refused: readonly Refused<Item>[];
  /** events with the id of a stored event and other content: two gateways run under one name; never dropped silently */
  readonly conflicting: readonly Refused<Item>[];
}

/** Since when (ms since 1970) inserts into the history fail, and the history's reason. */
export interface HistoryTrouble {
  readonly since: number;
  readonly reason: string;
  /** true: the dead-letter topic fails, so the records behind a dead letter wait */
  readonly deadLetters?: boolean;
}

interface HasEvent {
  readonly event: ForpostEvent;
}

interface Sorted<Item> {
  readonly stored: number;
  readonly repeated: readonly Item[];
  readonly refused: readonly Refused<Item>[];
}

const retryBackoff = { baseMs: 100, ceilingMs: 5_000 };
/** Contents of this many last stored events are kept to compare repetitions; an older one is read from the history. */
const maxContents = 100_000;
/** A lane of millions takes a second to read. */
const rereadEveryMs = 60_000;
const maxReread = 10_000;

export class Intake {
  readonly #options: IntakeOptions;
  readonly #deduplication: Deduplication;
  readonly #inserts: GroupInsert;
  /** hash of the content by id, oldest first */
  readonly #contents = new Map<string, number>();
  /** when each replayed lane was last read again, ms of the monotonic clock */
  readonly #reread = new Map<string, number>();
  #trouble: HistoryTrouble | undefined;

  constructor(options: IntakeOptions) {
    this.#options = options;
    this.#deduplication = new Deduplication({
      received: (key) => options.history.received(key),
      stored: async (key, numbers) => (await this.#stored(key, numbers)).map(({ sequence }) => Number(sequence)),
    });
    this.#inserts = new GroupInsert((events) => options.history.insert(events));
  }

  /** Partitions were assigned: the lanes are read again, because other centres may have stored events meanwhile. */
  forget(): void {
    this.#deduplication.forget();
    this.#trouble = undefined;
  }

  /** undefined while inserts into the history work */
  get trouble(): HistoryTrouble | undefined {
    return this.#trouble;
  }

  /**
   * Events of these lanes are replayed, most likely because the history lost some. So the lanes are read from the data
   * again, each at most once in `rereadEveryMs`.
   */
  replaying(keys: Iterable<LaneKey>): void {
    const now = this.#options.clock.uptime();
    for (const key of keys) {
      const name = `${key.gateway}/${key.epoch}/${key.lane}`;
      if (now - (this.#reread.get(name) ?? Number.NEGATIVE_INFINITY) < rereadEveryMs) continue;
      if (this.#reread.size >= maxReread) this.#reread.clear();
      this.#reread.set(name, now);
      this.#deduplication.forgetLanes([key]);
    }
  }

  /** @throws the signal's reason, once it is aborted; nothing else */
  async storeBatch<Item extends HasEvent>(items: readonly Item[], signal: AbortSignal): Promise<BatchOutcome<Item>> {
    const { stored, repeated, refused } = await this.#storeOrHalve(items, signal);
    const conflicting = await this.#untilItWorks(repeated.length, signal, () => this.#conflicts(repeated));
    return { stored, repeated: repeated.length, refused, conflicting };
  }

  async #storeOrHalve<Item extends HasEvent>(items: readonly Item[], signal: AbortSignal): Promise<Sorted<Item>> {
    try {
      return await this.#untilItWorks(items.length, signal, () => this.#store(items, signal));
    } catch (error) {
      signal.throwIfAborted();
      return this.#halves(items, messageOf(error), signal);
    }
  }

  /** @throws the signal's reason once it is aborted, or an error that no retry can help */
  async #untilItWorks<Result>(events: number, signal: AbortSignal, work: () => Promise<Result>): Promise<Result> {
    const { clock, random, logger } = this.#options;
    for (let attempt = 0; ; attempt++) {
      signal.throwIfAborted();
      try {
        const result = await orAborted(work(), signal);
        this.#trouble = undefined;
        return result;
      } catch (error) {
        signal.throwIfAborted();
        if (error instanceof ForpostError && !error.retryable) throw error;
        this.#trouble = { since: this.#trouble?.since ?? clock.now(), reason: messageOf(error) };
        const waitMs = Math.round(backoffMs(retryBackoff, attempt, random));
        logger.warn({ events, attempt, waitMs }, `events cannot be stored in the history: ${messageOf(error)}`);
        await sleep(clock, waitMs, signal);
      }
    }
  }

  async #store<Item extends HasEvent>(items: readonly Item[], signal: AbortSignal): Promise<Sorted<Item>> {
    const { fresh, repeated } = await this.#deduplication.storeNew(
      items,
      ({ event }) => event,
      (some) =>
        this.#inserts.insert(
          some.map(({ event }) => event),
          signal,
        ),
      signal,
    );
    for (const { event } of fresh) this.#remember(event.id, hashOf(event));
    const { held, stored } = this.#options;
    held?.([...fresh, ...repeated].map(({ event }) => event));
    if (fresh.length > 0) stored(fresh.map(({ event }) => event));
    return { stored: fresh.length, repeated, refused: [] };
  }

  /** The repeated events whose content differs from the stored event of the same id. */
  async #conflicts<Item extends HasEvent>(repeated: readonly Item[]): Promise<readonly Refused<Item>[]> {
    const known = new Map(repeated.map(({ event: { id } }) => [id, this.#contents.get(id)]));
    const unknown = repeated.filter(({ event }) => known.get(event.id) === undefined);
    // the event was stored before this start, or long ago, so only the history knows it
    const lanes = Map.groupBy(unknown, ({ event: { gateway, epoch, lane } }) => `${gateway}/${epoch}/${lane}`);
    for (const some of lanes.values()) {
      const [first] = some;
      if (first === undefined) continue;
      const numbers = some.map(({ event: { sequence } }) => Number(sequence));
      for (const event of await this.#stored(first.event, numbers)) {
        known.set(event.id, hashOf(event));
        this.#remember(event.id, hashOf(event));
      }
    }
    return repeated.flatMap((item) => {
      const stored = known.get(item.event.id);
      if (stored === undefined || stored === hashOf(item.event)) return [];
      return [{ item, reason: words('centre/reason.other-content', { event: item.event.id }) }];
    });
  }

  async #stored(key: LaneKey, numbers: readonly number[]): Promise<readonly ForpostEvent[]> {
    const found: ForpostEvent[] = [];
    for (let i = 0; i < numbers.length; i += maxLookup)
      found.push(...(await this.#options.history.stored(key, numbers.slice(i, i + maxLookup))));
    return found;
  }

  async #halves<Item extends HasEvent>(
    items: readonly Item[],
    reason: string,
    signal: AbortSignal,
  ): Promise<Sorted<Item>> {
    const [only] = items;
    if (items.length === 1 && only !== undefined) return { stored: 0, repeated: [], refused: [{ item: only, reason }] };
    const middle = items.length >> 1;
    const first = await this.#storeOrHalve(items.slice(0, middle), signal);
    const second = await this.#storeOrHalve(items.slice(middle), signal);
    return {
      stored: first.stored + second.stored,
      repeated: [...first.repeated, ...second.repeated],
      refused: [...first.refused, ...second.refused],
    };
  }

  #remember(id: string, hash: number): void {
    this.#contents.set(id, hash);
    const oldest = this.#contents.keys().next().value;
    if (this.#contents.size > maxContents && oldest !== undefined) this.#contents.delete(oldest);
  }
}

/** A hash of the content of an event; its spelling may change with the gateway's version. */
function hashOf(event: ForpostEvent): number {
  const { type, subject, time } = event;
  return murmur2(Buffer.from(`${JSON.stringify([type, subject, time])}${dataText(event)}`));
}
