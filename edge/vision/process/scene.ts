/**
 * Which zones the tracked things are in, and what changed, pure. A thing is where its feet are: the bottom centre of
 * its box, kept just within the picture, because a body that the picture's edge cuts off still stands there.
 *
 * Always: a thing enters a zone once until it leaves it; it leaves when its feet are clearly outside (by `marginOut`)
 * or when it is gone, so that a box that jitters on the border does not enter again and again.
 */
import type { ZoneConfig } from '../../site/site.ts';
import type { Box, SceneChange, Track } from '../messages.ts';
import type { TrackedObject } from './tracker.ts';

type Point = readonly [number, number];

/** parts of the picture that the feet must be outside a zone to have left it */
const marginOut = 0.015;
/** the last place inside the picture */
const innermostEdge = 0.9999;

/** what is in a zone now, by track id */
export type SceneState = ReadonlyMap<number, Track>;
export const emptyScene: SceneState = new Map();

export function observe(
  state: SceneState,
  zones: readonly ZoneConfig[],
  objects: readonly TrackedObject[],
): { readonly state: SceneState; readonly tracks: readonly Track[]; readonly changes: readonly SceneChange[] } {
  const next = new Map<number, Track>();
  const changes: SceneChange[] = [];
  for (const object of objects) {
    const before = state.get(object.id)?.zones ?? [];
    const feet = feetOf(object.box);
    const inside = zones.filter((zone) =>
      before.includes(zone.id)
        ? contains(zone.points, feet) || distanceTo(zone.points, feet) <= marginOut
        : contains(zone.points, feet),
    );
    const { id, class: name, score, box } = object;
    const track: Track = { id, class: name, score, box, zones: inside.map((zone) => zone.id) };
    next.set(id, track);
    for (const zone of before) if (!track.zones.includes(zone)) changes.push({ change: 'left', zone, track });
    for (const zone of track.zones) if (!before.includes(zone)) changes.push({ change: 'entered', zone, track });
  }
  for (const [id, track] of state)
    if (!next.has(id))
      for (const zone of track.zones) changes.push({ change: 'left', zone, track: { ...track, zones: [] } });
  return { state: next, tracks: [...next.values()], changes };
}

/** The bottom centre of `box`, kept within the picture. */
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
export function distanceTo(polygon: readonly Point[], [x, y]: Point): number {
  let nearest = Number.POSITIVE_INFINITY;
  for (const [[ax, ay], [bx, by]] of edges(polygon)) {
    const [dx, dy] = [bx - ax, by - ay];
    const length = dx * dx + dy * dy;
    const along = length === 0 ? 0 : Math.min(1, Math.max(0, ((x - ax) * dx + (y - ay) * dy) / length));
    nearest = Math.min(nearest, Math.hypot(x - ax - along * dx, y - ay - along * dy));
  }
  return nearest;
}

function edges(polygon: readonly Point[]): (readonly [Point, Point])[] {
  return polygon.map((point, i) => [polygon[(i + polygon.length - 1) % polygon.length] ?? point, point] as const);
}
