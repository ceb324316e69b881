import { expect, test } from 'vitest';
import { RuleEngine } from '../engine.ts';
import { frameWith, noon, scene, sceneLost, siteWith, trackOf } from '../testing/rules.ts';

const rule = { id: 'r', kind: 'loitering', camera: 'yard', zone: 'drive', after_s: 30, clear_after_s: 5 };

function engineOf(more: object = {}) {
  const engine = new RuleEngine({ site: siteWith({ ...rule, ...more }), uptime: 0 });
  engine.wake(noon, 0);
  return engine;
}
const told = (transitions: ReturnType<RuleEngine['wake']>) =>
  transitions.map(({ change, message }) => `${change} ${message}`);

test('a person who stays raises the alarm by the clock, without a further frame, and it clears when the person left', () => {
  const engine = engineOf();
  expect(engine.observe(scene('entered', 1), 1_000, noon)).toEqual([]);
  expect(engine.nextWake()).toBe(31_000);
  expect(engine.wake(noon, 30_999)).toEqual([]);
  expect(told(engine.wake(noon, 31_000))).toEqual(['raised Yard camera: person in Driveway for 30 s']);
  engine.observe(scene('entered', 2), 32_000, noon);
  expect(told(engine.wake(noon, 62_000))).toEqual(['updated Yard camera: person in Driveway for 30 s']);
  engine.observe(scene('left', 1), 63_000, noon);
  expect(engine.wake(noon, 80_000)).toEqual([]);
  engine.observe(scene('left', 2), 81_000, noon);
  expect(told(engine.wake(noon, 86_000))).toEqual(['cleared Yard camera: nobody stays in Driveway any more']);
  expect(engine.nextWake()).toBeUndefined();
});

test('a person who passes through raises nothing; stepping out for a moment does not begin the time anew', () => {
  const engine = engineOf();
  engine.observe(scene('entered', 1), 0, noon);
  engine.observe(scene('left', 1), 20_000, noon);
  expect(engine.nextWake()).toBeUndefined();
  engine.observe(scene('entered', 1), 21_500, noon);
  expect(engine.nextWake()).toBe(30_000);
  engine.observe(scene('left', 1), 22_000, noon);
  engine.observe(scene('entered', 1), 24_500, noon);
  expect(engine.nextWake()).toBe(54_500);
});

test('when a camera loses its tracks, the time begins anew', () => {
  const engine = engineOf();
  engine.observe(scene('entered', 1), 0, noon);
  engine.observe(sceneLost, 20_000, noon);
  engine.observe(scene('entered', 2), 25_000, noon);
  expect(engine.nextWake()).toBe(55_000);
});

test('when a condition begins to hold, the time that a person has already stayed counts', () => {
  const engine = engineOf({ when: 'hour >= 22' });
  engine.observe(scene('entered', 1), 0, noon);
  const late = noon + 10 * 3_600_000;
  const change = engine.observe({ ...frameWith(trackOf(1)), time: late, received: late }, 40_000, late);
  expect(told(change)).toEqual(['raised Yard camera: person in Driveway for 40 s']);
});
