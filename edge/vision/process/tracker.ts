/**
 * Gives detections an identity over time, pure: (tracks, detections, now) -> tracks. Two thresholds as in ByteTrack
 * (https://arxiv.org/abs/2110.06864): a convincing detection may start a track, a weak one may only continue one.
 * A detection continues the track of its class whose expected box it overlaps or whose centre it is close to; the
 * expectation is the last box moved on by a smoothed speed, without a Kalman filter.
 *
 * Always: an id is never used for two things at once and never comes back; a track outlives misses of `maxMissMs`,
 * counted from the first look that missed it, because a still scene is looked at only now and then.
 */
import type { Box } from '../messages.ts';
import type { Detection } from './detectors/detector.ts';
import { overlap } from './detectors/geometry.ts';

export interface TrackedObject {
  readonly id: number;
  readonly class: string;
  readonly score: number;
  readonly box: Box;
  /** of the centre, parts of the picture a ms */
  readonly speed: readonly [number, number];
  /** ms of the monotonic clock */
  readonly lastSeen: number;
  /** the first look that did not find it, ms of the monotonic clock; undefined while it is seen */
  readonly missedSince: number | undefined;
}

export interface TrackerState {
  readonly nextId: number;
  readonly objects: readonly TrackedObject[];
}

export const emptyTracker: TrackerState = { nextId: 1, objects: [] };

/** How long a thing may go unseen and keep its id. */
export const maxMissMs = 1_500;
/** Overlap or nearness (1 = same centre, 0 = as far away as the boxes are large) that continues a track. */
const leastAffinity = 0.25;
const leastAffinityWeak = 0.4;
/** A new detection that covers a track of its class like this is a double of it. */
const doubleOverlap = 0.7;
/** weight of the newest movement in the speed */
const speedSmoothing = 0.5;
/** a thing unseen for long is not expected ever further on */
const longestExpectationMs = 600;
export const maxTracks = 64;

/**
 * One analysed frame. `convincing`: the score from which a detection starts a track; all of `detections` may
 * continue one. `uptime`: ms of the monotonic clock, never less than the last call's.
 */
export function track(
  state: TrackerState,
  detections: readonly Detection[],
  convincing: number,
  uptime: number,
): TrackerState {
  const free = new Set(state.objects);
  const next: TrackedObject[] = [];
  const strong = detections.filter(({ score }) => score >= convincing);
  const weak = detections.filter(({ score }) => score < convincing);
  const fresh = match(strong, leastAffinity);
  match(weak, leastAffinityWeak);
  for (const object of free) {
    const missedSince = object.missedSince ?? uptime;
    if (uptime - missedSince < maxMissMs) next.push({ ...object, missedSince });
  }
  let { nextId } = state;
  for (const { class: name, score, box } of fresh) {
    if (next.length >= maxTracks) break;
    if (next.some((object) => object.class === name && overlap(object.box, box) > doubleOverlap)) continue;
    next.push({ id: nextId++, class: name, score, box, speed: [0, 0], lastSeen: uptime, missedSince: undefined });
  }
  return { nextId, objects: next.sort((a, b) => a.id - b.id) };

  /** continues tracks, best pairs first; gives back what continued none */
  function match(candidates: readonly Detection[], least: number): Detection[] {
    const pairs: { readonly object: TrackedObject; readonly detection: Detection; readonly affinity: number }[] = [];
    for (const object of free)
      for (const detection of candidates) {
        if (detection.class !== object.class) continue;
        const affinity = affinityOf(expected(object, uptime), detection.box);
        if (affinity >= least) pairs.push({ object, detection, affinity });
      }
    const used = new Set<Detection>();
    for (const { object, detection } of pairs.sort((a, b) => b.affinity - a.affinity)) {
      if (!free.has(object) || used.has(detection)) continue;
      free.delete(object);
      used.add(detection);
      next.push(moved(object, detection, uptime));
    }
    return candidates.filter((detection) => !used.has(detection));
  }
}

function expected({ box, speed, lastSeen }: TrackedObject, uptime: number): Box {
  const ms = Math.min(longestExpectationMs, uptime - lastSeen);
  return [box[0] + speed[0] * ms, box[1] + speed[1] * ms, box[2], box[3]];
}

function moved(object: TrackedObject, { score, box }: Detection, uptime: number): TrackedObject {
  const ms = uptime - object.lastSeen;
  const [x, y] = centre(box);
  const [fromX, fromY] = centre(object.box);
  const blend = (old: number, distance: number) => (ms <= 0 ? old : old + speedSmoothing * (distance / ms - old));
  const speed = [blend(object.speed[0], x - fromX), blend(object.speed[1], y - fromY)] as const;
  return { id: object.id, class: object.class, score, box, speed, lastSeen: uptime, missedSince: undefined };
}

/** 0..1: the larger of overlap and nearness of the centres, nearness only for boxes of a like size */
function affinityOf(a: Box, b: Box): number {
  const [ax, ay] = centre(a);
  const [bx, by] = centre(b);
  const reach = (Math.hypot(a[2], a[3]) + Math.hypot(b[2], b[3])) / 2;
  const likeness = Math.min(a[2] * a[3], b[2] * b[3]) / Math.max(a[2] * a[3], b[2] * b[3], Number.MIN_VALUE);
  const nearness = reach === 0 ? 0 : Math.max(0, 1 - Math.hypot(ax - bx, ay - by) / reach);
  return Math.max(overlap(a, b), nearness * Math.sqrt(likeness));
}

function centre(box: Box): readonly [number, number] {
  return [box[0] + box[2] / 2, box[1] + box[3] / 2];
}
