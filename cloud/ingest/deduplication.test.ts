import { ForpostError } from '@forpost/shared/errors.ts';
import fc from 'fast-check';
import { describe, expect, test, vi } from 'vitest';
import type { LaneKey, Range } from '../history/store.ts';
import { IntervalSet } from '../ledger/interval-set.ts';
import { event } from '../testing/events.ts';
import { Deduplication, type DeduplicationOptions } from './deduplication.ts';

/** A history that can fail in the middle of an insert. */
class Store {
  readonly rows: number[] = [];
  loads = 0;
  lookups = 0;
  failAfter: number | undefined;

  received = async (_: LaneKey): Promise<readonly Range[]> => {
    this.loads++;
    return IntervalSet.of(this.rows.map((n): Range => [n, n])).ranges();
  };

  stored = async (_: LaneKey, numbers: readonly number[]): Promise<readonly number[]> => {
    this.lookups++;
    return numbers.filter((number) => this.rows.includes(number));
  };

  insert = async (numbers: readonly number[]): Promise<void> => {
    await Promise.resolve();
    for (const [i, number] of numbers.entries()) {
      if (i === this.failAfter) throw new Error('the power went');
      this.rows.push(number);
    }
  };
}

const eventOf = (number: number) => event(number);
const aDeduplication = ({ received, stored }: Store, change: Partial<DeduplicationOptions> = {}) =>
  new Deduplication({ received, stored, ...change });

