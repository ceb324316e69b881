import fc from 'fast-check';
import { expect, test } from 'vitest';
import { IntervalSet, type Range } from './interval-set.ts';

const range = fc
  .tuple(fc.integer({ min: 1, max: 60 }), fc.integer({ min: 0, max: 12 }))
  .map(([from, length]): Range => [from, from + length]);

test('an interval set has the same numbers as a plain set, whatever order they came in', () => {
  fc.assert(
    fc.property(fc.array(range, { maxLength: 40 }), range, (added, [from, through]) => {
      const set = IntervalSet.of(added);
      const plain = new Set<number>();
      for (const [low, high] of added) for (let n = low; n <= high; n++) plain.add(n);
      for (let n = 0; n <= 80; n++) expect(set.has(n)).toBe(plain.has(n));
      expect(set.size).toBe(plain.size);
      expect(set.last).toBe(Math.max(0, ...plain));
      const missing = set.missing(from, through).flatMap(([low, high]) => span(low, high));
      expect(missing).toEqual(span(from, through).filter((n) => !plain.has(n)));
    }),
  );
});

test('ranges are sorted and never touch', () => {
  fc.assert(
    fc.property(fc.array(range, { maxLength: 40 }), (added) => {
      const ranges = IntervalSet.of(added).ranges();
      for (const [i, [from, through]] of ranges.entries()) {
        expect(from).toBeLessThanOrEqual(through);
        const before = ranges[i - 1];
        if (before !== undefined) expect(from).toBeGreaterThan(before[1] + 1);
      }
    }),
  );
});

test('a range that ends before it begins, or whose ends are not whole, is refused', () => {
  const set = new IntervalSet();
  expect(() => set.add(3, 2)).toThrow(RangeError);
  expect(() => set.add(1.5)).toThrow(RangeError);
});

function span(from: number, through: number): number[] {
  return Array.from({ length: through - from + 1 }, (_, i) => from + i);
}
