import { expect, test } from 'vitest';
import { RuleEngine } from '../engine.ts';
import { noon, scene, sceneLost, siteWith } from '../testing/rules.ts';

function engineOf(more: object = {}) {
  return new RuleEngine({
    site: siteWith({ id: 'r', kind: 'zone-left', camera: 'yard', zone: 'drive', ...more }),
    uptime: 0,
  });
}
const told = (transitions: ReturnType<RuleEngine['wake']>) =>
  transitions.map(({ change, message }) => `${change} ${message}`);

test('who leaves is told with how long they stayed, and it is over after a while', () => {
  const engine = engineOf();
  engine.observe(scene('entered', 1), 1_000, noon);
  engine.observe(scene('entered', 2), 2_000, noon);
  expect(told(engine.observe(scene('left', 1), 21_000, noon))).toEqual([
    'raised Yard camera: person left Driveway after 20 s',
  ]);
  expect(engine.observe(scene('left', 2), 25_000, noon).map(({ change }) => change)).toEqual(['updated']);
  expect(told(engine.wake(noon, 35_000))).toEqual(['cleared Yard camera: nobody else left Driveway']);
});

test('who is not meant, a camera that loses its tracks, and a parked car that is no longer found have not left', () => {
  const engine = engineOf({ classes: ['person', 'car'] });
  engine.observe(scene('entered', 1, { class: 'cat' }), 0, noon);
  expect(engine.observe(scene('left', 1, { class: 'cat' }), 1_000, noon)).toEqual([]);
  engine.observe(scene('entered', 2), 2_000, noon);
  expect(engine.observe(sceneLost, 3_000, noon)).toEqual([]);
  engine.observe(scene('entered', 3, { class: 'car', static: true }), 4_000, noon);
  expect(engine.observe(scene('left', 3, { class: 'car', static: true }), 5_000, noon)).toEqual([]);
});

test('a car that stood there and drives off has left', () => {
  const engine = engineOf();
  engine.observe(scene('entered', 3, { class: 'car', static: true }), 4_000, noon);
  expect(engine.observe(scene('moved', 3, { class: 'car' }), 600_000, noon)).toEqual([]);
  expect(engine.observe(scene('left', 3, { class: 'car' }), 604_000, noon)).toHaveLength(1);
});