describe('deduplication', () => {
  test('stores each number once, whether its repetition comes in the same batch or later', async () => {
    const store = new Store();
    const deduplication = aDeduplication(store);
    const first = await deduplication.storeNew([3, 4, 4, 9], eventOf, store.insert);
    expect(first).toEqual({ fresh: [3, 4, 9], repeated: [4] });
    const second = await deduplication.storeNew([1, 2, 3, 4, 5, 9, 10], eventOf, store.insert);
    expect(second).toEqual({ fresh: [1, 2, 5, 10], repeated: [3, 4, 9] });
    expect(store.rows.sort((a, b) => a - b)).toEqual([1, 2, 3, 4, 5, 9, 10]);
    expect(store.loads).toBe(1);
  });

  test('knows the stored numbers after a restart, also where low numbers are missing below high ones', async () => {
    const store = new Store();
    store.rows.push(5, 6, 7);
    const deduplication = aDeduplication(store);
    expect((await deduplication.storeNew([4, 5, 6, 7, 8], eventOf, store.insert)).fresh).toEqual([4, 8]);
  });

  test('two batches of one lane at the same time wait for each other', async () => {
    const store = new Store();
    const deduplication = aDeduplication(store);
    const results = await Promise.all([
      deduplication.storeNew([1, 2, 3], eventOf, store.insert),
      deduplication.storeNew([2, 3, 4], eventOf, store.insert),
      deduplication.storeNew([4, 5], eventOf, store.insert),
    ]);
    expect(results.map(({ fresh }) => fresh)).toEqual([[1, 2, 3], [4], [5]]);
  });

  test('a batch that is given up leaves the queue of its lanes, and the next one has its turn', async () => {
    const store = new Store();
    const deduplication = aDeduplication(store);
    const { promise: answered, resolve: answer } = Promise.withResolvers<void>();
    const first = deduplication.storeNew([1, 2], eventOf, async (numbers) => {
      await answered;
      await store.insert(numbers);
    });
    const impatient = new AbortController();
    const second = deduplication.storeNew([2, 3], eventOf, store.insert, impatient.signal);
    const third = deduplication.storeNew([3, 4], eventOf, store.insert, new AbortController().signal);
    impatient.abort(new Error('too late'));
    await expect(second).rejects.toThrow('too late');
    answer();
    expect([(await first).fresh, (await third).fresh]).toEqual([
      [1, 2],
      [3, 4],
    ]);
    expect(store.rows).toEqual([1, 2, 3, 4]);
  });

  test('after an insert that stored half of a batch, a retry stores exactly the other half', async () => {
    const store = new Store();
    const deduplication = aDeduplication(store);
    store.failAfter = 2;
    await expect(deduplication.storeNew([1, 2, 3, 4], eventOf, store.insert)).rejects.toThrow('the power went');
    store.failAfter = undefined;
    const again = await deduplication.storeNew([1, 2, 3, 4], eventOf, store.insert);
    expect(again).toEqual({ fresh: [3, 4], repeated: [1, 2] });
  });

  test('a lane that was read before the partitions moved is read again', async () => {
    const store = new Store();
    const answers: (() => void)[] = [];
    const deduplication = aDeduplication(store, {
      async received(key) {
        const ranges = await store.received(key);
        await new Promise<void>((answer) => answers.push(answer));
        return ranges;
      },
    });
    const storing = deduplication.storeNew([1, 2, 3], eventOf, store.insert);
    // while the history's answer is on the way, another centre stores 2 and hands the partition over
    await vi.waitFor(() => expect(answers).toHaveLength(1), { timeout: 10_000 });
    store.rows.push(2);
    deduplication.forget();
    answers[0]?.();
    await vi.waitFor(() => expect(answers).toHaveLength(2), { timeout: 10_000 });
    answers[1]?.();
    expect(await storing).toEqual({ fresh: [1, 3], repeated: [2] });
    expect(store.rows).toEqual([2, 1, 3]);
  });

  test('a lane in too many ranges is not remembered: the history is asked about each batch', async () => {
    const store = new Store();
    const deduplication = aDeduplication(store, { maxLaneRanges: 3 });
    const odd = [9, 5, 1, 7, 3];
    await deduplication.storeNew(odd, eventOf, store.insert);
    expect(await deduplication.storeNew([1, 2, 9, 10, 10], eventOf, store.insert)).toEqual({
      fresh: [2, 10],
      repeated: [1, 9, 10],
    });
    expect({ loads: store.loads, lookups: store.lookups }).toEqual({ loads: 1, lookups: 1 });
    // after a restart the history itself refuses to read the lane
    const refusing = async () => {
      throw new ForpostError('FORPOST_LANE_SCATTERED', 'too many');
    };
    const again = aDeduplication(store, { received: refusing });
    expect(await again.storeNew([3, 4], eventOf, store.insert)).toEqual({ fresh: [4], repeated: [3] });
    expect(await again.storeNew([3, 4], eventOf, store.insert)).toEqual({ fresh: [], repeated: [3, 4] });
  });

  test('forgets the lanes that were unused for longest, and reads them again', async () => {
    const store = new Store();
    const deduplication = aDeduplication(store, { maxLanes: 2 });
    const at = (epoch: string) =>
      deduplication.storeNew(
        [1],
        (n) => event(n, { epoch }),
        async () => {},
      );
    await at('a');
    await at('b');
    await at('c');
    await at('b');
    expect(store.loads).toBe(3);
    await at('a');
    expect(store.loads).toBe(4);
  });

  test('simultaneous batches of many lanes, in any order, never deadlock', async () => {
    const batch = fc.array(fc.tuple(fc.constantFrom('a', 'b', 'c', 'd'), fc.integer({ min: 1, max: 6 })), {
      minLength: 1,
      maxLength: 6,
    });
    await fc.assert(
      fc.asyncProperty(fc.array(batch, { maxLength: 8 }), async (batches) => {
        const rows: string[] = [];
        const deduplication = new Deduplication({ received: async () => [], stored: async () => [] });
        await Promise.all(
          batches.map((items) =>
            deduplication.storeNew(
              items,
              ([epoch, n]) => event(n, { epoch }),
              async (fresh) => {
                await Promise.resolve();
                for (const [epoch, n] of fresh) rows.push(`${epoch}/${n}`);
              },
            ),
          ),
        );
        expect(rows.sort()).toEqual([...new Set(batches.flat().map(([epoch, n]) => `${epoch}/${n}`))].sort());
      }),
      { numRuns: 60 },
    );
  });
});
