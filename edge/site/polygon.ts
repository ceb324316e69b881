/** Whether a zone's corners make an area that something can be in. Coordinates are 0..1 of the picture. */
import { type Words, words } from '@forpost/shared/texts/english.ts';

type Point = readonly [number, number];

/** Less than a pixel of a picture of 1000 x 1000: nobody drew that on purpose. */
const smallestArea = 1e-6;

/** What is wrong with a polygon, in words; undefined where nothing is. */
export function polygonProblem(points: readonly Point[]): Words | undefined {
  const corners = points.filter((point, index) => index === 0 || !same(point, points[index - 1] as Point));
  // a polygon closes itself: the first corner once more at the end does no harm
  if (corners.length > 1 && same(corners[0] as Point, corners.at(-1) as Point)) corners.pop();
  const distinct = new Set(corners.map(([x, y]) => `${x} ${y}`)).size;
  if (distinct < 3) return words('gateway/problem.few-corners', { count: distinct });
  const crossing = firstCrossing(corners);
  if (crossing !== undefined) {
    const next = (edge: number) => String(((edge + 1) % corners.length) + 1);
    const [first, second] = crossing;
    return words('gateway/problem.crosses-itself', {
      a: String(first + 1),
      b: next(first),
      c: String(second + 1),
      d: next(second),
    });
  }
  if (area(corners) < smallestArea) return words('gateway/problem.no-area');
  return undefined;
}

/** By the shoelace formula. */
function area(corners: readonly Point[]): number {
  let twice = 0;
  for (const [index, [x, y]] of corners.entries()) {
    const [nextX, nextY] = corners[(index + 1) % corners.length] as Point;
    twice += x * nextY - nextX * y;
  }
  return Math.abs(twice) / 2;
}

/** Two edges that are not neighbours and have a point in common. At most 64 corners: each with each is quick. */
function firstCrossing(corners: readonly Point[]): readonly [number, number] | undefined {
  const count = corners.length;
  const corner = (index: number) => corners[index % count] as Point;
  for (let i = 0; i < count; i++)
    for (let j = i + 2; j < count; j++) {
      if (i === 0 && j === count - 1) continue;
      if (meet(corner(i), corner(i + 1), corner(j), corner(j + 1))) return [i, j];
    }
  return undefined;
}

function meet(a: Point, b: Point, c: Point, d: Point): boolean {
  const [abc, abd, cda, cdb] = [side(a, b, c), side(a, b, d), side(c, d, a), side(c, d, b)];
  if (abc * abd < 0 && cda * cdb < 0) return true;
  return (
    (abc === 0 && within(a, b, c)) ||
    (abd === 0 && within(a, b, d)) ||
    (cda === 0 && within(c, d, a)) ||
    (cdb === 0 && within(c, d, b))
  );
}

/** On which side of the line from a to b the point is: -1, 0 (on it), 1. */
function side([ax, ay]: Point, [bx, by]: Point, [px, py]: Point): number {
  const cross = (bx - ax) * (py - ay) - (by - ay) * (px - ax);
  return Math.abs(cross) < 1e-12 ? 0 : Math.sign(cross);
}

function within([ax, ay]: Point, [bx, by]: Point, [px, py]: Point): boolean {
  return (
    px >= Math.min(ax, bx) - 1e-12 &&
    px <= Math.max(ax, bx) + 1e-12 &&
    py >= Math.min(ay, by) - 1e-12 &&
    py <= Math.max(ay, by) + 1e-12
  );
}

function same([ax, ay]: Point, [bx, by]: Point): boolean {
  return ax === bx && ay === by;
}
