/** Queries of the ledger: numbers, lanes, gap records, ends. */
import { rfc3339 } from '@forpost/shared/event/codec.ts';
import { eventTypes } from '@forpost/shared/event/event.ts';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { event, newGateway, noon } from './examples.ts';
import type { OpenedStore } from './stores.ts';

export function ledgerQuestions(opened: () => OpenedStore): void {
  test('gives the ledger the received numbers, whatever their order and repetitions', async () => {
    const { store } = opened();
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 10 }), {
          minLength: 1,
          maxLength: 4,
        }),
        async (inserts) => {
          const gateway = newGateway();
          for (const numbers of inserts) await store.insert(numbers.map((sequence) => event({ gateway, sequence })));
          const all = new Set(inserts.flat());
          const ranges = await store.received({ gateway, epoch: 'e1', lane: 'telemetry' });
          const covered = ranges.flatMap(([from, through]) =>
            Array.from({ length: through - from + 1 }, (_, i) => from + i),
          );
          expect(covered).toEqual([...all].sort((a, b) => a - b));
          for (const [i, [from]] of ranges.entries()) if (i > 0) expect(from).toBeGreaterThan(ranges[i - 1]![1] + 1);
          const { rows, distinct } = await store.rows({ gateway, epoch: 'e1', lane: 'telemetry' });
          expect(distinct).toBe(all.size);
          expect(rows).toBeGreaterThanOrEqual(distinct);
        },
      ),
      { numRuns: 15 },
    );
    expect(await store.received({ gateway: 'nobody', epoch: 'e1', lane: 'alerts' })).toEqual([]);
    expect(await store.rows({ gateway: 'nobody', epoch: 'e1', lane: 'alerts' })).toEqual({ rows: 0, distinct: 0 });
  });

  test('lists every lane it knows', async () => {
    const { store } = opened();
    const gateway = newGateway();
    await store.insert([
      event({ gateway, epoch: 'b', sequence: 1 }),
      event({ gateway, epoch: 'a', sequence: 1 }),
      event({ gateway, epoch: 'a', lane: 'alerts', sequence: 1 }),
    ]);
    expect((await store.lanes()).filter((lane) => lane.gateway === gateway)).toEqual([
      { gateway, epoch: 'a', lane: 'alerts' },
      { gateway, epoch: 'a', lane: 'telemetry' },
      { gateway, epoch: 'b', lane: 'telemetry' },
    ]);
  });

  test('lists a lane of which only a gap record has arrived', async () => {
    const { store } = opened();
    const gateway = newGateway();
    const gap = (sequence: number, data: unknown) =>
      event({ gateway, epoch: 'b', lane: 'alerts', sequence, device: null, type: eventTypes.gap, data });
    await store.insert([
      gap(1, { epoch: 'a', lane: 'telemetry', from: '1', to: '1', count: 1, reason: 'refused' }),
      gap(2, { epoch: 'a', lane: 'telemetry', from: '2', to: '2', count: 1, reason: 'refused' }),
      gap(3, { epoch: 'not an epoch', lane: 'telemetry', from: '1', to: '1', count: 1, reason: '' }),
      gap(4, { epoch: 'a', lane: 'nowhere', from: '1', to: '1', count: 1, reason: '' }),
      gap(5, { reason: 'of what?' }),
    ]);
    expect((await store.lanes()).filter((lane) => lane.gateway === gateway)).toEqual([
      { gateway, epoch: 'a', lane: 'telemetry' },
      { gateway, epoch: 'b', lane: 'alerts' },
    ]);
  });

  test('gives all received numbers of a gateway in one answer', async () => {
    const { store } = opened();
    const gateway = newGateway();
    const gap = event({
      gateway,
      epoch: 'b',
      lane: 'alerts',
      sequence: 4,
      device: null,
      type: eventTypes.gap,
      received: noon + 9,
      data: { epoch: 'a', lane: 'telemetry', from: '1', to: null, count: 1, reason: 'full' },
    });
    const early = { ...gap, id: `${gateway}/b/alerts/9`, sequence: '9', received: rfc3339(noon) };
    await store.insert([1, 2, 3, 7, 8, 12].map((sequence) => event({ gateway, epoch: 'a', sequence })));
    await store.insert([
      event({ gateway, epoch: 'a', sequence: 2 }),
      gap,
      early,
      event({ gateway: newGateway(), sequence: 1 }),
    ]);
    const all = [...(await store.holdings(gateway))].sort((a, b) => (a.epoch < b.epoch ? -1 : 1));
    expect(all).toEqual([
      {
        epoch: 'a',
        lane: 'telemetry',
        received: [
          [1, 3],
          [7, 8],
          [12, 12],
        ],
      },
      {
        epoch: 'b',
        lane: 'alerts',
        received: [
          [4, 4],
          [9, 9],
        ],
      },
    ]);
    expect((await store.gapRecords(gateway)).map(({ id }) => id)).toEqual([early.id, gap.id]);
    const counts = new Map((await store.rowCounts(gateway)).map(({ epoch, rows }) => [epoch, rows]));
    expect(counts.get('a')).toBeGreaterThanOrEqual(6);
    expect(counts.get('a')).toBeLessThanOrEqual(7);
    expect(counts.get('b')).toBe(2);
    expect([await store.holdings('nobody'), await store.gapRecords('nobody'), await store.rowCounts('nobody')]).toEqual(
      [...[[], [], []]],
    );
  });

  test('remembers the highest number of each lane, from any source and in any order', async () => {
    const { store } = opened();
    const gateway = newGateway();
    const end = (epoch: string, assigned: number, acknowledged: number, begun = noon) => ({
      gateway,
      epoch,
      lane: 'telemetry' as const,
      assigned,
      acknowledged,
      begun,
    });
    expect(await store.ends(gateway)).toEqual([]);
    await store.noteEnds([end('b', 5, 0), end('a', 900, 800, noon + 5)]);
    await Promise.all([
      store.noteEnds([end('a', 1000, 900, noon + 9)]),
      store.noteEnds([end('a', 950, 950, noon), { ...end('a', 7, 7), lane: 'alerts' }]),
    ]);
    await store.noteEnds([]);
    expect(await store.ends(gateway)).toEqual([
      { ...end('a', 7, 7), lane: 'alerts' },
      end('a', 1000, 950),
      end('b', 5, 0),
    ]);
    expect((await store.lanes()).filter((one) => one.gateway === gateway)).toEqual([
      { gateway, epoch: 'a', lane: 'alerts' },
      { gateway, epoch: 'a', lane: 'telemetry' },
      { gateway, epoch: 'b', lane: 'telemetry' },
    ]);
    // a gateway's own claim, without an event, counts for nothing
    expect(await store.holdings(gateway)).toEqual([]);
  });
}
