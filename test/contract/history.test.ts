/**
 * What every history must do: run on the model in memory, on the embedded ClickHouse, and on a ClickHouse by URL,
 * which is the server that FORPOST_TEST_CLICKHOUSE names, else the embedded engine behind its HTTP interface.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FakeClock } from '@forpost/shared/clock.ts';
import { decodeEvent, encodeEvent, rfc3339 } from '@forpost/shared/event/codec.ts';
import { type AlertData, type ClockQuality, eventTypes, type ForpostEvent } from '@forpost/shared/event/event.ts';
import { asId, type Lane } from '@forpost/shared/event/ids.ts';
import { silentLogger } from '@forpost/shared/logging.ts';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ClickHouseHistory } from '../../cloud/history/clickhouse/clickhouse-history.ts';
import { EmbeddedExecutor } from '../../cloud/history/clickhouse/embedded.ts';
import { HttpExecutor } from '../../cloud/history/clickhouse/http.ts';
import { MemoryHistory } from '../../cloud/history/memory-store.ts';
import type { HistoryStore, SeriesQuery } from '../../cloud/history/store.ts';
import { recentMetrics } from '../../cloud/series/metrics.ts';
import { TestClickHouse } from '../harness/clickhouse/server.ts';

/** http://user:password@host:port of a real server; without one the embedded engine is asked by HTTP */
const named = process.env.FORPOST_TEST_CLICKHOUSE;

interface Made {
  readonly store: HistoryStore;
  readonly clock: FakeClock;
  readonly remove: () => Promise<void>;
}

const kinds: readonly (readonly [name: string, make: () => Promise<Made>])[] = [
  [
    'in memory',
    async () => {
      const clock = new FakeClock(Date.UTC(2026, 10, 1));
      return { store: new MemoryHistory(clock), clock, remove: async () => undefined };
    },
  ],
  [
    'embedded ClickHouse',
    async () => {
      const clock = new FakeClock(Date.UTC(2026, 10, 1));
      const folder = await mkdtemp(join(tmpdir(), 'forpost-history-'));
      const executor = new EmbeddedExecutor(join(folder, 'history'));
      const store = new ClickHouseHistory({ executor, clock, logger: silentLogger() });
      return { store, clock, remove: () => rm(folder, { recursive: true }) };
    },
  ],
  [
    `ClickHouse by URL (${named === undefined ? 'the embedded engine behind its HTTP interface' : 'a server'})`,
    async () => {
      const clock = new FakeClock(Date.UTC(2026, 10, 1));
      const front = named === undefined ? await TestClickHouse.start() : undefined;
      const executor = new HttpExecutor(`${front?.origin ?? named}/forpost_test_${process.pid}`);
      const store = new ClickHouseHistory({ executor, clock, logger: silentLogger() });
      const remove = async () => {
        await executor.command(`DROP DATABASE forpost_test_${process.pid}`);
        await front?.remove();
      };
      return { store, clock, remove };
    },
  ],
];

interface Parts {
  readonly gateway: string;
  readonly epoch?: string;
  readonly lane?: Lane;
  readonly sequence: number;
  readonly device?: string | null;
  readonly type?: string;
  readonly time?: number;
  readonly received?: number;
  readonly clock?: ClockQuality;
  readonly boot?: string;
  readonly uptime?: number;
  readonly data?: unknown;
}

const noon = Date.UTC(2026, 0, 1, 12);
let gateways = 0;
/** Each test has a gateway of its own, so that the tests share one history and none sees another's events. */
const newGateway = () => `gw-${++gateways}`;

function event(parts: Parts): ForpostEvent {
  const decoded = decodeEvent(
    encodeEvent(asId<'site'>('home'), asId<'gateway'>(parts.gateway), {
      epoch: asId<'epoch'>(parts.epoch ?? 'e1'),
      lane: parts.lane ?? 'telemetry',
      sequence: parts.sequence,
      type: parts.type ?? eventTypes.reading,
      device: parts.device === null ? null : asId<'device'>(parts.device ?? `${parts.gateway}-meter`),
      time: parts.time ?? noon,
      received: parts.received ?? parts.time ?? noon,
      clock: parts.clock ?? 'synced',
      boot: parts.boot ?? 'boot-1',
      uptime: parts.uptime ?? 1000 + parts.sequence,
      data: JSON.stringify(parts.data ?? { values: { power_w: parts.sequence } }),
    }),
  );
  if (!decoded.ok) throw new Error(decoded.reason);
  return decoded.event;
}

