/** Geometry of points, zones and lines in a picture. Pure. Coordinates are 0..1 of the picture, from the top left. */
import type { Box, LineSide } from './messages.ts';

export type Point = readonly [number, number];

/** The last place inside the picture. */
const innermostEdge = 0.9999;

/** The bottom centre of `box`, kept within the picture: a body cut off by the edge still stands there. */
export function feetOf(box: Box): Point {
  const within = (value: number) => Math.min(innermostEdge, Math.max(0, value));
  return [within(box[0] + box[2] / 2), within(box[1] + box[3])];
}

/** Whether `point` is inside the polygon (even-odd rule); the polygon closes itself. */
export function contains(polygon: readonly Point[], [x, y]: Point): boolean {
  let inside = false;
  for (const [[ax, ay], [bx, by]] of edges(polygon))
    if (ay > y !== by > y && x < ((bx - ax) * (y - ay)) / (by - ay) + ax) inside = !inside;
  return inside;
}

/** Distance of `point` from the polygon's border. */
export function distanceTo(polygon: readonly Point[], point: Point): number {
  return Math.min(...edges(polygon).map(([a, b]) => distanceToSegment(a, b, point)));
}

/**
 * Signed distance of `point` from the infinite line through `a` and `b`: positive on one side, negative on the other.
 */
export function distanceToLine([ax, ay]: Point, [bx, by]: Point, [x, y]: Point): number {
  const length = Math.hypot(bx - ax, by - ay);
  return length === 0 ? 0 : ((bx - ax) * (y - ay) - (by - ay) * (x - ax)) / length;
}

/** Whether the way from `from` to `to` crosses the line between `a` and `b`, including its ends. */
export function crosses(a: Point, b: Point, from: Point, to: Point): boolean {
  const [start, end] = [distanceToLine(a, b, from), distanceToLine(a, b, to)];
  if (start === end || start * end > 0) return false;
  const part = start / (start - end);
  const [x, y] = [from[0] + part * (to[0] - from[0]), from[1] + part * (to[1] - from[1])];
  const [dx, dy] = [b[0] - a[0], b[1] - a[1]];
  const along = ((x - a[0]) * dx + (y - a[1]) * dy) / (dx * dx + dy * dy);
  return along >= 0 && along <= 1;
}

/**
 * The two sides of a line, as people see them in the picture: an upright line has left and right, a level line up and
 * down, whichever end was drawn first. `positive`: the side where `distanceToLine` is positive.
 */
export function sidesOf(
  [ax, ay]: Point,
  [bx, by]: Point,
): { readonly positive: LineSide; readonly negative: LineSide } {
  const [dx, dy] = [bx - ax, by - ay];
  if (Math.abs(dy) >= Math.abs(dx))
    return dy > 0 ? { positive: 'left', negative: 'right' } : { positive: 'right', negative: 'left' };
  return dx > 0 ? { positive: 'down', negative: 'up' } : { positive: 'up', negative: 'down' };
}

function distanceToSegment([ax, ay]: Point, [bx, by]: Point, [x, y]: Point): number {
  const [dx, dy] = [bx - ax, by - ay];
  const length = dx * dx + dy * dy;
  const along = length === 0 ? 0 : Math.min(1, Math.max(0, ((x - ax) * dx + (y - ay) * dy) / length));
  return Math.hypot(x - ax - along * dx, y - ay - along * dy);
}

function edges(polygon: readonly Point[]): (readonly [Point, Point])[] {
  return polygon.map((point, i) => [polygon[(i + polygon.length - 1) % polygon.length] ?? point, point] as const);
}
