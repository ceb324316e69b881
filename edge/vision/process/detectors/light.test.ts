import fc from 'fast-check';
import { expect, test } from 'vitest';
import { newBackground } from './background.ts';
import { cellKinds } from './cell-kinds.ts';
import { LightTest } from './light.ts';
import { newRestless, notice } from './restless.ts';

const side = 40;
const threshold = 14;

/** a textured wall in even light, then lit by `gain`, with or without a thing before it */
function scene(gain: (x: number, y: number) => number, thing?: { readonly at: number; readonly level: number }) {
  const wall = (x: number, y: number) => 70 + ((x * 37 + y * 53) % 40);
  const before = Float32Array.from({ length: side ** 2 }, (_, i) => wall(i % side, Math.floor(i / side)));
  const after = before.map((level, i) => level * gain(i % side, Math.floor(i / side)));
  if (thing !== undefined)
    for (let y = thing.at; y < thing.at + 12; y++)
      for (let x = thing.at; x < thing.at + 7; x++) after[y * side + x] = thing.level;
  const background = newBackground(before, 0);
  const light = new LightTest(side);
  const seen = (grey: Float32Array, uptime: number) => ({
    grey,
    difference: grey.map((level, i) => Math.abs(level - (before[i] ?? 0))),
    threshold,
    width: side,
    height: side,
    uptime,
  });
  light.kinds(seen(before, 0), background);
  const kinds = light.kinds(seen(after, 200), background);
  return { kinds, things: kinds.filter((kind) => kind === cellKinds.thing).length };
}

test('light and shadow with soft borders are never things', () => {
  const place = fc.integer({ min: 0, max: side });
  fc.assert(
    fc.property(
      place,
      place,
      fc.double({ min: -0.6, max: 1, noNaN: true }),
      fc.integer({ min: 9, max: 30 }),
      (cx, cy, strength, wide) => {
        const soft = (x: number, y: number) =>
          1 + strength * Math.exp(-((x - cx) ** 2 + (y - cy) ** 2) / (2 * wide ** 2));
        expect(scene(soft).things).toBe(0);
      },
    ),
  );
});

test('a bright lamp beside the picture lights its corner and puts no thing there', () => {
  for (const [cx, cy] of [
    [28, 6],
    [8, 10],
  ] as const) {
    const lamp = (x: number, y: number) => 1 + Math.exp(-((x - cx) ** 2 + (y - cy) ** 2) / (2 * 9 ** 2));
    expect(scene(lamp).things).toBe(0);
  }
});

test('a thing is recognised in any light, with its even sides', () => {
  const gain = fc.double({ min: 0.5, max: 1.6, noNaN: true });
  fc.assert(
    fc.property(gain, fc.integer({ min: 3, max: 25 }), fc.boolean(), (even, at, dark) => {
      const level = dark ? 15 : 245;
      const { kinds } = scene(() => even, { at, level });
      for (let y = at; y < at + 12; y++)
        for (let x = at; x < at + 7; x++) expect(kinds[y * side + x]).toBe(cellKinds.thing);
    }),
  );
});

test('a place that keeps changing gets a higher threshold, and a place that a person passed once does not', () => {
  const restless = newRestless(side ** 2);
  const [leaves, path] = [5 * side + 5, 30 * side + 30];
  for (let i = 0; i < 20; i++) {
    const difference = new Float32Array(side ** 2);
    if (i % 3 === 0) difference[leaves] = 12;
    if (i >= 8 && i < 12) difference[path] = 60;
    notice(restless, difference, threshold, 200, i * 200, side);
  }
  expect(restless.factors[leaves]).toBeGreaterThan(2);
  expect(restless.factors[path]).toBe(1);
  for (let i = 0; i < 600; i++) notice(restless, new Float32Array(side ** 2), threshold, 200, (20 + i) * 200, side);
  expect(restless.factors[leaves]).toBe(1);
});
