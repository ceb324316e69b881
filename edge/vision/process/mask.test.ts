import fc from 'fast-check';
import { expect, test } from 'vitest';
import { contains, distanceTo } from '../geometry.ts';
import { blacken, maskSpans } from './mask.ts';

const [width, height] = [48, 27];
const unit = fc.double({ min: 0, max: 1, noNaN: true });
const polygon = fc.array(fc.tuple(unit, unit), { minLength: 3, maxLength: 8 });

function painted(masks: readonly { points: [number, number][] }[]): Uint8Array {
  const rgb = new Uint8Array(width * height * 3).fill(200);
  blacken(rgb, width, maskSpans(masks, width, height));
  return rgb;
}

test('every pixel that a mask touches is black, whatever its shape', () => {
  fc.assert(
    fc.property(polygon, fc.array(fc.tuple(unit, unit), { minLength: 50, maxLength: 50 }), (points, places) => {
      const rgb = painted([{ points }]);
      // the mask also touches pixels at its corners and borders
      const borders = points.map(([x, y], i) => {
        const [bx, by] = points[(i + 1) % points.length]!;
        return [(x + bx) / 2, (y + by) / 2] as [number, number];
      });
      for (const [x, y] of [...places.filter((place) => contains(points, place)), ...points, ...borders]) {
        const pixel = Math.min(height - 1, Math.floor(y * height)) * width + Math.min(width - 1, Math.floor(x * width));
        expect([...rgb.subarray(pixel * 3, pixel * 3 + 3)]).toEqual([0, 0, 0]);
      }
    }),
  );
});

test('pixels well beside a mask stay unchanged', () => {
  fc.assert(
    fc.property(polygon, (points) => {
      const rgb = painted([{ points }]);
      const inPixels = points.map(([x, y]) => [x * width, y * height] as [number, number]);
      for (let y = 0; y < height; y++)
        for (let x = 0; x < width; x++) {
          const centre = [x + 0.5, y + 0.5] as const;
          if (!contains(inPixels, centre) && distanceTo(inPixels, centre) > 8)
            expect(rgb[(y * width + x) * 3]).toBe(200);
        }
    }),
    { numRuns: 30 },
  );
});

test('overlapping masks are painted once', () => {
  const square = (from: number, to: number) => ({
    points: [
      [from, from],
      [to, from],
      [to, to],
      [from, to],
    ] as [number, number][],
  });
  const rows = maskSpans([square(0.2, 0.6), square(0.4, 0.8)], 100, 100).filter(({ y }) => y === 50);
  expect(rows).toEqual([{ y: 50, from: 18, to: 82 }]);
});
