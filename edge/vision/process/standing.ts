/**
 * Which things merely stand there, pure: a parked car, a bench. Only for classes that cannot walk in by themselves
 * (`defaultStaticClasses`, or the camera's own list): a person who stands still stays a person.
 *
 *   first seen ──► standing ── moved, in two looks running ──► moving ── in one place for standsAfterMs ──► standing
 *
 * A thing stands from its first look on: what was there when the camera came, or what a detector finds only now and
 * then, has not driven in. Something in front of it hides one of its sides and changes its box, but moves no two
 * opposite sides at once, which is how moving is told from being hidden.
 */
import type { Uptime } from '@forpost/shared/clock.ts';
import type { Box } from '../messages.ts';

export interface Standing {
  readonly stands: boolean;
  /** where it stands, or was last seen to move to */
  readonly place: Box;
  /** ms of the monotonic clock: since when it is in `place` */
  readonly since: number;
  /** the look before this one found it out of `place` */
  readonly outOfPlace: boolean;
}

/** Those of COCO's classes that are no living things; a class that nobody knows is taken to live. */
export const defaultStaticClasses: readonly string[] =
  `bicycle car motorbike aeroplane bus train truck boat traffic_light fire_hydrant stop_sign parking_meter bench
backpack umbrella handbag tie suitcase frisbee skis snowboard sports_ball kite baseball_bat baseball_glove skateboard
surfboard tennis_racket bottle wine_glass cup fork knife spoon bowl banana apple sandwich orange broccoli carrot
hot_dog pizza donut cake chair sofa pottedplant bed diningtable toilet tvmonitor laptop mouse remote keyboard
cell_phone microwave oven toaster sink refrigerator book clock vase scissors teddy_bear hair_drier toothbrush`
    .split(/\s+/)
    .map((name) => name.replaceAll('_', ' '));

/** How long a thing must be in one place to be taken as parked. */
export const standsAfterMs = 10_000;
/** Opposite sides that both moved by this part of the box, and at least this part of the picture, moved. */
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
