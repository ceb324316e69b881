/**
 * Remembers the stored sequence numbers of each (gateway, epoch, lane) as sets of ranges, so that an event reaches the
 * history once, however often it arrives.
 *
 *   unknown ── first event ──► loading (what the history has) ──► known ── stored ──► known, and more
 *      ▲                        └── in too many ranges ──► scattered: the history is asked about each batch │
 *      └── an insert failed, partitions moved, others were used more lately ────────────────────────────────┘
 *
 * Always: a number is added only after its insert resolved. Two batches of one lane wait for each other; a batch that is
 * given up leaves the queue at once. After a failed insert, which may have stored half, the set is read again. The sets
 * are bounded, in number and in ranges.
 */
import { ForpostError } from '@forpost/shared/errors.ts';
import type { ForpostEvent } from '@forpost/shared/event/event.ts';
import { type LaneKey, maxRanges, type Range } from '../history/store.ts';
import { IntervalSet } from '../ledger/interval-set.ts';
import { WeighedCache } from '../ledger/weighed-cache.ts';
import { orAborted } from './or-aborted.ts';

export interface DeduplicationOptions {
  /** the ranges of a lane in the history; may throw FORPOST_LANE_SCATTERED */
  readonly received: (key: LaneKey) => Promise<readonly Range[]>;
  /** the stored ones among `numbers`, for a lane in too many ranges */
  readonly stored: (key: LaneKey, numbers: readonly number[]) => Promise<readonly number[]>;
  /** lanes remembered; the one unused for longest goes first */
  readonly maxLanes?: number;
  /** ranges of one lane */
  readonly maxLaneRanges?: number;
}

const defaultMaxLanes = 20_000;
/** most ranges of all lanes together, 16 bytes each */
const maxKeptRanges = 4_000_000;

/** The lane has too many ranges to be remembered. */
const scattered = Symbol('scattered');
type Known = IntervalSet | typeof scattered;

interface Batch {
  readonly key: LaneKey;
  readonly numbers: number[];
}

export class Deduplication {
  readonly #options: DeduplicationOptions;
  readonly #known: WeighedCache<Known>;
  readonly #locks = new Map<string, Promise<void>>();
  /** counts how often everything was forgotten */
  #life = 0;

