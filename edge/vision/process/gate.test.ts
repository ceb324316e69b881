import { expect, test } from 'vitest';
import { paint } from '../../../test/contract/detector-fixtures.ts';
import { MotionGate } from './gate.ts';

const still = paint(416, 234);
const frame = (picture: typeof still, i: number) => ({ ...picture, camera: 'yard', uptime: i * 200 });

test('a still scene passes nothing but its first frame', () => {
  const gate = new MotionGate();
  const seen = Array.from({ length: 20 }, (_, i) => gate.look(frame(still, i)));
  expect(seen).toEqual([true, ...Array.from({ length: 19 }, () => false)]);
});

test('somebody far away is enough to pass', () => {
  const gate = new MotionGate();
  for (let i = 0; i < 10; i++) gate.look(frame(still, i));
  expect(gate.look(frame(paint(416, 234, [[200, 100, 12, 30]]), 10))).toBe(true);
});

test("a sensor's noise is not", () => {
  const gate = new MotionGate();
  for (let i = 0; i < 30; i++) {
    const noisy = { ...still, rgb: still.rgb.map((value, at) => value + (((at * 7919 + i * 104_729) % 25) - 12)) };
    expect(gate.look(frame(noisy, i))).toBe(i === 0);
  }
});

test('a look costs well under a millisecond', () => {
  const gate = new MotionGate();
  const times = Array.from({ length: 200 }, (_, i) => {
    const before = performance.now();
    gate.look(frame(still, i));
    return performance.now() - before;
  }).sort((a, b) => a - b);
  expect(times[100]).toBeLessThan(1);
});