function alert(parts: Parts, alarm: string, data: Partial<AlertData>): ForpostEvent {
  const full: AlertData = {
    ...{ alarm, rule: 'overload', device: `${parts.gateway}-meter`, change: 'raised', active: true },
    ...{ acknowledged: false, severity: 'warning', category: 'power', message: 'too much', cause: 'power_w' },
    ...{ count: 1, test: false, evidence: [] },
    ...data,
  };
  return event({ ...parts, lane: 'alerts', type: eventTypes.alert, data: full });
}

/** A clock event: at `uptime` of that boot true time was uptime + offset. */
function clockEvent(gateway: string, sequence: number, boot: string, uptime: number, offset: unknown): ForpostEvent {
  return event({
    ...{ gateway, lane: 'alerts', sequence, device: null, type: eventTypes.clock, boot, uptime },
    ...{ time: typeof offset === 'number' ? uptime + offset : 0, data: { boot, offset_ms: offset, source: 'chrony' } },
  });
}

describe.each(kinds)('a history %s', (_name, make) => {
  let made: Made;
  let store: HistoryStore;
  let clock: FakeClock;

  beforeAll(async () => {
    made = await make();
    ({ store, clock } = made);
    await store.start();
  });
  afterAll(async () => {
    await store.stop();
    await made.remove();
  });

  test('gives an event back as it came, with unknown attributes, odd times and any text', async () => {
    const gateway = newGateway();
    const nasty = `'; DROP TABLE events; -- \\' \u0000 \t\n "{}" \ud800 é 🔥 {x:String}`;
    const plain = event({ gateway, sequence: 1, data: { values: { power_w: 1.5, [nasty]: 2 }, note: nasty } });
    const extended = {
      ...event({ gateway, sequence: 2, device: null, type: 'other.vendor.v9', data: [1, null, nasty] }),
      ...{
        traceparent: '00-abc',
        nested: { a: [1, 2] },
        source: '/elsewhere',
        time: '2026-01-01T13:00:00.123456+01:00',
      },
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

  test('keeps one of several inserts of the same event, and what it says does not change', async () => {
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

  test('answers by site, gateway, device, type, lane and time', async () => {
    const gateway = newGateway();
    const a = event({ gateway, sequence: 1, time: noon });
    const b = event({ gateway, sequence: 2, time: noon + 1000, device: `${gateway}-b` });
    const c = alert({ gateway, sequence: 1, time: noon + 2000 }, 'c', {});
    await store.insert([a, b, c]);
    const ids = async (query: Parameters<HistoryStore['events']>[0]) =>
      (await store.events(query)).events.map(({ id }) => id);
    expect(await ids({ gateway, limit: 10 })).toEqual([c.id, b.id, a.id]);
    expect(await ids({ gateway, limit: 10, site: 'home' })).toHaveLength(3);
    expect(await ids({ gateway, limit: 10, site: 'elsewhere' })).toEqual([]);
    expect(await ids({ device: `${gateway}-b`, limit: 10 })).toEqual([b.id]);
    expect(await ids({ gateway, type: eventTypes.alert, limit: 10 })).toEqual([c.id]);
    expect(await ids({ gateway, lane: 'telemetry', limit: 10 })).toEqual([b.id, a.id]);
    expect(await ids({ gateway, from: noon, to: noon + 1000, limit: 10 })).toEqual([a.id]);
    expect(await ids({ gateway, from: noon + 0.5, to: noon + 1000.5, limit: 10 })).toEqual([b.id]);
    expect(
      await ids({ gateway, from: Number.NEGATIVE_INFINITY, to: Number.POSITIVE_INFINITY, limit: 10 }),
    ).toHaveLength(3);
    expect(await ids({ gateway, from: noon, to: noon, limit: 10 })).toEqual([]);
    expect(await ids({ gateway: `${gateway}' OR 1=1 --`, limit: 10 })).toEqual([]);
  });

  test('pages through everything once, newest first, while events come in', async () => {
    const gateway = newGateway();
    // many share one ms, and they lie minutes, days and decades apart
    const times = [0, 1, 1, 1, 60_000, 3_600_000, 86_400_000, 86_400_000 * 400].map((back) => noon - back);
    const first = times.flatMap((time, i) =>
      [0, 1, 2].map((j) => event({ gateway, epoch: `e${j}`, sequence: i + 1, time })),
    );
    await store.insert(first);
    const seen: string[] = [];
    let cursor: string | undefined;
    for (let pages = 0; pages < 30; pages++) {
      const page = await store.events({ gateway, limit: 5, ...(cursor === undefined ? {} : { cursor }) });
      seen.push(...page.events.map(({ id }) => id));
      await store.insert([event({ gateway, epoch: 'new', sequence: pages + 1, time: noon + 1000 + pages })]);
      cursor = page.cursor;
      if (cursor === undefined) break;
      expect(page.events).toHaveLength(5);
    }
    expect(cursor).toBeUndefined();
    expect(seen).toHaveLength(first.length);
    expect(new Set(seen)).toEqual(new Set(first.map(({ id }) => id)));
    const exact = await store.events({ gateway, epoch: 'e0', limit: 24, to: noon + 1 } as Parameters<
      typeof store.events
    >[0]);
    expect(exact.events).toHaveLength(24);
    expect(exact.cursor).toBeUndefined();
  });

  test('shows corrected times beside the original ones once a clock event of the same boot is there', async () => {
    const gateway = newGateway();
    /** taken at `uptime` by a gateway that believes it is 1970 */
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
    // nobody believes 1970: they stand where they were stored
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

    // of several the nearest by uptime counts, whatever comes when and how often; what is nonsense counts for nothing
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
    // a page goes on where the one before ended, in the corrected order
    const paged: string[] = [];
    let cursor: string | undefined;
    do {
      const page = await store.events({
        ...{ gateway, type: eventTypes.reading, limit: 1 },
        ...(cursor === undefined ? {} : { cursor }),
      });
      paged.push(...page.events.map(({ sequence }) => sequence));
      cursor = page.cursor;
    } while (cursor !== undefined);
    expect(paged).toEqual(['4', '5', '2', '1', '3']);
    const [kept] = await store.stored({ gateway, epoch: 'e1', lane: 'telemetry' }, [1]);
    expect(kept).toEqual({ ...first, stored, corrected_time: stored, doubted: 'past' });
  });

  test('draws charts and tells alarms by corrected times', async () => {
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
          ...{ device, metric: 'power_w', from, to, stepSeconds: 60, aggregate: 'sum', timezone: 'UTC' },
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
      ...{ alarm: 'early', raised: rfc3339(noon + 90_000) },
      latest: { corrected_time: rfc3339(noon + 95_000), time: rfc3339(6000) },
    });
  });

  test('moves no event more than a day behind its storing, whatever a gateway says of its clock', async () => {
    const gateway = newGateway();
    const one = event({ gateway, sequence: 1, uptime: 5000, time: 5000, clock: 'unsynced' });
    await store.insert([clockEvent(gateway, 1, 'boot-1', 5000, Date.UTC(2090, 0)), one]);
    const { events } = await store.events({ gateway, type: eventTypes.reading, limit: 5, from: clock.now() });
    expect(events.map(({ corrected_time: time }) => time)).toEqual([rfc3339(clock.now() + 86_400_000)]);
  });

  test('corrects as the model does, whatever clock events there are', async () => {
    if (store instanceof MemoryHistory) return;
    const offset = fc.oneof(fc.integer({ min: noon - 10_000, max: noon + 10_000 }), fc.constant(3 * noon));
    const reading = fc.record({ boot: fc.constantFrom('a', 'b'), uptime: fc.nat(50), offset });
    const taken = fc.record({
      ...{ boot: fc.constantFrom('a', 'b', 'c'), uptime: fc.nat(50), wall: fc.nat(20_000) },
      ...{ synced: fc.boolean(), own: fc.boolean() },
    });
    const gatewayParts = fc.record({
      readings: fc.array(reading, { maxLength: 6 }),
      all: fc.array(taken, { minLength: 1, maxLength: 12 }),
    });
    const device = `${newGateway()}-shared`;
    // one insert and few questions about many gateways: each of them is an fsync or a statement
    const events = fc.sample(gatewayParts, 60).flatMap(({ readings, all }) => {
      const gateway = newGateway();
      return [
        ...all.map(({ boot, uptime, wall, synced, own }, i) =>
          event({
            ...{ gateway, device, sequence: i + 1, boot, uptime, clock: synced ? 'synced' : 'unsynced' },
            ...{ received: noon + wall, time: own ? noon + wall + 7 : noon + wall },
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
      ...{ device, metric: 'power_w', from: noon - 10_000, to: noon + 40_000 },
      ...{ stepSeconds: 1, aggregate: 'sum', timezone: 'UTC' },
    };
    expect(await store.series(chart)).toEqual(await model.series(chart));
  });

  test('refuses a question that makes no sense', async () => {
    const series: SeriesQuery = {
      ...{ device: 'd', metric: 'm', from: 0, to: 1, stepSeconds: 60, aggregate: 'avg', timezone: 'UTC' },
    };
    const wrong = { code: 'FORPOST_QUERY_INVALID', retryable: false };
    await expect(store.events({ limit: 0 })).rejects.toMatchObject(wrong);
    await expect(store.events({ limit: 5, cursor: 'xyz' })).rejects.toMatchObject(wrong);
    await expect(store.events({ limit: 5, cursor: Buffer.from('[1]').toString('base64url') })).rejects.toMatchObject(
      wrong,
    );
    await expect(store.events({ limit: 5, from: Number.NaN })).rejects.toMatchObject(wrong);
    await expect(store.series({ ...series, timezone: 'Mars/Olympus' })).rejects.toMatchObject(wrong);
    await expect(store.series({ ...series, stepSeconds: 7 })).rejects.toMatchObject(wrong);
    await expect(store.series({ ...series, stepSeconds: 0 })).rejects.toMatchObject(wrong);
    await expect(store.series({ ...series, stepSeconds: 1, to: 1e12 })).rejects.toMatchObject(wrong);
    await expect(store.alarms(0, -1)).rejects.toMatchObject(wrong);
  });

  test('draws a metric in steps, by each aggregate', async () => {
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
          ...{ device, metric: 'power_w', from: noon, to: noon + 180_000, stepSeconds: 60, aggregate, timezone: 'UTC' },
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

  test('draws days, weeks, months and hours by the calendar of the place, over changes of the clocks', async () => {
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
    // the model's own calendar and ClickHouse's agree
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

  test('knows the latest state of each alarm, also over a restart of the gateway and in any order of arrival', async () => {
    const gateway = newGateway();
    const at = (minutes: number) => noon + minutes * 60_000;
    const one = (sequence: number, epoch: string, minutes: number, data: Partial<AlertData>) =>
      alert({ gateway, epoch, sequence, time: at(minutes) }, 'one', data);
    const ended = alert({ gateway, epoch: 'e1', sequence: 7, time: at(-600) }, 'old', {
      ...{ change: 'cleared', active: false, acknowledged: true },
    });
    const raised = one(1, 'e1', 0, {});
    const updated = one(2, 'e1', 5, { change: 'updated', count: 2 });
    // the clock was set back within this life of the outbox: the sequence is what counts
    const again = one(3, 'e1', 3, { change: 'updated', count: 3 });
    const cleared = one(1, 'e2', 10, { change: 'cleared', active: false, acknowledged: true });
    const two = alert({ gateway, epoch: 'e2', sequence: 2, time: at(-5000) }, 'two', {});
    const lost = alert({ gateway, epoch: 'e2', sequence: 9, time: at(20) }, 'lost', { change: 'updated' });
    const mine = async (since: number) =>
      (await store.alarms(since, 1000)).alarms
        .filter((state) => state.gateway === gateway)
        .map(({ alarm, latest, raised }) => [alarm, latest.id, raised]);
    await store.insert([again]);
    await store.insert([updated, raised, two, ended]);
    expect(await mine(at(0))).toEqual([
      ['one', again.id, raised.time],
      ['two', two.id, two.time],
    ]);
    await store.insert([cleared, lost]);
    expect(await mine(at(0))).toEqual([
      ['lost', lost.id, lost.time],
      ['one', cleared.id, raised.time],
      ['two', two.id, two.time],
    ]);
    expect((await mine(at(11))).map(([alarm]) => alarm)).toEqual(['lost', 'two']);
    expect((await mine(at(-700))).map(([alarm]) => alarm)).toEqual(['lost', 'one', 'old', 'two']);
    const [state] = (await store.alarms(at(0), 1000)).alarms.filter((s) => s.gateway === gateway && s.alarm === 'one');
    expect(state!.latest).toEqual({ ...cleared, stored: rfc3339(clock.now()) });
    expect(state!.site).toBe('home');
  });

  test('keeps active alarms in the list when ended ones would fill it', async () => {
    const gateway = newGateway();
    const far = Date.UTC(2400, 0, 1);
    const ended = Array.from({ length: 20 }, (_, i) =>
      alert({ gateway, sequence: i + 2, time: far + i }, `ended-${i}`, {
        change: 'cleared',
        active: false,
        acknowledged: true,
      }),
    );
    await store.insert([alert({ gateway, sequence: 1, time: 1000 }, 'long', {}), ...ended]);
    const { alarms: states } = await store.alarms(0, 15);
    expect(states).toHaveLength(15);
    expect(states.some(({ alarm, gateway: of }) => alarm === 'long' && of === gateway)).toBe(true);
  });

  test('keeps the gravest alarms that nobody acknowledged where more are active than were asked for', async () => {
    const gateway = newGateway();
    // what was raised longest ago matters most here: newest first alone would cut it off
    const far = clock.now() + 12 * 3_600_000;
    const raised = [
      alert({ gateway, sequence: 1, time: far }, 'grave', { severity: 'critical' }),
      alert({ gateway, sequence: 2, time: far + 1 }, 'warning', {}),
      alert({ gateway, sequence: 3, time: far + 2 }, 'info', { severity: 'info' }),
      alert({ gateway, sequence: 4, time: far + 3 }, 'trial', { severity: 'critical', test: true }),
      alert({ gateway, sequence: 5, time: far + 4 }, 'seen', { severity: 'critical' }),
      alert({ gateway, sequence: 6, time: far + 5 }, 'seen', {
        ...{ severity: 'critical', change: 'acknowledged', acknowledged: true },
      }),
      alert({ gateway, sequence: 7, time: far + 6 }, 'over', {
        ...{ severity: 'critical', change: 'cleared', active: false, acknowledged: true },
      }),
    ];
    await store.insert(raised);
    // each gateway's share is one alarm there, and all that is left goes by gravity
    const gateways = new Set((await store.alarms(far, 1000)).alarms.map((state) => state.gateway)).size;
    const mine = async (limit: number) =>
      (await store.alarms(far, limit)).alarms.filter((state) => state.gateway === gateway).map(({ alarm }) => alarm);
    expect(await mine(1000)).toEqual(['over', 'seen', 'trial', 'info', 'warning', 'grave']);
    expect(await mine(gateways)).toEqual(['grave']);
    const { alarms: all, open } = await store.alarms(far, 1000);
    expect(all.filter((state) => state.open)).toHaveLength(open);
    expect((await store.alarms(far, open)).alarms.every((state) => state.open)).toBe(true);
    expect(await mine(open)).toEqual(['seen', 'trial', 'info', 'warning', 'grave']);
    expect((await store.alarms(far, 1)).open).toBe(open);
  });

  test('keeps an alarm that ended in the list until a person has acknowledged it, in any order of arrival', async () => {
    const gateway = newGateway();
    const ended = { change: 'cleared', active: false } as const;
    const at = (sequence: number) => ({ gateway, sequence, time: noon + sequence });
    const open = async () =>
      (await store.alarms(noon + 1e9, 10_000)).alarms
        .filter((state) => state.gateway === gateway)
        .map((state) => [state.alarm, state.open]);
    await store.insert([
      alert(at(2), 'intrusion', ended),
      alert(at(4), 'trial', { ...ended, test: true }),
      alert(at(5), 'info', { ...ended, severity: 'info' }),
      alert(at(6), 'seen', { ...ended, acknowledged: true }),
      alert(at(7), 'new kind', { ...ended, severity: 'disaster' as AlertData['severity'] }),
    ]);
    await store.insert([alert(at(1), 'intrusion', {})]);
    const both = [
      ['new kind', true],
      ['intrusion', true],
    ];
    expect(await open()).toEqual(both);
    // pictures that come later acknowledge nothing
    await store.insert([alert(at(9), 'intrusion', { ...ended, change: 'updated' })]);
    expect(new Set((await open()).map(([alarm]) => alarm))).toEqual(new Set(['intrusion', 'new kind']));
    await store.insert([alert(at(10), 'intrusion', { ...ended, change: 'acknowledged', acknowledged: true })]);
    expect(await open()).toEqual([['new kind', true]]);
  });

  test('takes a person’s word at the centre for an alarm whose gateway never hears of it, and the first word stays', async () => {
    const gateway = newGateway();
    const other = newGateway();
    const ended = { change: 'cleared', active: false } as const;
    await store.insert([
      alert({ gateway, sequence: 1, time: noon }, 'over', { ...ended, severity: 'critical' }),
      alert({ gateway, sequence: 2, time: noon }, 'active', { severity: 'critical' }),
      alert({ gateway: other, sequence: 1, time: noon }, 'over', ended),
    ]);
    const mine = async (since: number) =>
      (await store.alarms(since, 10_000)).alarms
        .filter((state) => [gateway, other].includes(state.gateway))
        .map((state) => [state.gateway === other ? 'other' : '', state.alarm, state.open, state.acknowledgement?.by])
        .toSorted();
    await store.noteAcknowledgements([]);
    await store.noteAcknowledgements([{ gateway, alarm: 'over', by: 'anna', at: noon + 5 }]);
    await store.noteAcknowledgements([
      { gateway, alarm: 'over', by: 'ben', at: noon + 9 },
      { gateway, alarm: 'active', by: 'ben', at: noon + 9 },
      { gateway, alarm: 'never heard of', by: 'ben', at: noon + 9 },
    ]);
    expect(await mine(noon + 1e9)).toEqual([
      ['', 'active', true, 'ben'],
      ['other', 'over', true, undefined],
    ]);
    expect(await mine(noon - 1)).toEqual([
      ['', 'active', true, 'ben'],
      ['', 'over', false, 'anna'],
      ['other', 'over', true, undefined],
    ]);
  });

  test('gives every gateway its share of a list that one gateway would fill, and says how many there are', async () => {
    const flooding = newGateway();
    const quiet = newGateway();
    // before everything else of this suite, so that the newest ones are no help
    const flood = Array.from({ length: 400 }, (_, i) =>
      alert({ gateway: flooding, sequence: i + 1, time: noon + i }, `f${i}`, { severity: 'critical' }),
    );
    const ours = ['a', 'b', 'c'].map((alarm, i) =>
      alert({ gateway: quiet, sequence: i + 1, time: 1000 + i }, alarm, { change: 'cleared', active: false }),
    );
    await store.insert([...flood, ...ours]);
    const { alarms, open } = await store.alarms(noon + 1e12, 300);
    expect(alarms).toHaveLength(300);
    expect(open).toBeGreaterThanOrEqual(403);
    expect(alarms.filter(({ gateway }) => gateway === quiet).map(({ alarm }) => alarm)).toEqual(['c', 'b', 'a']);
  });

  test('gives each gateway a share of the list of alarms, counts what is not listed, and lists it page by page', async () => {
    const [flood, calm, site] = [newGateway(), newGateway(), newGateway()];
    const at = clock.now() + 11 * 3_600_000;
    const of = (gateway: string, sequence: number, severity: AlertData['severity']) =>
      ({
        ...alert({ gateway, sequence, time: at + sequence }, `${gateway}-${sequence}`, { severity }),
        site,
      }) as ForpostEvent;
    const floods = Array.from({ length: 60 }, (_, i) => of(flood, i + 1, 'critical'));
    const calms = Array.from({ length: 3 }, (_, i) => of(calm, i + 1, 'info'));
    await store.insert([...calms, ...floods]);
    const { alarms: listed, open } = await store.alarms(at, 10, { site });
    expect(open).toBe(63);
    expect(listed.filter(({ gateway }) => gateway === calm)).toHaveLength(3);
    expect(listed).toHaveLength(10);
    expect(listed.find(({ gateway }) => gateway === flood)?.openOfGateway).toBe(60);
    const pages: string[] = [];
    for (let skip = 0; skip < 60; skip += 25)
      pages.push(...(await store.alarms(at, 25, { gateway: flood, skip })).alarms.map(({ alarm }) => alarm));
    expect(new Set(pages)).toEqual(new Set(floods.map(({ data }) => (data as AlertData).alarm)));
    expect(pages).toHaveLength(60);
    expect((await store.alarms(at, 25, { gateway: flood, skip: 60 })).alarms).toEqual([]);
  });

  test('counts and lists the alarms of a flood, and all of another gateway beside it', async () => {
    const [flood, calm, site] = [newGateway(), newGateway(), newGateway()];
    const at = clock.now() + 10 * 3_600_000;
    const of = (gateway: string, sequence: number, severity: AlertData['severity']) =>
      ({
        ...alert({ gateway, sequence, time: at + sequence }, `${gateway}-${sequence}`, { severity }),
        site,
      }) as ForpostEvent;
    const flooded = 10_000;
    await store.insert([...Array(5).keys()].map((i) => of(calm, i + 1, 'info')));
    for (let from = 1; from <= flooded; from += 2_500)
      await store.insert([...Array(2_500).keys()].map((i) => of(flood, from + i, 'critical')));
    const { alarms: listed, open } = await store.alarms(at, 100, { site });
    expect(open).toBe(flooded + 5);
    expect(listed).toHaveLength(100);
    expect(listed.filter(({ gateway }) => gateway === calm).map(({ openOfGateway }) => openOfGateway)).toEqual(
      Array(5).fill(5),
    );
    const ours = listed.filter(({ gateway }) => gateway === flood);
    expect(ours[0]?.openOfGateway).toBe(flooded);
    expect(ours.map(({ alarm }) => alarm)).toEqual([...Array(95).keys()].map((i) => `${flood}-${flooded - i}`));
  });

  test('lists alarms as the model does, in any order of arrival, with repetitions, new lives and moved gateways', async () => {
    if (store instanceof MemoryHistory) return;
    const [site, elsewhere] = [newGateway(), newGateway()];
    const change = fc.record({
      ...{ alarm: fc.constantFrom('a', 'b', 'c'), epoch: fc.constantFrom('e1', 'e2'), moved: fc.boolean() },
      change: fc.constantFrom('raised', 'updated', 'cleared', 'acknowledged'),
      ...{ active: fc.boolean(), acknowledged: fc.boolean(), test: fc.constantFrom(false, false, true) },
      severity: fc.constantFrom('critical', 'warning', 'info'),
      ...{ clock: fc.constantFrom<ClockQuality>('synced', 'unsynced'), uptime: fc.nat(50_000) },
    });
    const lives = fc.sample(fc.array(change, { minLength: 1, maxLength: 10 }), 40);
    // each time is another one: of two alarms of one ms nothing says which goes first
    let time = clock.now() - 10_000_000;
    const events = lives.flatMap((changes) => {
      const gateway = newGateway();
      const all = changes.map(({ alarm, epoch, moved, clock: quality, uptime, ...data }, i) => {
        time += 1009;
        const parts = { gateway, epoch, sequence: i + 1, clock: quality, uptime, time, boot: `boot-${epoch}` };
        return { ...alert(parts, alarm, data as Partial<AlertData>), site: moved ? elsewhere : site } as ForpostEvent;
      });
      return [...all, clockEvent(gateway, 99, 'boot-e1', 7, clock.now() - 20_000_000 + (time % 7919))];
    });
    const model = new MemoryHistory(clock);
    const shuffled = fc.sample(fc.shuffledSubarray(events, { minLength: events.length }), 1)[0] ?? [];
    for (const one of [store, model]) {
      await one.insert(shuffled.slice(0, 100));
      await one.insert(shuffled.slice(50));
      await one.noteAcknowledgements(
        shuffled.slice(0, 20).map(({ gateway, data }) => ({
          ...{ gateway, alarm: (data as AlertData).alarm ?? '', by: 'anna', at: noon },
        })),
      );
    }
    for (const filter of [{ site }, { site: elsewhere }])
      for (const since of [0, time - 100_000]) {
        const [listed, expected] = [await store.alarms(since, 1_000, filter), await model.alarms(since, 1_000, filter)];
        expect(listed.open).toBe(expected.open);
        expect(new Set(listed.alarms)).toEqual(new Set(expected.alarms));
      }
  });

  test('lists the metrics that came lately', async () => {
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

  test('tells the ledger which numbers it has, whatever order and duplicates they came with', async () => {
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

  test('lists a lane of which nothing has arrived but a gap record that names it', async () => {
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

  test('says when it stored an event, also where its clock had been wrong for years', async () => {
    const key = { gateway: newGateway(), epoch: 'e1', lane: 'telemetry' } as const;
    const storedAfter = async (sequence: number, jumpMs: number) => {
      clock.jump(jumpMs);
      await store.insert([event({ ...key, sequence })]);
      const [one] = await store.stored(key, [sequence]);
      return Date.parse(one?.stored ?? '') - clock.now();
    };
    expect(await storedAfter(1, 0)).toBe(0);
    // set back a little, as by a time service: later is not earlier
    expect(await storedAfter(2, -10_000)).toBe(10_000);
    expect(await storedAfter(3, 60 * 365 * 86_400_000)).toBe(0);
    expect(await storedAfter(4, -60 * 365 * 86_400_000)).toBe(0);
    clock.jump(10_000);
  });

  test('tells all that it has of a gateway at once', async () => {
    const gateway = newGateway();
    const gap = event({
      ...{ gateway, epoch: 'b', lane: 'alerts', sequence: 4, device: null, type: eventTypes.gap, received: noon + 9 },
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
        ...{ epoch: 'a', lane: 'telemetry' },
        received: [
          [1, 3],
          [7, 8],
          [12, 12],
        ],
      },
      {
        ...{ epoch: 'b', lane: 'alerts' },
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

  test('remembers how far lanes were numbered, whoever notes it and in whatever order', async () => {
    const gateway = newGateway();
    const end = (epoch: string, assigned: number, acknowledged: number, begun = noon) => ({
      ...{ gateway, epoch, lane: 'telemetry' as const, assigned, acknowledged, begun },
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
    // a gateway's own word alone, and no event, holds nothing
    expect(await store.holdings(gateway)).toEqual([]);
  });

  test('takes 5,000 events in well under a second, and any number in one call', async () => {
    const gateway = newGateway();
    const events = Array.from({ length: 5000 }, (_, i) => event({ gateway, sequence: i + 1, time: noon + i }));
    const started = performance.now();
    await store.insert(events);
    expect(performance.now() - started).toBeLessThan(1000);
    await store.insert([]);
    expect(await store.received({ gateway, epoch: 'e1', lane: 'telemetry' })).toEqual([[1, 5000]]);
  });
});
