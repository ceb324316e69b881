import { asId } from '@forpost/shared/event/ids.ts';
import { inEnglish } from '@forpost/shared/texts/english.ts';
import { expect, test } from 'vitest';
import { rightClock } from './clock-error.ts';
import type { DeviceTimes } from './engine.ts';
import { siteWith } from './testing/rules.ts';
import { timeProblems } from './time-problems.ts';

const atNight = {
  id: 'r',
  name: 'Night watch',
  kind: 'threshold',
  device: '*',
  metric: 'power_w',
  above: 1,
  when: 'hour >= 22',
};
const odd = (change: Partial<DeviceTimes>) =>
  new Map([[asId<'device'>('oven'), { late: 0, early: 0, unjudged: 0, offMs: 0, at: 0, ...change }]]);
const hour = 3_600_000;

test('a device’s times in the past and in the future are problems for a day', () => {
  const problems = (change: Partial<DeviceTimes>, uptime = 0) =>
    timeProblems(siteWith(), odd(change), rightClock, uptime).map(inEnglish);
  expect(problems({ late: 3, offMs: -2 * hour })).toEqual([
    'Oven: 3 readings came more than 2 min late and raised no alarm (the newest 2 h behind): check the device’s clock',
  ]);
  expect(problems({ early: 1, offMs: 2 * hour })).toEqual([
    'Oven: 1 reading had a time more than 2 min in the future (the newest 2 h ahead): check the device’s clock',
  ]);
  expect(problems({ early: 1, offMs: 2 * hour }, 24 * hour)).toEqual([]);
});

test('while the true time is unknown, the gateway’s own clock is the problem, not a device’s', () => {
  const [problem, ...more] = timeProblems(siteWith(atNight), odd({ unjudged: 9, offMs: -2 * hour }), undefined, 0).map(
    inEnglish,
  );
  expect(problem).toMatch(
    /^this gateway’s clock is not in sync, .*every hour \(Night watch\); the clock differs from the times of Oven/,
  );
  expect(more).toEqual([]);
  // no rule depends on the time here, so there is no problem
  expect(timeProblems(siteWith(), new Map(), undefined, 0)).toEqual([]);
  expect(timeProblems(siteWith(atNight), new Map(), rightClock, 0)).toEqual([]);
});
