/**
 * Gives detections an identity over time: (tracks, detections, now) -> tracks. Pure. As in ByteTrack
 * (https://arxiv.org/abs/2110.06864), a Kalman filter predicts each box; strong detections are assigned first, all at
 * once; weak detections may only continue the remaining tracks. Two things differ, because on a real clip at 5 frames a
 * second plain IoU gave 8 ids to 6 people: near boxes of similar size match without overlap, and a missed track keeps
 * its id for a time instead of a number of frames.
 *
 *   unsure ── strong again ──► sure ── missed ──► missed ── for maxMissMs ──► gone
 *     └── missed for maxMissUnsureMs ──► gone ◄───┘   (and back to sure when it is seen again)
 *
 * A detection clearly above its class's threshold (by `sureMargin`) is sure at once, so its first frame can raise an
 * alarm. A detection just above the threshold must be confirmed by a second one.
 *
 * Always: an id belongs to one track and is never used again; the time of a miss counts from the first look without the
 * thing, because the detector sees a still scene only every few seconds; at most `maxTracks` tracks.
 */
import type { Uptime } from '@forpost/shared/clock.ts';
import type { Box } from '../messages.ts';
import { assign } from './assignment.ts';
import type { Detection } from './detectors/detector.ts';
import { overlap } from './detectors/geometry.ts';
import { begin, boxOf, correct, type Motion, predict } from './kalman.ts';
import { firstSeen, type Standing, seenAgain } from './standing.ts';

export interface TrackedObject {
  readonly id: number;
  readonly class: string;
  /** of the newest detection */
  readonly score: number;
  /** of the most certain detection so far */
  readonly best: number;
  /** the box of the newest detection */
  readonly box: Box;
  /** the number of looks that detected it */
  readonly seen: number;
  /** it may be reported: two strong detections, or one clearly above the threshold */
  readonly sure: boolean;
  /** whether it is parked (standing.ts); undefined for classes that cannot be */
  readonly standing: Standing | undefined;
  /** its estimated movement at `lastSeen` */
  readonly motion: Motion;
  /** ms of the monotonic clock */
  readonly lastSeen: number;
  /** the first look that did not find it, ms of the monotonic clock; undefined while it is seen */
  readonly missedSince: number | undefined;
}

export interface TrackerState {
  readonly nextId: number;
  readonly objects: readonly TrackedObject[];
}

export interface TrackerOptions {
  /** the score from which a detection of `className` starts a track; weaker detections may continue one */
  threshold(className: string): number;
  /** whether things of this class can be parked */
  canStand(className: string): boolean;
}

export const emptyTracker: TrackerState = { nextId: 1, objects: [] };

/** A thing that is hidden, or missed by the detector, keeps its id for this long. */
export const maxMissMs = 2_500;
/** An unsure track ends after this time without a detection: a frame or two at low rates. */
export const maxMissUnsureMs = 500;
/** A parked thing is kept longer: at night a detector finds it only now and then. */
export const maxMissStandingMs = 60_000;
export const maxTracks = 64;
/** The prediction of a missed thing stops after this time. */
const longestExpectationMs = 1_000;
/** The least overlap or nearness (1 = same centre, 0 = one box size away) that continues a track. */
const leastAffinity = { strong: 0.25, weak: 0.4 } as const;
/** A new detection that overlaps a track of its class by more than this is a duplicate. */
const doubleOverlap = 0.7;
/** A single detection this much above the threshold is sure (ByteTrack's own margin). */
export const sureMargin = 0.1;

/** One analysed frame. `uptime`: ms of the monotonic clock, never less than the last call's. */
export function track(
  state: TrackerState,
  detections: readonly Detection[],
  { threshold, canStand }: TrackerOptions,
  uptime: Uptime,
): TrackerState {
  const strong: Detection[] = [];
  const weak: Detection[] = [];
  for (const detection of detections) (detection.score >= threshold(detection.class) ? strong : weak).push(detection);
  const first = continued(state.objects, strong, 'strong', uptime);
  const second = continued(first.missed, weak, 'weak', uptime);
  const next = [...first.seen, ...second.seen, ...stillKnown(second.missed, uptime)];
  let { nextId } = state;
  for (const { class: name, score, box } of first.unused) {
    if (next.length >= maxTracks) break;
    if (next.some((object) => object.class === name && overlap(object.box, box) > doubleOverlap)) continue;
    next.push({
      id: nextId++,
      class: name,
      score,
      best: score,
      box,
      seen: 1,
      sure: score >= threshold(name) + sureMargin,
      standing: canStand(name) ? firstSeen(box, uptime) : undefined,
      motion: begin(box),
      lastSeen: uptime,
      missedSince: undefined,
    });
  }
  return { nextId, objects: next.sort((a, b) => a.id - b.id) };
}

/** Whether the detector should see the next frame although nothing moves: a track is missed or not yet sure. */
export function wantsNextFrame({ objects }: TrackerState): boolean {
  return objects.some(
    ({ sure, missedSince, standing }) => !sure || (missedSince !== undefined && standing?.stands !== true),
  );
}

function continued(
  objects: readonly TrackedObject[],
  detections: readonly Detection[],
  kind: keyof typeof leastAffinity,
  uptime: Uptime,
): { readonly seen: TrackedObject[]; readonly missed: TrackedObject[]; readonly unused: readonly Detection[] } {
  const seen: TrackedObject[] = [];
  const missed = new Set(objects);
  const unused = new Set(detections);
  const expected = objects.map((object) => expectedBox(object, uptime));
  const affinity = (row: number, column: number) => {
    const [object, detection, box] = [objects[row], detections[column], expected[row]];
    if (object === undefined || detection === undefined || box === undefined) return 0;
    return object.class === detection.class ? affinityOf(box, detection.box) : 0;
  };
  for (const { row, column } of assign(objects.length, detections.length, affinity, leastAffinity[kind])) {
    const [object, detection] = [objects[row], detections[column]];
    if (object === undefined || detection === undefined) continue;
    missed.delete(object);
    unused.delete(detection);
    seen.push(moved(object, detection, object.sure || kind === 'strong', uptime));
  }
  return { seen, missed: [...missed], unused: [...unused] };
}

function stillKnown(missed: readonly TrackedObject[], uptime: Uptime): TrackedObject[] {
  return missed.flatMap((object) => {
    const missedSince = object.missedSince ?? uptime;
    return uptime - missedSince < patienceWith(object) ? [{ ...object, missedSince }] : [];
  });
}

function patienceWith({ sure, standing, seen }: TrackedObject): number {
  if (!sure) return maxMissUnsureMs;
  return standing?.stands === true && seen > 1 ? maxMissStandingMs : maxMissMs;
}

function expectedBox({ motion, lastSeen, standing }: TrackedObject, uptime: Uptime): Box {
  if (standing?.stands === true) return boxOf(motion);
  return boxOf(predict(motion, Math.min(longestExpectationMs, uptime - lastSeen) / 1000));
}

function moved(object: TrackedObject, { score, box }: Detection, sure: boolean, uptime: Uptime): TrackedObject {
  return {
    ...object,
    score,
    best: Math.max(object.best, score),
    box,
    seen: object.seen + 1,
    sure,
    standing: object.standing === undefined ? undefined : seenAgain(object.standing, box, uptime),
    motion: correct(predict(object.motion, (uptime - object.lastSeen) / 1000), box),
    lastSeen: uptime,
    missedSince: undefined,
  };
}

/** 0..1: the larger of overlap and nearness of the centres; nearness is reduced for boxes of different sizes */
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
