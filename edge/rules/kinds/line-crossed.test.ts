import { expect, test } from 'vitest';
import { RuleEngine } from '../engine.ts';
import { crossing, frameWith, noon, scene, siteWith, trackOf } from '../testing/rules.ts';
import { ruleKind } from './registry.ts';

const told = (transitions: ReturnType<RuleEngine['wake']>) =>
  transitions.map(({ change, message }) => `${change} ${message}`);

function engineOf(more: object = {}) {
  const rule = { id: 'r', kind: 'line-crossed', camera: 'yard', line: 'fence', ...more };
  return new RuleEngine({ site: siteWith(rule), uptime: 0 });
}

test('a crossing raises the alarm at once with its direction, further ones update it, and it clears after a while', () => {
  const engine = engineOf({ clear_after_s: 20 });
  expect(told(engine.observe(crossing('right', 1), 1_000, noon))).toEqual([
    'raised Yard camera: person crossed Fence to the right',
  ]);
  expect(told(engine.observe(crossing('left', 1), 5_000, noon))).toEqual([
    'updated Yard camera: person crossed Fence to the left',
  ]);
  expect(engine.nextWake()).toBe(25_000);
  expect(told(engine.wake(noon, 25_000))).toEqual(['cleared Yard camera: nobody else crossed Fence']);
});

test('a crossing the other way or of another line, and a change in a zone, raise nothing', () => {
  const engine = engineOf({ direction: 'left' });
  expect(engine.observe(crossing('right', 1), 0, noon)).toEqual([]);
  expect(engine.observe(scene('entered', 1), 0, noon)).toEqual([]);
  expect(engine.observe(crossing('left', 2), 0, noon)).toHaveLength(1);
});

test('a crossing waits until its track is confirmed, and is dropped with the track', () => {
  const engine = engineOf({ confirmations: 3 });
  expect(engine.observe(crossing('right', 1, { seen: 1 }), 0, noon)).toEqual([]);
  expect(engine.observe(frameWith(trackOf(1, { seen: 2 })), 100, noon)).toEqual([]);
  expect(engine.observe(frameWith(trackOf(1, { seen: 3 })), 200, noon)).toHaveLength(1);
  expect(engine.observe(frameWith(trackOf(1, { seen: 4 })), 300, noon)).toEqual([]);
  engine.observe(crossing('right', 2, { seen: 1 }), 400, noon);
  engine.observe(frameWith(), 500, noon);
  expect(engine.observe(frameWith(trackOf(2, { seen: 3 })), 600, noon)).toEqual([]);
});

test('the schedule is judged at the moment of crossing', () => {
  const engine = engineOf({ when: 'hour >= 22 && to == "right"', min_score: 0.5 });
  expect(engine.observe(crossing('right', 1), 0, noon)).toEqual([]);
  const late = noon + 10 * 3_600_000;
  expect(engine.observe({ ...frameWith(trackOf(1)), received: late }, 100, late)).toEqual([]);
  expect(engine.observe({ ...crossing('right', 1), received: late }, 200, late)).toHaveLength(1);
});

test('a direction that the line does not have is a problem of the rule', () => {
  const { devices, cameras } = siteWith();
  const check = (points: unknown, direction: string) => {
    const lines = [{ id: 'fence', points }];
    const references = {
      devices: devices.map(({ id }) => id),
      cameras: cameras.map((camera) => ({ ...camera, lines })),
    };
    return ruleKind('line-crossed')
      ?.check({ id: 'r', kind: 'line-crossed', camera: 'yard', line: 'fence', direction } as never, references as never)
      .map(({ message }) => message);
  };
  const [upright, level] = [
    [
      [0.5, 1],
      [0.6, 0],
    ],
    [
      [0, 0.5],
      [1, 0.6],
    ],
  ];
  expect(check(upright, 'left')).toEqual([]);
  expect(check(upright, 'up')).toEqual(['the line "fence" lies upright: it is crossed to the left or right, not up']);
  expect(check(level, 'down')).toEqual([]);
  expect(check(level, 'left')).toEqual(['the line "fence" lies level: it is crossed up or down, not left']);
});
