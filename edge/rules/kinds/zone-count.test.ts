import { expect, test } from 'vitest';
import { RuleEngine } from '../engine.ts';
import { frameWith, noon, scene, sceneLive, sceneLost, siteWith, trackOf } from '../testing/rules.ts';
import { settleMs } from './occupancy.ts';
import { ruleKind } from './registry.ts';

const inDrive = { camera: 'yard', zone: 'drive' };
const told = (transitions: ReturnType<RuleEngine['wake']>) =>
  transitions.map(({ change, message }) => `${change} ${message}`);

function live(rule: object) {
  const engine = new RuleEngine({ site: siteWith({ id: 'r', ...inDrive, ...rule }), uptime: 0 });
  engine.wake(noon, 0);
  engine.observe(sceneLive, 0, noon);
  return engine;
}

test('too many things for the hold time raise the alarm, each higher number updates it, and it clears when they are fewer', () => {
  const engine = live({ kind: 'zone-count', above: 1, hold_s: 10 });
  engine.observe(scene('entered', 1), 5_000, noon);
  engine.observe(scene('entered', 2), 6_000, noon);
  expect(engine.nextWake()).toBe(16_000);
  expect(told(engine.wake(noon, 16_000))).toEqual(['raised Yard camera: 2 in Driveway, more than 1 for 10 s']);
  expect(engine.observe(scene('entered', 3), 17_000, noon).map(({ change, value }) => [change, value])).toEqual([
    ['updated', 3],
  ]);
  expect(engine.observe(scene('left', 1), 18_000, noon)).toEqual([]);
  expect(told(engine.observe(scene('left', 2), 19_000, noon))).toEqual([
    'cleared Yard camera: 1 in Driveway, no longer more than 1',
  ]);
});

test('parked cars count in a car park, unless the rule excludes them', () => {
  const park = (parked: boolean) => {
    const engine = live({ kind: 'zone-count', above: 1, parked });
    engine.wake(noon, settleMs);
    return [1, 2].flatMap((id) => engine.observe(scene('entered', id, { class: 'car', static: true }), 5_000, noon));
  };
  expect(park(true).map(({ change }) => change)).toEqual(['raised']);
  expect(park(false)).toEqual([]);
});

test('a zone that is empty for a time raises the alarm, and the first person who comes clears it', () => {
  const engine = live({ kind: 'zone-empty', after_s: 60 });
  expect(engine.wake(noon, settleMs)).toEqual([]);
  expect(engine.nextWake()).toBe(settleMs + 60_000);
  expect(told(engine.wake(noon, settleMs + 60_000))).toEqual(['raised Yard camera: nobody in Driveway for 60 s']);
  expect(told(engine.observe(scene('entered', 1), 70_000, noon))).toEqual([
    'cleared Yard camera: Driveway is no longer empty',
  ]);
  engine.observe(scene('left', 1), 80_000, noon);
  expect(engine.nextWake()).toBe(140_000);
});

test('a zone whose camera is not live does not count as empty', () => {
  const rule = { id: 'r', kind: 'zone-empty', ...inDrive, after_s: 60 };
  const engine = new RuleEngine({ site: siteWith(rule), uptime: 0 });
  expect(engine.wake(noon, 1_000_000)).toEqual([]);
  expect(engine.nextWake()).toBeUndefined();
  engine.observe(sceneLive, 1_000_000, noon);
  engine.wake(noon, 1_003_000);
  engine.observe(sceneLost, 1_050_000, noon);
  expect(engine.wake(noon, 2_000_000)).toEqual([]);
  // a camera that sends a frame's tracks is live, even without a scene-live before
  engine.observe(frameWith(), 3_000_000, noon);
  engine.wake(noon, 3_003_000);
  expect(engine.wake(noon, 3_063_000).map(({ change }) => change)).toEqual(['raised']);
});

test('a person who stands still keeps the zone occupied', () => {
  const engine = live({ kind: 'zone-empty', after_s: 60 });
  engine.observe(scene('entered', 1), 5_000, noon);
  for (let uptime = 10_000; uptime < 600_000; uptime += 5_000)
    expect(engine.observe(frameWith(trackOf(1)), uptime, noon)).toEqual([]);
  expect(engine.wake(noon, 600_000)).toEqual([]);
});

test('a schedule clears and raises an alarm without any motion', () => {
  const engine = live({ kind: 'zone-empty', after_s: 60, when: 'hour < 13' });
  engine.wake(noon, settleMs);
  expect(engine.wake(noon, 70_000).map(({ change }) => change)).toEqual(['raised']);
  expect(engine.nextWake()).toBeLessThanOrEqual(130_000);
  expect(engine.wake(noon + 3_600_000, 130_000).map(({ change }) => change)).toEqual(['cleared']);
});

test('a rule has a limit above or below, not both', () => {
  const { devices, cameras } = siteWith();
  const check = (more: object) =>
    ruleKind('zone-count')
      ?.check({ id: 'r', kind: 'zone-count', ...inDrive, ...more } as never, {
        devices: devices.map(({ id }) => id),
        cameras,
      })
      .map(({ message }) => message);
  expect(check({})).toEqual(['a count has either "above" or "below"']);
  expect(check({ above: 1, below: 3 })).toEqual(['a count has either "above" or "below"']);
  expect(check({ below: 3 })).toEqual([]);
});
