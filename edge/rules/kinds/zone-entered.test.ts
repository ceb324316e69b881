import fc from 'fast-check';
import { expect, test } from 'vitest';
import { RuleEngine } from '../engine.ts';
import { noon, scene, siteWith } from '../testing/rules.ts';
import { type ZoneEnteredConfig, zoneEntered } from './zone-entered.ts';

const rule = { id: 'intruder', kind: 'zone-entered', camera: 'yard', zone: 'drive', clear_after_s: 10 };

function engineOf(more: object = {}) {
  const engine = new RuleEngine({ site: siteWith({ ...rule, ...more }), uptime: 0 });
  engine.wake(noon, 0);
  return engine;
}
const told = (transitions: ReturnType<RuleEngine['wake']>) =>
  transitions.map(({ change, message }) => `${change} ${message}`);

test('one alarm is active while the zone is occupied, each person who enters updates it, and it clears some time after the last one left', () => {
  const engine = engineOf();
  expect(told(engine.observe(scene('entered', 1), 1000, noon))).toEqual(['raised Yard camera: person in Driveway']);
  expect(told(engine.observe(scene('entered', 2), 2000, noon))).toEqual([
    'updated Yard camera: person in Driveway (2 inside)',
  ]);
  expect(engine.observe(scene('left', 1), 3000, noon)).toEqual([]);
  expect(engine.observe(scene('left', 2), 4000, noon)).toEqual([]);
  expect(engine.nextWake()).toBe(14_000);
  expect(engine.wake(noon, 13_999)).toEqual([]);
  expect(told(engine.wake(noon, 14_000))).toEqual(['cleared Yard camera: Driveway is empty again']);
  expect(engine.nextWake()).toBeUndefined();
});

test('a person who comes back soon does not raise a new alarm', () => {
  const engine = engineOf();
  engine.observe(scene('entered', 1), 1000, noon);
  engine.observe(scene('left', 1), 2000, noon);
  expect(engine.observe(scene('entered', 1), 8000, noon).map(({ change }) => change)).toEqual(['updated']);
  expect(engine.wake(noon, 12_000)).toEqual([]);
});

test('other classes, low scores and a condition that does not hold raise nothing', () => {
  const engine = engineOf({ classes: ['person'], min_score: 0.5, when: 'hour >= 20 || score > 0.8' });
  expect(engine.observe(scene('entered', 1, { class: 'cat' }), 0, noon)).toEqual([]);
  expect(engine.observe(scene('entered', 2, { score: 0.4 }), 0, noon)).toEqual([]);
  expect(engine.observe(scene('entered', 3, { score: 0.7 }), 0, noon)).toEqual([]);
  expect(engine.observe(scene('entered', 4, { score: 0.9 }), 0, noon)).toHaveLength(1);
});

test('the alarm of a camera that lost its tracks or stopped sending ends in time', () => {
  const lost = engineOf();
  lost.observe(scene('entered', 1), 1000, noon);
  lost.observe({ kind: 'scene-lost', device: 'yard' as never, time: noon, received: noon }, 5000, noon);
  expect(told(lost.wake(noon, 15_000))).toHaveLength(1);
  const quiet = engineOf();
  quiet.observe(scene('entered', 1), 1000, noon);
  expect(quiet.nextWake()).toBe(901_000);
  expect(told(quiet.wake(noon, 901_000))).toHaveLength(1);
});

test('an alarm from before a restart waits until the camera is live again, and clears if the zone is empty', () => {
  const actives = [
    {
      rule: 'intruder',
      device: 'yard',
      subject: 'drive',
      severity: 'warning',
      category: 'c',
      test: false,
      cause: 'zone-entered',
    },
  ] as never;
  const stays = new RuleEngine({ site: siteWith(rule), actives, uptime: 1000 });
  expect(stays.wake(noon, 1000)).toEqual([]);
  expect(stays.observe(scene('entered', 1), 5000, noon).map(({ change }) => change)).toEqual(['updated']);
  const ends = new RuleEngine({ site: siteWith(rule), actives, uptime: 1000 });
  expect(ends.wake(noon, 30_000)).toEqual([]);
  expect(ends.wake(noon, 31_000).map(({ change }) => change)).toEqual(['cleared']);
});

test('a zone or camera that does not exist is a problem of the rule', () => {
  const { devices, cameras } = siteWith();
  const check = (more: object) =>
    zoneEntered
      .check({ ...rule, ...more } as unknown as ZoneEnteredConfig, { devices: devices.map(({ id }) => id), cameras })
      .map(({ message }) => message);
  expect(check({})).toEqual([]);
  expect(check({ camera: 'yrad' })).toEqual(['there is no camera "yrad"; did you mean "yard"?']);
  expect(check({ zone: 'driv' })).toEqual(['camera "yard" has no zone "driv"; did you mean "drive"?']);
});

test('raised and cleared alternate whatever a camera sends', () => {
  const step = fc.record({
    change: fc.constantFrom('entered', 'left', 'lost', 'wake'),
    id: fc.integer({ min: 1, max: 4 }),
    afterMs: fc.integer({ min: 0, max: 12_000 }),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
      const engine = engineOf();
      let active = false;
      let uptime = 0;
      for (const { change, id, afterMs } of steps) {
        uptime += afterMs;
        const transitions =
          change === 'wake'
            ? engine.wake(noon, uptime)
            : change === 'lost'
              ? engine.observe(
                  { kind: 'scene-lost', device: 'yard' as never, time: noon, received: noon },
                  uptime,
                  noon,
                )
              : engine.observe(scene(change as 'entered', id), uptime, noon);
        for (const { change: what } of transitions) {
          expect(what === 'raised').toBe(!active);
          active = what !== 'cleared';
        }
      }
      // in the end the alarm clears by itself
      for (let i = 1; i <= 3; i++)
        for (const { change } of engine.wake(noon, uptime + i * 1_000_000)) active = change !== 'cleared';
      expect(active).toBe(false);
    }),
    { numRuns: 500 },
  );
});
