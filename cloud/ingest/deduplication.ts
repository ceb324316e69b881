/**
 * What of each (gateway, epoch, lane) is stored already, as sets of ranges, so that an event reaches the history once
 * however often it arrives.
 *
 *   unknown ── first event ──► loading (what the history has) ──► known ── stored ──► known, and more
 *      ▲                                                            └── an insert failed, partitions moved ──┐
 *      └─────────────────────────────────────────────────────────────────────────────────────────────────────┘
 *
 * Always: a number is added only after its insert resolved; two batches of one lane wait for each other; after a
 * failed insert (which may have stored half) the set is read again; the number of sets kept is bounded.
 */
import type { ForpostEvent } from '@forpost/shared/event/event.ts';
import type { LaneKey, Range } from '../history/store.ts';
import { IntervalSet } from './interval-set.ts';

export interface DeduplicationOptions {
  /** what the history has of a lane */
  readonly received: (key: LaneKey) => Promise<readonly Range[]>;
  /** lanes remembered; the one not used for longest goes first */
  readonly maxLanes?: number;
}

const defaultMaxLanes = 20_000;

export class Deduplication {
  readonly #options: DeduplicationOptions;
  /** least recently used first */
  readonly #sets = new Map<string, IntervalSet>();
  readonly #locks = new Map<string, Promise<void>>();
  /** counts the times at which everything was forgotten */
  #life = 0;

  constructor(options: DeduplicationOptions) {
    this.#options = options;
  }

  /**
   * Calls `store` with those of `events` that are not stored yet (each once), and remembers them when it resolves.
   * Returns what was new and what was not. Rejects as `store` or the history does.
   */
  async storeNew<Item>(
    items: readonly Item[],
    eventOf: (item: Item) => ForpostEvent,
    store: (fresh: readonly Item[]) => Promise<void>,
  ): Promise<{ readonly fresh: readonly Item[]; readonly repeated: readonly Item[] }> {
    const lanes = new Map<string, LaneKey>();
    for (const item of items) {
      const { gateway, epoch, lane } = eventOf(item);
      lanes.set(textOf({ gateway, epoch, lane }), { gateway, epoch, lane });
    }
    // in one order everywhere, so that two batches never wait for each other in a circle
    const names = [...lanes.keys()].sort();
    const unlock = await this.#lock(names);
    try {
      const sets = await this.#loadAll(lanes);
      const { fresh, repeated } = sort(items, eventOf, sets);
      if (fresh.length > 0) {
        try {
          await store(fresh);
        } catch (error) {
          for (const name of names) this.#sets.delete(name);
          throw error;
        }
        for (const item of fresh) {
          const event = eventOf(item);
          sets.get(textOf(event))?.add(Number(event.sequence));
        }
      }
      return { fresh, repeated };
    } finally {
      unlock();
    }
  }

  /** Another consumer may have stored more by now: everything is read again when it is needed. */
  forget(): void {
    this.#life++;
    this.#sets.clear();
  }

  /** Of these lanes what is stored is read again when it is needed. */
  forgetLanes(keys: Iterable<LaneKey>): void {
    for (const key of keys) this.#sets.delete(textOf(key));
  }

  /** What was read before everything was forgotten may lack what others stored: then it is read again. */
  async #loadAll(lanes: ReadonlyMap<string, LaneKey>): Promise<ReadonlyMap<string, IntervalSet>> {
    for (;;) {
      const life = this.#life;
      const sets = new Map<string, IntervalSet>();
      for (const [name, key] of lanes) sets.set(name, await this.#load(name, key));
      if (life === this.#life) return sets;
      for (const name of lanes.keys()) this.#sets.delete(name);
    }
  }

  async #load(name: string, key: LaneKey): Promise<IntervalSet> {
    const known = this.#sets.get(name);
    const set = known ?? IntervalSet.of(await this.#options.received(key));
    this.#sets.delete(name);
    this.#sets.set(name, set);
    const oldest = this.#sets.keys().next().value;
    if (this.#sets.size > (this.#options.maxLanes ?? defaultMaxLanes) && oldest !== undefined)
      this.#sets.delete(oldest);
    return set;
  }

  /** Waits for each lane in turn and holds all of them until the returned function is called. */
  async #lock(names: readonly string[]): Promise<() => void> {
    let release: () => void = () => {};
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    for (const name of names) {
      const before = this.#locks.get(name);
      const tail = before === undefined ? held : before.then(() => held);
      this.#locks.set(name, tail);
      await before;
    }
    return () => {
      release();
      // the last one out takes the lock's entry with it
      for (const name of names) {
        const tail = this.#locks.get(name);
        void tail?.then(() => {
          if (this.#locks.get(name) === tail) this.#locks.delete(name);
        });
      }
    };
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
