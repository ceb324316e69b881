/** The list of events: filters, pages, and impossible queries. */
import { eventTypes } from '@forpost/shared/event/event.ts';
import { expect, test } from 'vitest';
import type { HistoryStore, SeriesQuery } from '../../../cloud/history/store.ts';
import { alert, event, newGateway, noon } from './examples.ts';
import type { OpenedStore } from './stores.ts';

export function eventQuestions(opened: () => OpenedStore): void {
  test('filters by site, gateway, device, type, lane and time', async () => {
    const { store } = opened();
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

  test('pages through every event once, newest first, while events arrive', async () => {
    const { store } = opened();
    const gateway = newGateway();
    // many events share one ms; others lie minutes, days and decades apart
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

  test('refuses an impossible query', async () => {
    const { store } = opened();
    const series: SeriesQuery = {
      device: 'd',
      metric: 'm',
      from: 0,
      to: 1,
      stepSeconds: 60,
      aggregate: 'avg',
      timezone: 'UTC',
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
}