  constructor(options: DeduplicationOptions) {
    this.#options = options;
    this.#known = new WeighedCache({
      maxEntries: options.maxLanes ?? defaultMaxLanes,
      maxWeight: maxKeptRanges,
      weigh: (known) => (known === scattered ? 0 : known.rangeCount),
    });
  }

  /**
   * Calls `store` with the events that are not stored yet, each once, and remembers them when `store` resolves. Returns the
   * new and the repeated events. Rejects with the error of `store` or of the history, or with the signal's reason when the
   * signal is aborted before `store` was called.
   */
  async storeNew<Item>(
    items: readonly Item[],
    eventOf: (item: Item) => ForpostEvent,
    store: (fresh: readonly Item[]) => Promise<void>,
    signal?: AbortSignal,
  ): Promise<{ readonly fresh: readonly Item[]; readonly repeated: readonly Item[] }> {
    const batches = new Map<string, Batch>();
    for (const item of items) {
      const { gateway, epoch, lane, sequence } = eventOf(item);
      const name = textOf({ gateway, epoch, lane });
      const batch = batches.get(name) ?? { key: { gateway, epoch, lane }, numbers: [] };
      batches.set(name, batch);
      batch.numbers.push(Number(sequence));
    }
    // every batch locks its lanes in the same order, so that batches never deadlock
    const names = [...batches.keys()].sort();
    const unlock = await this.#lock(names, signal);
    try {
      const sets = await this.#loadAll(batches);
      signal?.throwIfAborted();
      const { fresh, repeated } = sort(items, eventOf, sets);
      if (fresh.length > 0) {
        try {
          await store(fresh);
        } catch (error) {
          for (const name of names) this.#known.delete(name);
          throw error;
        }
        for (const item of fresh) {
          const event = eventOf(item);
          sets.get(textOf(event))?.add(Number(event.sequence));
        }
        for (const [name, set] of sets) this.#weighAgain(name, set);
      }
      return { fresh, repeated };
    } finally {
      unlock();
    }
  }

  /** Forgets everything: another consumer may have stored more by now. Each lane is read again when it is needed. */
  forget(): void {
    this.#life++;
    this.#known.clear();
  }

  /** Forgets these lanes: each is read again when it is needed. */
  forgetLanes(keys: Iterable<LaneKey>): void {
    for (const key of keys) this.#known.delete(textOf(key));
  }

  /** Reads a lane again where everything was forgotten during the read: the answer may lack events of other consumers. */
  async #loadAll(batches: ReadonlyMap<string, Batch>): Promise<ReadonlyMap<string, IntervalSet>> {
    for (;;) {
      const life = this.#life;
      const sets = new Map<string, IntervalSet>();
      for (const [name, batch] of batches) sets.set(name, await this.#load(name, batch));
      if (life === this.#life) return sets;
      for (const name of batches.keys()) this.#known.delete(name);
    }
  }

  /** The stored numbers of a lane; of a lane in too many ranges, those among these numbers. */
  async #load(name: string, { key, numbers }: Batch): Promise<IntervalSet> {
    let known = this.#known.get(name);
    if (known === undefined) {
      known = await this.#read(key);
      this.#known.set(name, known);
    }
    if (known !== scattered) return known;
    return IntervalSet.of((await this.#options.stored(key, numbers)).map((number): Range => [number, number]));
  }

  async #read(key: LaneKey): Promise<Known> {
    try {
      return IntervalSet.of(await this.#options.received(key));
    } catch (error) {
      if (error instanceof ForpostError && error.code === 'FORPOST_LANE_SCATTERED') return scattered;
      throw error;
    }
  }

  #weighAgain(name: string, set: IntervalSet): void {
    if (this.#known.peek(name) !== set) return;
    const tooMany = set.rangeCount > (this.#options.maxLaneRanges ?? maxRanges);
    this.#known.set(name, tooMany ? scattered : set);
  }

  /**
   * Waits for each lane in turn and holds all of them until the returned function is called.
   * @throws the signal's reason, holding none
   */
  async #lock(names: readonly string[], signal: AbortSignal | undefined): Promise<() => void> {
    let release: () => void = () => {};
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    const unlock = () => {
      release();
      // the last holder removes the lock's entry
      for (const name of names) {
        const tail = this.#locks.get(name);
        void tail?.then(() => {
          if (this.#locks.get(name) === tail) this.#locks.delete(name);
        });
      }
    };
    try {
      for (const name of names) {
        const before = this.#locks.get(name);
        const tail = before === undefined ? held : before.then(() => held);
        this.#locks.set(name, tail);
        if (before !== undefined) await orAborted(before, signal);
      }
    } catch (error) {
      unlock();
      throw error;
    }
    return unlock;
  }
}

function textOf({ gateway, epoch, lane }: LaneKey): string {
  return `${gateway}/${epoch}/${lane}`;
}

/** The events that are not stored, each number once; and the others. */
function sort<Item>(
  items: readonly Item[],
  eventOf: (item: Item) => ForpostEvent,
  sets: ReadonlyMap<string, IntervalSet>,
) {
  const taken = new Set<string>();
  const fresh: Item[] = [];
  const repeated: Item[] = [];
  for (const item of items) {
    const event = eventOf(item);
    const stored = sets.get(textOf(event))?.has(Number(event.sequence)) ?? false;
    if (stored || taken.has(event.id)) repeated.push(item);
    else {
      taken.add(event.id);
      fresh.push(item);
    }
  }
  return { fresh, repeated };
}
