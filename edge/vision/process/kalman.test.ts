import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Box } from '../messages.ts';
import { begin, boxOf, correct, predict, speedOf } from './kalman.ts';

const box = (x: number, y: number): Box => [x - 0.05, y - 0.15, 0.1, 0.3];

test.each([5, 10, 30])('at %i frames a second a steady walk is learned, and predicted for two seconds', (rate) => {
  let motion = begin(box(0.1, 0.5));
  for (let frame = 1; frame <= rate; frame++)
    motion = correct(predict(motion, 1 / rate), box(0.1 + 0.2 * (frame / rate), 0.5));
  expect(speedOf(motion)[0]).toBeCloseTo(0.2, 1);
  const [x, , width] = boxOf(predict(motion, 2));
  expect(x + width / 2).toBeCloseTo(0.7, 1);
});

test('predictions are as good with uneven frame intervals as with even ones', () => {
  let motion = begin(box(0.1, 0.5));
  let at = 0;
  for (const seconds of [0.1, 0.4, 0.1, 0.2, 0.6, 0.1, 0.3, 0.2]) {
    at += seconds;
    motion = correct(predict(motion, seconds), box(0.1 + 0.1 * at, 0.5));
  }
  expect(speedOf(motion)[0]).toBeCloseTo(0.1, 2);
});

test('a box that trembles in one place gets no speed', () => {
  let motion = begin(box(0.5, 0.5));
  for (let frame = 0; frame < 100; frame++)
    motion = correct(predict(motion, 0.2), box(0.5 + 0.004 * Math.sin(frame * 7), 0.5 + 0.004 * Math.cos(frame * 5)));
  expect(Math.hypot(...speedOf(motion))).toBeLessThan(0.03);
});

test('variances are never negative, and no value is ever NaN', () => {
  const number = fc.double({ min: -0.5, max: 1.5, noNaN: true });
  const side = fc.double({ min: 0, max: 1, noNaN: true });
  const steps = fc.array(
    fc.record({
      seconds: fc.double({ min: 0, max: 3600, noNaN: true }),
      seen: fc.option(fc.tuple(number, number, side, side)),
    }),
    { maxLength: 30 },
  );
  fc.assert(
    fc.property(steps, (all) => {
      let motion = begin([0.4, 0.4, 0.1, 0.3]);
      for (const { seconds, seen } of all) {
        motion = predict(motion, seconds);
        if (seen !== null) motion = correct(motion, seen);
        for (const axis of motion) {
          expect(Object.values(axis).every(Number.isFinite)).toBe(true);
          expect(axis.valueVariance).toBeGreaterThanOrEqual(0);
          expect(axis.speedVariance).toBeGreaterThanOrEqual(0);
        }
      }
    }),
  );
});
