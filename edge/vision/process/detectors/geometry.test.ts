import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Box } from '../../messages.ts';
import { letterbox, overlap, suppress } from './geometry.ts';

const side = fc.integer({ min: 1, max: 4000 });
const unit = fc.double({ min: 0, max: 1, noNaN: true });
const box = fc.tuple(unit, unit, unit, unit) as fc.Arbitrary<Box>;
const candidates = fc.array(fc.record({ class: fc.constantFrom('a', 'b'), score: unit, box }), { maxLength: 30 });

test('the clip of the reference is letterboxed to its 234 rows', () => {
  expect(letterbox(768, 432, 416)).toEqual({ width: 416, height: 234 });
  expect(letterbox(432, 768, 416)).toEqual({ width: 234, height: 416 });
});

test('a letterboxed picture fills one side and keeps its shape to the pixel', () => {
  fc.assert(
    fc.property(side, side, fc.constantFrom(320, 416, 640), (width, height, size) => {
      const picture = letterbox(width, height, size);
      expect(Math.max(picture.width, picture.height)).toBe(size);
      expect(Math.min(picture.width, picture.height)).toBeGreaterThanOrEqual(1);
      const exact = (size * Math.min(width, height)) / Math.max(width, height);
      expect(Math.abs(Math.min(picture.width, picture.height) - Math.max(1, exact))).toBeLessThanOrEqual(0.5);
    }),
  );
});

test('overlap is the same both ways, from 0 to 1, and 1 for a box with itself', () => {
  fc.assert(
    fc.property(box, box, (a, b) => {
      expect(overlap(a, b)).toBeCloseTo(overlap(b, a), 9);
      expect(overlap(a, b)).toBeGreaterThanOrEqual(0);
      expect(overlap(a, b)).toBeLessThanOrEqual(1 + 1e-9);
      if (a[2] > 1e-3 && a[3] > 1e-3) expect(overlap(a, a)).toBeCloseTo(1, 9);
    }),
  );
});

test('suppression keeps the best of overlapping boxes of a class, and a kept box covers each removed one', () => {
  fc.assert(
    fc.property(candidates, (all) => {
      const kept = suppress(all, 0.45, 100);
      for (const [i, a] of kept.entries())
        for (const b of kept.slice(i + 1)) expect(a.class === b.class && overlap(a.box, b.box) > 0.45).toBe(false);
      for (const gone of all.filter((candidate) => !kept.includes(candidate)))
        expect(
          kept.some((k) => k.class === gone.class && k.score >= gone.score && overlap(k.box, gone.box) > 0.45),
        ).toBe(true);
    }),
  );
});

test('suppression keeps no more boxes than its limit', () => {
  fc.assert(
    fc.property(candidates, (all) => {
      expect(suppress(all, 1, 3).length).toBe(Math.min(3, all.length));
    }),
  );
});
