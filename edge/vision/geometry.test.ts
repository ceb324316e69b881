import fc from 'fast-check';
import { expect, test } from 'vitest';
import { contains, crosses, distanceTo, distanceToLine, feetOf, type Point, sidesOf } from './geometry.ts';

const square: readonly Point[] = [
  [0.4, 0.4],
  [0.6, 0.4],
  [0.6, 0.6],
  [0.4, 0.6],
];
const unit = fc.double({ min: 0, max: 1, noNaN: true });
const thousandth = fc.integer({ min: 0, max: 1000 }).map((value) => value / 1000);
const point = fc.tuple(thousandth, thousandth);

test('feet below the edge of the picture stand at its edge', () => {
  expect(feetOf([0.5, 0.6, 0.2, 0.6])).toEqual([0.6, 0.9999]);
  expect(feetOf([-0.3, 0.2, 0.2, 0.2])[0]).toBe(0);
});

test('inside and outside of a rectangle agree with plain comparisons, and its border has distance 0', () => {
  fc.assert(
    fc.property(unit, unit, (x, y) => {
      fc.pre([x, y].every((v) => Math.abs(v - 0.4) > 1e-9 && Math.abs(v - 0.6) > 1e-9));
      expect(contains(square, [x, y])).toBe(x > 0.4 && x < 0.6 && y > 0.4 && y < 0.6);
    }),
  );
  expect(distanceTo(square, [0.6, 0.5])).toBeCloseTo(0);
  expect(distanceTo(square, [0.7, 0.5])).toBeCloseTo(0.1);
  expect(distanceTo(square, [0.5, 0.5])).toBeCloseTo(0.1);
});

test('inside and outside do not depend on where a polygon begins or which way around it goes', () => {
  const polygon: readonly Point[] = [
    [0.1, 0.1],
    [0.9, 0.2],
    [0.5, 0.5],
    [0.8, 0.9],
    [0.2, 0.8],
  ];
  fc.assert(
    fc.property(point, fc.nat(4), (at, from) => {
      fc.pre(distanceTo(polygon, at) > 1e-9);
      const turned = [...polygon.slice(from), ...polygon.slice(0, from)];
      expect(contains(turned, at)).toBe(contains(polygon, at));
      expect(contains(turned.toReversed(), at)).toBe(contains(polygon, at));
    }),
  );
});

test('a way crosses a line exactly if it changes sides between the line’s ends, whichever end or way is first', () => {
  fc.assert(
    fc.property(point, point, point, point, (a, b, from, to) => {
      const sides = [
        distanceToLine(a, b, from),
        distanceToLine(a, b, to),
        distanceToLine(from, to, a),
        distanceToLine(from, to, b),
      ];
      fc.pre(sides.every((distance) => Math.abs(distance) > 1e-6));
      const [one = 0, two = 0, three = 0, four = 0] = sides;
      expect(crosses(a, b, from, to)).toBe(one > 0 !== two > 0 && three > 0 !== four > 0);
      expect(crosses(b, a, from, to)).toBe(crosses(a, b, from, to));
      expect(crosses(a, b, to, from)).toBe(crosses(a, b, from, to));
    }),
  );
});

test('the sides of a line are named as the picture shows them, whichever end is first', () => {
  fc.assert(
    fc.property(point, point, point, (a, b, at) => {
      const [dx, dy] = [Math.abs(b[0] - a[0]), Math.abs(b[1] - a[1])];
      fc.pre(Math.abs(dx - dy) > 1e-6 && Math.abs(distanceToLine(a, b, at)) > 1e-6);
      const sideOf = (from: Point, to: Point) => {
        const sides = sidesOf(from, to);
        return distanceToLine(from, to, at) > 0 ? sides.positive : sides.negative;
      };
      expect(sideOf(a, b)).toBe(sideOf(b, a));
      // the point on the line at the same height or width as `at`
      const share = dy > dx ? (at[1] - a[1]) / (b[1] - a[1]) : (at[0] - a[0]) / (b[0] - a[0]);
      const [x, y] = [a[0] + share * (b[0] - a[0]), a[1] + share * (b[1] - a[1])];
      expect(sideOf(a, b)).toBe(dy > dx ? (at[0] < x ? 'left' : 'right') : at[1] < y ? 'up' : 'down');
    }),
  );
});
