/**
 * Computes which zones the tracks are in, which lines they cross, and what changed. Pure. A track's place is its feet:
 * the bottom centre of its box.
 *
 * Always:
 * - a track enters a zone once until it leaves it; it leaves when its feet are outside by `marginOut` or the track
 *   ends, so that a box that trembles on the border enters only once
 * - a track crosses a line when its way from clearly one side to clearly the other passes between the line's ends;
 *   trembling on the line is no crossing, and the way back is a second crossing
 * - a track that the tracker is not sure of is left out
 */
import type { LineConfig, ZoneConfig } from '../../site/site.ts';
import { contains, crosses, distanceTo, distanceToLine, feetOf, type Point, sidesOf } from '../geometry.ts';
import type { SceneChange, Track } from '../messages.ts';
import type { TrackedObject } from './tracker.ts';

/** parts of the picture by which the feet must be outside a zone to leave it */
const marginOut = 0.015;
/** parts of the picture from a line within which feet are on neither side of it */
const marginOfLine = 0.01;

interface Place {
  readonly track: Track;
  readonly lastSeen: number;
  /** by line: the last place where the feet were clearly on one side */
  readonly clearOf: ReadonlyMap<string, Point>;
}

/** what is in the picture now, by track id */
export type SceneState = ReadonlyMap<number, Place>;
export const emptyScene: SceneState = new Map();

export interface View {
  readonly zones: readonly ZoneConfig[];
  readonly lines: readonly LineConfig[];
}

export function observe(
  state: SceneState,
  view: View,
  objects: readonly TrackedObject[],
): { readonly state: SceneState; readonly tracks: readonly Track[]; readonly changes: readonly SceneChange[] } {
  const next = new Map<number, Place>();
  const changes: SceneChange[] = [];
  for (const object of objects) {
    if (!object.sure) continue;
    const before = state.get(object.id);
    const track = trackOf(object, view.zones, before?.track.zones ?? []);
    const clearOf = follow(object, track, view.lines, before?.clearOf, changes);
    changes.push(...zoneChanges(before?.track, track, object.lastSeen));
    next.set(object.id, { track, lastSeen: object.lastSeen, clearOf });
  }
  for (const [id, { track, lastSeen }] of state)
    if (!next.has(id)) changes.push(...zoneChanges(track, { ...track, zones: [] }, lastSeen));
  return { state: next, tracks: [...next.values()].map(({ track }) => track), changes };
}

function trackOf(object: TrackedObject, zones: readonly ZoneConfig[], before: readonly string[]): Track {
  const { id, class: name, score, best, box, seen, standing } = object;
  const stands = standing?.stands === true;
  const feet = feetOf(box);
  const inside = zones.filter(
    (zone) => contains(zone.points, feet) || (before.includes(zone.id) && distanceTo(zone.points, feet) <= marginOut),
  );
  return { id, class: name, score, best, box, seen, static: stands, zones: inside.map((zone) => zone.id) };
}

function zoneChanges(before: Track | undefined, track: Track, at: number): SceneChange[] {
  const changes: SceneChange[] = [];
  const known = before?.zones ?? [];
  for (const zone of known) if (!track.zones.includes(zone)) changes.push({ change: 'left', zone, track, at });
  for (const zone of track.zones) {
    if (!known.includes(zone)) changes.push({ change: 'entered', zone, track, at });
    else if (before?.static !== track.static)
      changes.push({ change: track.static ? 'parked' : 'moved', zone, track, at });
  }
  return changes;
}

/** Adds the lines that `object` crossed to `changes`; returns its new `clearOf`. */
function follow(
  object: TrackedObject,
  track: Track,
  lines: readonly LineConfig[],
  before: ReadonlyMap<string, Point> | undefined,
  changes: SceneChange[],
): ReadonlyMap<string, Point> {
  if (lines.length === 0 || (before !== undefined && object.missedSince !== undefined)) return before ?? new Map();
  const feet = feetOf(object.box);
  const clearOf = new Map(before);
  for (const { id: line, points } of lines) {
    const [a, b] = points;
    const distance = distanceToLine(a, b, feet);
    if (Math.abs(distance) < marginOfLine) continue;
    const from = clearOf.get(line);
    clearOf.set(line, feet);
    if (from === undefined || distanceToLine(a, b, from) > 0 === distance > 0 || !crosses(a, b, from, feet)) continue;
    const sides = sidesOf(a, b);
    const to = distance > 0 ? sides.positive : sides.negative;
    changes.push({ change: 'crossed', line, to, track, at: object.lastSeen });
  }
  return clearOf;
}
