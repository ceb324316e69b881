/** Charts, and the list of metrics for charts. */
import { rfc3339 } from '@forpost/shared/event/codec.ts';
import { eventTypes } from '@forpost/shared/event/event.ts';
import { expect, test } from 'vitest';
import { MemoryHistory } from '../../../cloud/history/memory-store.ts';
import type { SeriesQuery } from '../../../cloud/history/store.ts';
import { recentMetrics } from '../../../cloud/series/metrics.ts';
import { event, newGateway, noon } from './examples.ts';
import type { OpenedStore } from './stores.ts';

export function seriesQuestions(opened: () => OpenedStore): void {
  test('draws a metric in steps, by each aggregate', async () => {
    const { store } = opened();
    const gateway = newGateway();
    const device = `${gateway}-meter`;
    const reading = (sequence: number, seconds: number, values: object, extra = {}) =>
      event({ gateway, sequence, time: noon + seconds * 1000, data: { values, ...extra } });
    await store.insert([
      reading(1, 0, { power_w: 10, on: true }),
      reading(2, 30, { power_w: 30, mode: 'eco' }),
      reading(3, 20, { power_w: 20, on: false }),
      reading(4, 60, { power_w: -5 }),
      reading(5, 61, { power_w: 1e9 }, { quality: 'implausible' }),
      reading(6, 62, { power_w: 1e9 }, { quality: 'bad' }),
      reading(7, 63, { power_w: -7 }, { quality: 'estimated' }),
      reading(8, 125, { power_w: 99 }, { channel: 'solar' }),
      reading(9, 180, { power_w: 1 }),
      event({ gateway, sequence: 10, type: 'forpost.state.v1', data: { values: { power_w: 5 } } }),
    ]);
    const ask = async (aggregate: SeriesQuery['aggregate'], extra: Partial<SeriesQuery> = {}) =>
      (
        await store.series({
          device,
          metric: 'power_w',
          from: noon,
          to: noon + 180_000,
          stepSeconds: 60,
          aggregate,
          timezone: 'UTC',
          ...extra,
        })
      ).map(({ time, value }) => [(time - noon) / 1000, value]);
    expect(await ask('avg')).toEqual([
      [0, 20],
      [60, -6],
      [120, 99],
    ]);
    expect(await ask('min')).toEqual([
      [0, 10],
      [60, -7],
      [120, 99],
    ]);
    expect(await ask('max')).toEqual([
      [0, 30],
      [60, -5],
      [120, 99],
    ]);
    expect(await ask('sum')).toEqual([
      [0, 60],
      [60, -12],
      [120, 99],
    ]);
    expect(await ask('last')).toEqual([
      [0, 30],
      [60, -7],
      [120, 99],
    ]);
    expect(await ask('count')).toEqual([
      [0, 3],
      [60, 2],
      [120, 1],
    ]);
    expect(await ask('max', { channel: 'solar' })).toEqual([[120, 99]]);
    expect(await ask('count', { channel: '' })).toEqual([
      [0, 3],
      [60, 2],
    ]);
    expect(await ask('avg', { metric: 'on' })).toEqual([[0, 0.5]]);
    expect(await ask('avg', { metric: 'mode' })).toEqual([]);
    expect(await ask('count', { stepSeconds: 3600 })).toEqual([[0, 6]]);
    expect(await ask('count', { gateway: 'another' })).toEqual([]);
    expect(await ask('count', { stepSeconds: 15 })).toEqual([
      [0, 1],
      [15, 1],
      [30, 1],
      [60, 2],
      [120, 1],
    ]);
  });

  test('draws days, weeks, months and hours by the local calendar, over changes of the clocks', async () => {
    const { store, clock } = opened();
    const gateway = newGateway();
    const device = `${gateway}-meter`;
    const from = Date.UTC(2026, 9, 20);
    const to = Date.UTC(2026, 10, 3);
    // each quarter of an hour, over the end of summer time on 25 October
    const events = Array.from({ length: (to - from) / 900_000 }, (_, i) =>
      event({ gateway, sequence: i + 1, time: from + i * 900_000 }),
    );
    await store.insert(events);
    const ask = async (stepSeconds: number, timezone: string) =>
      store.series({ device, metric: 'power_w', from, to, stepSeconds, aggregate: 'count', timezone });
    const days = await ask(86_400, 'Europe/Berlin');
    expect(await ask(86_400, 'europe/berlin')).toEqual(days);
    expect(await ask(86_400, 'utc')).toEqual(await ask(86_400, 'UTC'));
    expect(days.slice(0, 7).map(({ time, value }) => [rfc3339(time), value])).toEqual([
      ['2026-10-19T22:00:00.000Z', 88],
      ['2026-10-20T22:00:00.000Z', 96],
      ['2026-10-21T22:00:00.000Z', 96],
      ['2026-10-22T22:00:00.000Z', 96],
      ['2026-10-23T22:00:00.000Z', 96],
      ['2026-10-24T22:00:00.000Z', 100],
      ['2026-10-25T23:00:00.000Z', 96],
    ]);
    const weeks = await ask(7 * 86_400, 'Europe/Berlin');
    expect(weeks.map(({ time }) => rfc3339(time))).toEqual([
      '2026-10-18T22:00:00.000Z',
      '2026-10-25T23:00:00.000Z',
      '2026-11-01T23:00:00.000Z',
    ]);
    const months = await ask(30 * 86_400, 'America/New_York');
    expect(months.map(({ time }) => rfc3339(time))).toEqual(['2026-10-01T04:00:00.000Z', '2026-11-01T04:00:00.000Z']);
    expect((await ask(365 * 86_400, 'Asia/Tokyo')).map(({ time }) => rfc3339(time))).toEqual([
      '2025-12-31T15:00:00.000Z',
    ]);
    const halfDays = await ask(43_200, 'Europe/Berlin');
    expect(halfDays.slice(9, 13).map(({ time, value }) => [rfc3339(time), value])).toEqual([
      ['2026-10-24T10:00:00.000Z', 48],
      ['2026-10-24T22:00:00.000Z', 52],
      ['2026-10-25T11:00:00.000Z', 48],
      ['2026-10-25T23:00:00.000Z', 48],
    ]);
    const hours = await ask(3600, 'Asia/Kathmandu');
    expect(rfc3339(hours[1]!.time)).toBe('2026-10-20T00:15:00.000Z');
    if (store instanceof MemoryHistory) return;
    // the model's calendar and ClickHouse's agree
    const model = new MemoryHistory(clock);
    await model.insert(events);
    for (const step of [1, 2, 3, 5, 14, 30, 31, 365]
      .map((n) => n * 86_400)
      .concat(3600, 7200, 21_600, 43_200, 1800, 60))
      for (const timezone of ['UTC', 'Europe/Berlin', 'America/New_York', 'Asia/Kathmandu', 'Australia/Lord_Howe'])
        expect([step, timezone, await ask(step, timezone)]).toEqual([
          ...[step, timezone],
          await model.series({ device, metric: 'power_w', from, to, stepSeconds: step, aggregate: 'count', timezone }),
        ]);
  });

  test('lists the metrics that have arrived lately', async () => {
    const { store, clock } = opened();
    const gateway = newGateway();
    const mine = async () =>
      (await store.ask(recentMetrics, undefined))
        .filter((m) => m.gateway === gateway)
        .map((m) => [m.device, m.channel, m.metric]);
    await store.insert([
      event({ gateway, sequence: 1, data: { values: { power_w: 1, energy_wh: 2, text: 'x' } } }),
      event({ gateway, sequence: 2, data: { values: { power_w: 1 }, channel: 'l1' } }),
      event({ gateway, sequence: 3, data: { values: { power_w: 1 } } }),
      event({ gateway, sequence: 4, type: eventTypes.state, data: { values: { other: 1 } } }),
    ]);
    const device = `${gateway}-meter`;
    expect(await mine()).toEqual([
      [device, '', 'energy_wh'],
      [device, '', 'power_w'],
      [device, 'l1', 'power_w'],
    ]);
    clock.advance(30 * 86_400_000);
    expect(await mine()).toEqual([]);
  });
}
