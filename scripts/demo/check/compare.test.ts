import { expect, test } from 'vitest';
import { compare, notifyDelays } from './compare.ts';

const event = (sequence: number, id?: string, epoch = 'now') => ({
  id: `g/${epoch}/telemetry/${sequence}`,
  epoch: epoch as never,
  data: { values: { power_w: 1 }, ...(id === undefined ? {} : { id }) },
});

test('an acknowledged reading that the history lacks counts as missing', async () => {
  const found = await compare([event(1, 'a'), event(2, 'b'), event(3)], 'now', ['a', 'b', 'c']);
  expect([found.readingsMissing, found.duplicated, found.ids.size]).toEqual([1, 0, 3]);
});

test('a reading with two numbers, or an event that is listed twice, counts as duplicated', async () => {
  expect((await compare([event(1, 'a'), event(2, 'a')], 'now', ['a'])).duplicated).toBe(1);
  expect((await compare([event(1), event(1)], 'now', [])).duplicated).toBe(1);
});

test('events of other epochs do not count', async () => {
  const found = await compare([event(1, 'a'), event(1, 'a', 'before')], 'now', ['a']);
  expect([found.readingsMissing, found.duplicated, found.ids.size]).toEqual([0, 0, 1]);
});

const alert = (alarm: string, change: string, at: number, severity = 'warning') => ({
  alarm,
  change,
  at,
  severity,
  rule: 'r',
  device: 'd',
});

test('an alert’s delay ends with its first notification', () => {
  const alerts = [alert('1', 'raised', 100), alert('1', 'cleared', 300)];
  const arrived = [alert('1', 'raised', 140), alert('1', 'raised', 900), alert('1', 'cleared', 420)];
  expect(notifyDelays(alerts, arrived, undefined)).toEqual({
    ms: [40, 120],
    outageMs: [],
    caughtUp: undefined,
    missing: 0,
  });
});

test('an alert without a notification counts as missing, but not an update or an unwanted severity', () => {
  const alerts = [alert('1', 'raised', 1), alert('1', 'updated', 2), alert('2', 'raised', 3, 'info')];
  expect(notifyDelays(alerts, [], undefined).missing).toBe(1);
});

test('delays of alerts in an outage, and of alerts that waited behind them, are listed apart', () => {
  const alerts = [10_000, 20_000, 27_000, 40_000].map((at, i) => alert(`${i}`, 'raised', at));
  const arrived = [10_050, 28_000, 28_100, 40_080].map((at, i) => alert(`${i}`, 'raised', at));
  const delays = notifyDelays(alerts, arrived, { from: 19_000, back: 25_000 });
  expect(delays).toEqual({ ms: [50, 80], outageMs: [8_000, 1_100], caughtUp: 28_000, missing: 0 });
});

test('an outage without any alert changes nothing', () => {
  const delays = notifyDelays([alert('1', 'raised', 50_000)], [alert('1', 'raised', 50_010)], {
    from: 1_000,
    back: 2_000,
  });
  expect(delays).toEqual({ ms: [10], outageMs: [], caughtUp: undefined, missing: 0 });
});
