/**
 * Drawing by keyboard: a cross over the picture, which the arrow keys move; Enter is a tap at the cross. Pure functions.
 *
 * Always: the cross stays in the picture; Enter at the cross finds the same corner or shape as a finger there.
 */
import type { Draft, Point, Shape } from './scene-draft.ts';
import type { Grip } from './scene-drawing.ts';

export const middleOfPicture: Point = [0.5, 0.5];
/** a key moves the cross by this share of the picture, with Shift by the larger one */
const small = 0.02;
const large = 0.1;

const directions: Readonly<Record<string, Point>> = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
};

/** The cross after a key; undefined: the key does not move it. */
export function crossAfter([x, y]: Point, key: string, far: boolean): Point | undefined {
  const direction = directions[key];
  if (direction === undefined) return undefined;
  const by = far ? large : small;
  return [moved(x, direction[0] * by), moved(y, direction[1] * by)];
}

/** What the cross points at: a corner of the selected shape within `near` (units of `size`), else the uppermost shape. */
export function gripAt(
  { shapes, selected }: Draft,
  at: Point,
  size: { readonly width: number; readonly height: number },
  near: number,
): Grip {
  const away = (point: Point) => Math.hypot((point[0] - at[0]) * size.width, (point[1] - at[1]) * size.height);
  const chosen = selected === undefined ? undefined : shapes[selected];
  if (chosen !== undefined && selected !== undefined) {
    const corner = nearest(chosen.points.map(away));
    if (away(chosen.points[corner] ?? at) < near && chosen.points.length > 0)
      return { what: 'corner', shape: selected, corner };
  }
  const shape = shapes.findLastIndex((one) => isAt(one, at, away, near));
  return shape < 0 ? { what: 'ground' } : { what: 'shape', shape };
}

function isAt({ kind, points }: Shape, at: Point, away: (point: Point) => number, near: number): boolean {
  const [from, to] = points;
  if (kind !== 'line') return contains(points, at);
  return from !== undefined && to !== undefined && away(nearestOn(from, to, at)) < near;
}

/** Even-odd rule: a ray to the right of the point crosses the outline an odd number of times. */
function contains(points: readonly Point[], [x, y]: Point): boolean {
  let inside = false;
  points.forEach(([x1, y1], index) => {
    const [x2, y2] = points[(index + 1) % points.length] ?? [x1, y1];
    if (y1 > y !== y2 > y && x < x1 + ((y - y1) * (x2 - x1)) / (y2 - y1)) inside = !inside;
  });
  return inside;
}

function nearestOn([x1, y1]: Point, [x2, y2]: Point, [x, y]: Point): Point {
  const [dx, dy] = [x2 - x1, y2 - y1];
  const length = dx * dx + dy * dy;
  const along = length === 0 ? 0 : Math.min(1, Math.max(0, ((x - x1) * dx + (y - y1) * dy) / length));
  return [x1 + along * dx, y1 + along * dy];
}

function nearest(distances: readonly number[]): number {
  return distances.indexOf(Math.min(...distances));
}

/** Rounded, so that as many keys back lead to the same place. */
function moved(from: number, by: number): number {
  return Math.round(Math.min(1, Math.max(0, from + by)) * 1000) / 1000;
}
