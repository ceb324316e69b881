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

test('a person who leaves raises the alarm with the time of their stay, and it clears after a while', () => {
  const engine = engineOf();
  engine.observe(scene('entered', 1), 1_000, noon);
  engine.observe(scene('entered', 2), 2_000, noon);
  expect(told(engine.observe(scene('left', 1), 21_000, noon))).toEqual([
    'raised Yard camera: person left Driveway after 20 s',
  ]);
  expect(engine.observe(scene('left', 2), 25_000, noon).map(({ change }) => change)).toEqual(['updated']);
  expect(told(engine.wake(noon, 35_000))).toEqual(['cleared Yard camera: nobody else left Driveway']);
});

test('a thing that the rule does not mean, lost tracks and a parked car that is no longer found raise nothing', () => {
  const engine = engineOf({ classes: ['person', 'car'] });
  engine.observe(scene('entered', 1, { class: 'cat' }), 0, noon);
  expect(engine.observe(scene('left', 1, { class: 'cat' }), 1_000, noon)).toEqual([]);
  engine.observe(scene('entered', 2), 2_000, noon);
  expect(engine.observe(sceneLost, 3_000, noon)).toEqual([]);
  engine.observe(scene('entered', 3, { class: 'car', static: true }), 4_000, noon);
  expect(engine.observe(scene('left', 3, { class: 'car', static: true }), 5_000, noon)).toEqual([]);
});

test('a parked car that drives off raises the alarm', () => {
  const engine = engineOf();
  engine.observe(scene('entered', 3, { class: 'car', static: true }), 4_000, noon);
  expect(engine.observe(scene('moved', 3, { class: 'car' }), 600_000, noon)).toEqual([]);
  expect(engine.observe(scene('left', 3, { class: 'car' }), 604_000, noon)).toHaveLength(1);
});
