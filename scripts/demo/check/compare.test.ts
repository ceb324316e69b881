import { expect, test } from 'vitest';
import { compare, notifyDelays } from './compare.ts';

const event = (sequence: number, id?: string, epoch = 'now') => ({
  id: `g/${epoch}/telemetry/${sequence}`,
  epoch: epoch as never,
  data: { values: { power_w: 1 }, ...(id === undefined ? {} : { id }) },
});

test('an acknowledged reading that is not in the history is missing, whatever else is there', async () => {
  const found = await compare([event(1, 'a'), event(2, 'b'), event(3)], 'now', ['a', 'b', 'c']);
  expect([found.readingsMissing, found.duplicated, found.ids.size]).toEqual([1, 0, 3]);
});

test('a reading that is there under two numbers is duplicated, and so is an event that is listed twice', async () => {
  expect((await compare([event(1, 'a'), event(2, 'a')], 'now', ['a'])).duplicated).toBe(1);
  expect((await compare([event(1), event(1)], 'now', [])).duplicated).toBe(1);
});

test('what other epochs left does not count', async () => {
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

test('each alert is timed to its own notification, the first one where it came twice', () => {
  const heard = [alert('1', 'raised', 100), alert('1', 'cleared', 300)];
  const arrived = [alert('1', 'raised', 140), alert('1', 'raised', 900), alert('1', 'cleared', 420)];
  expect(notifyDelays(heard, arrived, undefined)).toEqual({ ms: [40, 120], outageMs: [], missing: 0 });
});

test('an alert nobody was told of is missing; updates and what the receiver does not want are not', () => {
  const heard = [alert('1', 'raised', 1), alert('1', 'updated', 2), alert('2', 'raised', 3, 'info')];
  expect(notifyDelays(heard, [], undefined).missing).toBe(1);
});

test('alerts of an outage are judged apart', () => {
  const heard = [alert('1', 'raised', 10_000), alert('2', 'raised', 20_000)];
  const arrived = [alert('1', 'raised', 10_050), alert('2', 'raised', 26_000)];
  expect(notifyDelays(heard, arrived, { from: 19_000, to: 25_000 })).toEqual({
    ms: [50],
    outageMs: [6_000],
    missing: 0,
  });
});
