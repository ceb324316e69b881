/** The list of alarms when more are open than were requested. */
import type { AlertData, ClockQuality, ForpostEvent } from '@forpost/shared/event/event.ts';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { MemoryHistory } from '../../../cloud/history/memory-store.ts';
import { alert, clockEvent, newGateway, noon } from './examples.ts';
import type { OpenedStore } from './stores.ts';

export function alarmList(opened: () => OpenedStore): void {
  test('gives every gateway a share of the list when one gateway would fill it, and the total number', async () => {
    const { store } = opened();
    const flooding = newGateway();
    const quiet = newGateway();
    // before the rest of this suite, so that «newest first» does not help
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

  test('gives each gateway a share of the list of alarms, counts the alarms beyond it, and lists them page by page', async () => {
    const { store, clock } = opened();
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

  test('counts and lists the alarms of a flood, and all alarms of another gateway beside it', async () => {
    const { store, clock } = opened();
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

  test('lists alarms as the model does, for any order of arrival, repetitions, new epochs and moved gateways', async () => {
    const { store, clock } = opened();
    if (store instanceof MemoryHistory) return;
    const [site, elsewhere] = [newGateway(), newGateway()];
    const change = fc.record({
      alarm: fc.constantFrom('a', 'b', 'c'),
      epoch: fc.constantFrom('e1', 'e2'),
      moved: fc.boolean(),
      change: fc.constantFrom('raised', 'updated', 'cleared', 'acknowledged'),
      active: fc.boolean(),
      acknowledged: fc.boolean(),
      test: fc.constantFrom(false, false, true),
      severity: fc.constantFrom('critical', 'warning', 'info'),
      clock: fc.constantFrom<ClockQuality>('synced', 'unsynced'),
      uptime: fc.nat(50_000),
    });
    const lives = fc.sample(fc.array(change, { minLength: 1, maxLength: 10 }), 40);
    // each alarm has its own time, because the order of alarms in one ms is undefined
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
          gateway,
          alarm: (data as AlertData).alarm ?? '',
          by: 'anna',
          at: noon,
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
}
