/**
 * Decides which things are parked (a car, a bench). Pure. Only classes that do not move by themselves can be parked
 * (`defaultStaticClasses`, or the camera's own list): a person who stands still is not parked.
 *
 *   first seen ──► standing ── moved, in two looks running ──► moving ── in one place for standsAfterMs ──► standing
 *
 * A thing counts as standing from its first look on: a car that was there before the camera, or that the detector finds
 * only now and then, has not driven in. A thing that is partly hidden changes one side of its box; a moving thing
 * changes two opposite sides. That distinguishes moving from hidden.
 */
import type { Uptime } from '@forpost/shared/clock.ts';
import type { Box } from '../messages.ts';

export interface Standing {
  readonly stands: boolean;
  /** the box in which it stands, or to which it was last seen to move */
  readonly place: Box;
  /** ms of the monotonic clock: since when it is in `place` */
  readonly since: number;
  /** the previous look found it outside `place` */
  readonly outOfPlace: boolean;
}

/** COCO's classes without people and animals. A class that is not in this list counts as living. */
export const defaultStaticClasses: readonly string[] =
  `bicycle car motorbike aeroplane bus train truck boat traffic_light fire_hydrant stop_sign parking_meter bench
backpack umbrella handbag tie suitcase frisbee skis snowboard sports_ball kite baseball_bat baseball_glove skateboard
surfboard tennis_racket bottle wine_glass cup fork knife spoon bowl banana apple sandwich orange broccoli carrot
hot_dog pizza donut cake chair sofa pottedplant bed diningtable toilet tvmonitor laptop mouse remote keyboard
cell_phone microwave oven toaster sink refrigerator book clock vase scissors teddy_bear hair_drier toothbrush`
    .split(/\s+/)
    .map((name) => name.replaceAll('_', ' '));

/** A thing that stays in one place for this long is parked. */
export const standsAfterMs = 10_000;
/** A thing moved if two opposite sides moved by `movedPart` of the box and by `movedLeast` of the picture. */
const movedPart = 0.15;
const movedLeast = 0.01;

/** A thing seen for the first time. */
export function firstSeen(box: Box, uptime: Uptime): Standing {
  return { stands: true, place: box, since: uptime, outOfPlace: false };
}

/** The same thing, seen again at `box`. */
export function seenAgain(before: Standing, box: Box, uptime: Uptime): Standing {
  if (!hasMoved(before.place, box)) {
    const stands = before.stands || uptime - before.since >= standsAfterMs;
    return { ...before, stands, outOfPlace: false };
  }
  if (before.stands && !before.outOfPlace) return { ...before, outOfPlace: true };
  return { stands: false, place: box, since: uptime, outOfPlace: false };
}

function hasMoved(place: Box, box: Box): boolean {
  return movedAlong(place[0], place[2], box[0], box[2]) || movedAlong(place[1], place[3], box[1], box[3]);
}

function movedAlong(from: number, length: number, to: number, newLength: number): boolean {
  const least = Math.max(movedLeast, movedPart * length);
  return Math.abs(to - from) > least && Math.abs(to + newLength - from - length) > least;
}
