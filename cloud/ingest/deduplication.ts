/**
 * What of each (gateway, epoch, lane) is stored already, as sets of ranges, so that an event reaches the history once
 * however often it arrives.
 *
 *   unknown ── first event ──► loading (what the history has) ──► known ── stored ──► known, and more
 *      ▲                        └── in too many ranges ──► scattered: the history is asked about each batch │
 *      └── an insert failed, partitions moved, others were used more lately ────────────────────────────────┘
 *
 * Always: a number is added only after its insert resolved; two batches of one lane wait for each other, and who is
 * given up leaves the queue at once; after a failed insert (which may have stored half) the set is read again; the sets
 * kept are bounded, in number and in ranges.
 */
import { ForpostError } from '@forpost/shared/errors.ts';
import type { ForpostEvent } from '@forpost/shared/event/event.ts';
import { type LaneKey, maxRanges, type Range } from '../history/store.ts';
import { IntervalSet } from '../ledger/interval-set.ts';
import { WeighedCache } from '../ledger/weighed-cache.ts';
import { orAborted } from './or-aborted.ts';

export interface DeduplicationOptions {
  /** what the history has of a lane; may throw FORPOST_LANE_SCATTERED */
  readonly received: (key: LaneKey) => Promise<readonly Range[]>;
  /** those of `numbers` that the history has, of a lane of which it cannot tell all */
  readonly stored: (key: LaneKey, numbers: readonly number[]) => Promise<readonly number[]>;
  /** lanes remembered; the one not used for longest goes first */
  readonly maxLanes?: number;
  /** ranges of one lane */
  readonly maxLaneRanges?: number;
}

const defaultMaxLanes = 20_000;
/** of all lanes together, 16 bytes each */
const maxKeptRanges = 4_000_000;

/** There is too much of it to be remembered. */
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
  /** counts the times at which everything was forgotten */
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
   * Calls `store` with those of `events` that are not stored yet (each once), and remembers them when it resolves.
   * Returns what was new and what was not. Rejects as `store` or the history does, and with the signal's reason where
   * it is aborted before `store` was called.
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
    // in one order everywhere, so that two batches never wait for each other in a circle
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

  /** Another consumer may have stored more by now: everything is read again when it is needed. */
  forget(): void {
    this.#life++;
    this.#known.clear();
  }

  /** Of these lanes what is stored is read again when it is needed. */
  forgetLanes(keys: Iterable<LaneKey>): void {
    for (const key of keys) this.#known.delete(textOf(key));
  }

  /** What was read before everything was forgotten may lack what others stored: then it is read again. */
  async #loadAll(batches: ReadonlyMap<string, Batch>): Promise<ReadonlyMap<string, IntervalSet>> {
    for (;;) {
      const life = this.#life;
      const sets = new Map<string, IntervalSet>();
      for (const [name, batch] of batches) sets.set(name, await this.#load(name, batch));
      if (life === this.#life) return sets;
      for (const name of batches.keys()) this.#known.delete(name);
    }
  }

  /** What is there of a lane; of one that is scattered, what is there of these numbers. */
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
      // the last one out takes the lock's entry with it
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

/** What is not stored, each number once; and the rest. */
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
