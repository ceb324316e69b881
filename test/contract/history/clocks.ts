/** Times of boots without a synced clock, corrected after a clock event of the same boot. */
import { rfc3339 } from '@forpost/shared/event/codec.ts';
import { eventTypes } from '@forpost/shared/event/event.ts';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { MemoryHistory } from '../../../cloud/history/memory-store.ts';
import type { SeriesQuery } from '../../../cloud/history/store.ts';
import { alert, clockEvent, event, newGateway, noon, type Parts } from './examples.ts';
import type { OpenedStore } from './stores.ts';

export function correctedTimes(opened: () => OpenedStore): void {
  test('shows corrected times beside the original ones after a clock event of the same boot', async () => {
    const { store, clock } = opened();
    const gateway = newGateway();
    /** a reading at `uptime`, by a gateway whose clock says 1970 */
    const unsynced = (sequence: number, uptime: number, change: Partial<Parts> = {}) =>
      event({ gateway, sequence, uptime, time: uptime, clock: 'unsynced', ...change });
    const first = unsynced(1, 10_000);
    const second = unsynced(2, 20_000);
    const deviceTime = unsynced(3, 30_000, { time: noon + 5, received: 30_000 });
    const otherBoot = unsynced(4, 15_000, { boot: 'boot-2' });
    const synced = event({ gateway, sequence: 5, time: noon + 50_000, uptime: 50_000 });
    await store.insert([first, second, deviceTime, otherBoot, synced]);
    const ask = async (range: { from?: number; to?: number } = {}) =>
      (await store.events({ gateway, type: eventTypes.reading, limit: 100, ...range })).events;
    const numbers = async (range: { from?: number; to?: number } = {}) =>
      (await ask(range)).map(({ sequence }) => Number(sequence));
    // a clock in 1970 is wrong: the time of storing counts
    expect(await numbers()).toEqual([4, 2, 1, 5, 3]);
    expect((await ask()).map(({ doubted }) => doubted)).toEqual(['past', 'past', 'past', undefined, undefined]);
    expect((await ask()).some((one) => 'corrected_received' in one)).toBe(false);

    await store.insert([clockEvent(gateway, 1, 'boot-1', 40_000, noon)]);
    expect(await numbers()).toEqual([4, 5, 2, 1, 3]);
    const at = rfc3339;
    const stored = at(clock.now());
    expect(await ask()).toEqual([
      { ...otherBoot, stored, corrected_time: stored, doubted: 'past' },
      { ...synced, stored },
      { ...second, stored, corrected_time: at(noon + 20_000), corrected_received: at(noon + 20_000) },
      { ...first, stored, corrected_time: at(noon + 10_000), corrected_received: at(noon + 10_000) },
      { ...deviceTime, stored, corrected_received: at(noon + 30_000) },
    ]);
    expect(await numbers({ from: noon, to: noon + 20_000 })).toEqual([1, 3]);
    expect(await numbers({ from: noon + 10_000, to: noon + 20_001 })).toEqual([2, 1]);
    expect(await numbers({ to: noon })).toEqual([]);

    // of several clock events the nearest by uptime counts, in any order and number; nonsense does not count
    await store.insert([
      clockEvent(gateway, 2, 'boot-1', 12_000, noon + 7),
      clockEvent(gateway, 3, 'boot-1', 11_000, 'soon'),
      clockEvent(gateway, 4, 'boot-1', 10_500, 1e300),
      { ...clockEvent(gateway, 5, 'boot-1', 10_100, noon + 99), boot: 'boot-9' },
      clockEvent(gateway, 1, 'boot-1', 40_000, noon),
      clockEvent(newGateway(), 1, 'boot-2', 15_000, noon),
      clockEvent(newGateway(), 1, 'boot-1', 10_000, noon + 1_000_000),
    ]);
    await store.insert([first, second]);
    expect((await ask()).map(({ sequence, corrected_time: time }) => [sequence, time])).toEqual([
      ['4', stored],
      ['5', undefined],
      ['2', at(noon + 20_007)],
      ['1', at(noon + 10_007)],
      ['3', undefined],
    ]);
    // a page continues after the one before, in the corrected order
    const paged: string[] = [];
    let cursor: string | undefined;
    do {
      const page = await store.events({
        gateway,
        type: eventTypes.reading,
        limit: 1,
        ...(cursor === undefined ? {} : { cursor }),
      });
      paged.push(...page.events.map(({ sequence }) => sequence));
      cursor = page.cursor;
    } while (cursor !== undefined);
    expect(paged).toEqual(['4', '5', '2', '1', '3']);
    const [kept] = await store.stored({ gateway, epoch: 'e1', lane: 'telemetry' }, [1]);
    expect(kept).toEqual({ ...first, stored, corrected_time: stored, doubted: 'past' });
  });

  test('draws charts and lists alarms by corrected times', async () => {
    const { store } = opened();
    const gateway = newGateway();
    const device = `${gateway}-meter`;
    const unsynced = { gateway, clock: 'unsynced', boot: 'chart' } as const;
    await store.insert([
      ...[1, 2, 3].map((n) => event({ ...unsynced, sequence: n, uptime: n * 60_000, time: 1000 + n * 60_000 })),
      event({ ...unsynced, sequence: 4, uptime: 240_000, time: noon + 60_000, received: 1000 }),
      alert({ ...unsynced, sequence: 1, uptime: 90_000, time: 1000 }, 'early', {}),
      alert({ ...unsynced, sequence: 2, uptime: 95_000, time: 6000 }, 'early', { change: 'cleared', active: false }),
      clockEvent(gateway, 3, 'chart', 300_000, noon),
    ]);
    const chart = async (from: number, to: number) =>
      (
        await store.series({
          device,
          metric: 'power_w',
          from,
          to,
          stepSeconds: 60,
          aggregate: 'sum',
          timezone: 'UTC',
        })
      ).map(({ time, value }) => [(time - noon) / 60_000, value]);
    expect(await chart(noon, noon + 240_000)).toEqual([
      [1, 5],
      [2, 2],
      [3, 3],
    ]);
    expect(await chart(0, 600_000)).toEqual([]);
    const [alarm] = (await store.alarms(noon, 1000)).alarms.filter((one) => one.gateway === gateway);
    expect(alarm).toMatchObject({
      alarm: 'early',
      raised: rfc3339(noon + 90_000),
      latest: { corrected_time: rfc3339(noon + 95_000), time: rfc3339(6000) },
    });
  });

  test('moves no event to more than a day before its storing, whatever clock events the gateway sends', async () => {
    const { store, clock } = opened();
    const gateway = newGateway();
    const one = event({ gateway, sequence: 1, uptime: 5000, time: 5000, clock: 'unsynced' });
    await store.insert([clockEvent(gateway, 1, 'boot-1', 5000, Date.UTC(2090, 0)), one]);
    const { events } = await store.events({ gateway, type: eventTypes.reading, limit: 5, from: clock.now() });
    expect(events.map(({ corrected_time: time }) => time)).toEqual([rfc3339(clock.now() + 86_400_000)]);
  });

  test('corrects times as the model does, for any clock events', async () => {
    const { store, clock } = opened();
    if (store instanceof MemoryHistory) return;
    const offset = fc.oneof(fc.integer({ min: noon - 10_000, max: noon + 10_000 }), fc.constant(3 * noon));
    const reading = fc.record({ boot: fc.constantFrom('a', 'b'), uptime: fc.nat(50), offset });
    const taken = fc.record({
      boot: fc.constantFrom('a', 'b', 'c'),
      uptime: fc.nat(50),
      wall: fc.nat(20_000),
      synced: fc.boolean(),
      own: fc.boolean(),
    });
    const gatewayParts = fc.record({
      readings: fc.array(reading, { maxLength: 6 }),
      all: fc.array(taken, { minLength: 1, maxLength: 12 }),
    });
    const device = `${newGateway()}-shared`;
    // one insert and few queries for many gateways, because each costs an fsync or a statement
    const events = fc.sample(gatewayParts, 60).flatMap(({ readings, all }) => {
      const gateway = newGateway();
      return [
        ...all.map(({ boot, uptime, wall, synced, own }, i) =>
          event({
            gateway,
            device,
            sequence: i + 1,
            boot,
            uptime,
            clock: synced ? 'synced' : 'unsynced',
            received: noon + wall,
            time: own ? noon + wall + 7 : noon + wall,
          }),
        ),
        ...readings.map((r, i) => clockEvent(gateway, i + 1, r.boot, r.uptime, r.offset)),
      ];
    });
    const model = new MemoryHistory(clock);
    for (const one of [store, model]) await one.insert(events);
    for (const range of [{}, { from: noon + 5000 }, { to: noon + 5000 }]) {
      const query = { device, limit: 1000, ...range };
      expect(await store.events(query)).toEqual(await model.events(query));
    }
    const chart: SeriesQuery = {
      device,
      metric: 'power_w',
      from: noon - 10_000,
      to: noon + 40_000,
      stepSeconds: 1,
      aggregate: 'sum',
      timezone: 'UTC',
    };
    expect(await store.series(chart)).toEqual(await model.series(chart));
  });
}
