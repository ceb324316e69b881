/** How a history keeps the events that it stores. */
import { rfc3339 } from '@forpost/shared/event/codec.ts';
import type { ForpostEvent } from '@forpost/shared/event/event.ts';
import { expect, test } from 'vitest';
import { event, newGateway, noon } from './examples.ts';
import type { OpenedStore } from './stores.ts';

export function storedHistory(opened: () => OpenedStore): void {
  test('returns an event as it came, with unknown attributes, odd times and any text', async () => {
    const { store, clock } = opened();
    const gateway = newGateway();
    const nasty = `'; DROP TABLE events; -- \\' \u0000 \t\n "{}" \ud800 é 🔥 {x:String}`;
    const plain = event({ gateway, sequence: 1, data: { values: { power_w: 1.5, [nasty]: 2 }, note: nasty } });
    const extended = {
      ...event({ gateway, sequence: 2, device: null, type: 'other.vendor.v9', data: [1, null, nasty] }),
      traceparent: '00-abc',
      nested: { a: [1, 2] },
      source: '/elsewhere',
      time: '2026-01-01T13:00:00.123456+01:00',
    } as ForpostEvent;
    const odd = { ...event({ gateway, sequence: 3, data: null }), type: nasty, boot: nasty } as ForpostEvent;
    const early = event({ gateway, sequence: 4, time: -62_167_219_200_000 });
    const late = event({ gateway, sequence: 5, time: Date.UTC(9999, 11, 31, 23, 59, 59, 999) });
    const unset = event({ gateway, sequence: 9_007_199_254_740_991, time: 1 });
    await store.insert([plain, extended, odd, early, late, unset]);
    const { events } = await store.events({ gateway, limit: 100 });
    expect(events.map(({ sequence }) => sequence)).toEqual(['9007199254740991', '5', '4', '2', '3', '1']);
    const stored = rfc3339(clock.now());
    const beside = (original: ForpostEvent) => {
      const doubted = original === late ? 'future' : original === early || original === unset ? 'past' : undefined;
      return doubted === undefined ? { stored } : { stored, corrected_time: stored, doubted };
    };
    const originals = [plain, extended, odd, early, late, unset];
    for (const original of originals)
      expect(events.find(({ id }) => id === original.id)).toEqual({ ...original, ...beside(original) });
    const key = { gateway, epoch: 'e1', lane: 'telemetry' } as const;
    const sequences = [...originals.map(({ sequence }) => Number(sequence)), 77];
    const byNumber = await store.stored(key, sequences);
    expect(byNumber).toHaveLength(originals.length);
    for (const original of originals) expect(byNumber).toContainEqual({ ...original, ...beside(original) });
    expect(await store.stored({ ...key, epoch: 'e2' }, sequences)).toEqual([]);
  });

  test('keeps one of several inserts of an event, and its content does not change', async () => {
    const { store, clock } = opened();
    const gateway = newGateway();
    const events = [1, 2, 3].map((sequence) => event({ gateway, sequence }));
    await store.insert(events);
    const before = await store.events({ gateway, limit: 10 });
    clock.advance(60_000);
    await store.insert(events);
    // another month, and so another partition
    clock.advance(40 * 86_400_000);
    await store.insert([...events].reverse());
    expect(await store.events({ gateway, limit: 10 })).toEqual(before);
    const key = { gateway, epoch: 'e1', lane: 'telemetry' } as const;
    expect(await store.received(key)).toEqual([[1, 3]]);
    const { rows, distinct } = await store.rows(key);
    expect(distinct).toBe(3);
    expect(rows).toBeGreaterThanOrEqual(3);
    const series = { device: `${gateway}-meter`, metric: 'power_w', from: noon, to: noon + 1, stepSeconds: 60 };
    expect(await store.series({ ...series, aggregate: 'count', timezone: 'UTC' })).toEqual([{ time: noon, value: 3 }]);
  });

  test('records when it stored an event, even after its clock was wrong for years', async () => {
    const { store, clock } = opened();
    const key = { gateway: newGateway(), epoch: 'e1', lane: 'telemetry' } as const;
    const storedAfter = async (sequence: number, jumpMs: number) => {
      clock.jump(jumpMs);
      await store.insert([event({ ...key, sequence })]);
      const [one] = await store.stored(key, [sequence]);
      return Date.parse(one?.stored ?? '') - clock.now();
    };
    expect(await storedAfter(1, 0)).toBe(0);
    // a time service sets the clock back a little: the order of storing stays
    expect(await storedAfter(2, -10_000)).toBe(10_000);
    expect(await storedAfter(3, 60 * 365 * 86_400_000)).toBe(0);
    expect(await storedAfter(4, -60 * 365 * 86_400_000)).toBe(0);
    clock.jump(10_000);
  });

  test('stores 5,000 events in well under a second, and any number in one call', async () => {
    const { store } = opened();
    const tookMs: number[] = [];
    // one of three must be in time: the machine may be busy
    for (let i = 0; i < 3 && !tookMs.some((ms) => ms < 1000); i++) {
      const gateway = newGateway();
      const events = Array.from({ length: 5000 }, (_, n) => event({ gateway, sequence: n + 1, time: noon + n }));
      const started = performance.now();
      await store.insert(events);
      tookMs.push(performance.now() - started);
      await store.insert([]);
      expect(await store.received({ gateway, epoch: 'e1', lane: 'telemetry' })).toEqual([[1, 5000]]);
    }
    expect(Math.min(...tookMs)).toBeLessThan(1000);
  });
}
