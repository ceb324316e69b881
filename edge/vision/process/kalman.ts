/**
 * Predicts a box: a Kalman filter of constant velocity over its centre and sides, as in SORT
 * (https://arxiv.org/abs/1602.00763) and ByteTrack (https://arxiv.org/abs/2110.06864). The covariance is block
 * diagonal, so each of the four numbers has its own filter of two states, value and speed. Noise is in parts of the
 * box's size. SORT and ByteTrack count noise per frame at 30 frames a second; this filter counts it per second, because
 * frame rates vary and the detector sees a still scene only every few seconds.
 *
 * Always: pure; no variance is negative, whatever the measurements and however long the pause between them.
 */
import type { Box } from '../messages.ts';

/** One number: its estimate, its speed per second, and their covariance. */
interface Axis {
  readonly value: number;
  readonly speed: number;
  readonly valueVariance: number;
  readonly covariance: number;
  readonly speedVariance: number;
}

/** centre x, centre y, width, height, each in parts of the picture */
export type Motion = readonly [Axis, Axis, Axis, Axis];

/** ByteTrack's weights (a 20th and a 160th of the height a frame, 30 frames a second), in box sizes. */
const measured = 1 / 20;
const firstPlace = 2 / 20;
const firstSpeed = (10 / 160) * 30;
/** a second */
const placeNoise = (1 / 20) ** 2 * 30;
const speedNoise = ((1 / 160) * 30) ** 2 * 30;
/** The smallest size used for noise: with no noise, a box of size 0 would never be matched again. */
const smallestSize = 0.01;

/** The state of a box that is seen for the first time; its speed is unknown. */
export function begin(box: Box): Motion {
  const size = sizeOf(box);
  return axes((index) => ({
    value: numberOf(box, index),
    speed: 0,
    valueVariance: (firstPlace * size) ** 2,
    covariance: 0,
    speedVariance: (firstSpeed * size) ** 2,
  }));
}

/** The state `seconds` later at constant velocity. */
export function predict(motion: Motion, seconds: number): Motion {
  const size = sizeOf(boxOf(motion));
  const t = Math.max(0, seconds);
  const place = placeNoise * size ** 2;
  const speed = speedNoise * size ** 2;
  return axes((index) => {
    const axis = motion[index];
    return {
      value: axis.value + axis.speed * t,
      speed: axis.speed,
      // white noise on the speed, integrated over the time
      valueVariance:
        axis.valueVariance + 2 * t * axis.covariance + t ** 2 * axis.speedVariance + place * t + (speed * t ** 3) / 3,
      covariance: axis.covariance + t * axis.speedVariance + (speed * t ** 2) / 2,
      speedVariance: axis.speedVariance + speed * t,
    };
  });
}

/** The state after `box` was measured. */
export function correct(motion: Motion, box: Box): Motion {
  const noise = (measured * sizeOf(box)) ** 2;
  return axes((index) => {
    const { value, speed, valueVariance, covariance, speedVariance } = motion[index];
    const surprise = numberOf(box, index) - value;
    const certainty = valueVariance + noise;
    const gain = valueVariance / certainty;
    const speedGain = covariance / certainty;
    return {
      value: value + gain * surprise,
      speed: speed + speedGain * surprise,
      valueVariance: (1 - gain) * valueVariance,
      covariance: (1 - gain) * covariance,
      speedVariance: Math.max(0, speedVariance - speedGain * covariance),
    };
  });
}

/** The estimated box; its sides are never negative. */
export function boxOf([x, y, width, height]: Motion): Box {
  const [w, h] = [Math.max(0, width.value), Math.max(0, height.value)];
  return [x.value - w / 2, y.value - h / 2, w, h];
}

/** The centre's speed in parts of the picture a second. */
export function speedOf([x, y]: Motion): readonly [number, number] {
  return [x.speed, y.speed];
}

function axes(of: (index: 0 | 1 | 2 | 3) => Axis): Motion {
  return [of(0), of(1), of(2), of(3)];
}

function numberOf(box: Box, index: 0 | 1 | 2 | 3): number {
  if (index === 0) return box[0] + box[2] / 2;
  if (index === 1) return box[1] + box[3] / 2;
  return box[index];
}

/** the mean of a box's sides, in which noise is counted */
function sizeOf([, , width, height]: Box): number {
  return Math.max(smallestSize, (width + height) / 2);
}
