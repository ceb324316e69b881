import { expect, test } from 'vitest';
import { backoffMs } from './retry.ts';

test('delays grow to the ceiling and are spread over the whole range', () => {
  const backoff = { baseMs: 100, ceilingMs: 5000 };
  expect([0, 1, 2, 5, 6, 500].map((attempt) => backoffMs(backoff, attempt, () => 1))).toEqual([
    100, 200, 400, 3200, 5000, 5000,
  ]);
  expect(backoffMs(backoff, 3, () => 0)).toBe(0);
  expect(backoffMs(backoff, 3, () => 0.5)).toBe(400);
  expect(() => backoffMs(backoff, -1, () => 0)).toThrow(RangeError);
});
