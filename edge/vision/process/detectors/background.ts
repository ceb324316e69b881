/**
 * Learns a camera's empty scene, cell by cell. Pure arithmetic over arrays that live as long as the camera. There are
 * two layers, so that a thing that stood still long enough to be learned leaves no ghost when it goes:
 *
 *   cell like `current`    ── the background drifts with it (slow change of light)
 *   cell like `older`      ── the two layers change places (the thing that covered this cell is gone)
 *   cell whose light alone changed ── both layers follow within a second
 *   cell like neither      ── motion; unchanged for `absorbAfterMs`: it becomes `current`, `current` becomes `older`
 *
 * Always: a thing that leaves during learning (the first `learningMs`) is forgotten at once.
 */
import type { Uptime } from '@forpost/shared/clock.ts';
import { cellKinds } from './cell-kinds.ts';
import { newRestless, type Restless } from './restless.ts';

export interface Background {
  readonly current: Float32Array;
  readonly older: Float32Array;
  /** the previous frame, blurred */
  readonly previous: Float32Array;
  /** ms for which a moving cell has looked the same */
  readonly stillMs: Float32Array;
  /** ms since `older` was last replaced */
  readonly olderMs: Float32Array;
  readonly restless: Restless;
  /** a cell's level over the mean level around it, independent of light (light.ts); last learned at `textureAt` */
  readonly texture: Float32Array;
  textureAt: number;
  /** a light blinds the sensor: until this time, clipped cells are not taken for things */
  blindedUntil: number;
  readonly since: number;
  uptime: Uptime;
}

/** grey levels between two frames within which a cell counts as unchanged */
const stillLevels = 6;
const driftMs = 4_000;
/** time constant with which the layers follow a change of light */
const lightMs = 500;
const absorbAfterMs = 12_000;
const absorbWhileLearningMs = 1_000;
export const learningMs = 2_500;
/** a covered background that stays covered this long is forgotten */
const olderLifetimeMs = 120_000;
/** the longest step between two frames that counts as learning: a time without frames teaches no background */
const longestStepMs = 1_000;

export function newBackground(grey: Float32Array, uptime: Uptime): Background {
  return {
    current: grey.slice(),
    older: grey.slice(),
    previous: grey.slice(),
    stillMs: new Float32Array(grey.length),
    olderMs: new Float32Array(grey.length),
    restless: newRestless(grey.length),
    texture: new Float32Array(grey.length).fill(1),
    textureAt: Number.NEGATIVE_INFINITY,
    blindedUntil: Number.NEGATIVE_INFINITY,
    since: uptime,
    uptime,
  };
}

export function isLearning(background: Background, uptime: Uptime): boolean {
  return uptime - background.since < learningMs;
}

/** ms since the previous frame, at most `longestStepMs` */
export function stepOf(background: Background, uptime: Uptime): number {
  return Math.min(longestStepMs, Math.max(0, uptime - background.uptime));
}

/**
 * Updates `background` in place with the cells of one frame. `kinds`: the kind of each cell (light.ts); `threshold`: a
 * difference in grey levels that means motion.
 */
export function learn(
  background: Background,
  grey: Float32Array,
  kinds: Uint8Array,
  uptime: Uptime,
  threshold: number,
): void {
  const { current, older, previous, stillMs, olderMs } = background;
  const stepMs = stepOf(background, uptime);
  const brightening = 1 - Math.exp(-stepMs / lightMs);
  const drift = 1 - Math.exp(-stepMs / driftMs);
  const learning = isLearning(background, uptime);
  const absorbMs = learning ? absorbWhileLearningMs : absorbAfterMs;
  background.uptime = uptime;
  for (let i = 0; i < grey.length; i++) {
    const level = grey[i] ?? 0;
    const known = current[i] ?? 0;
    const covered = older[i] ?? 0;
    if (Math.abs(level - known) <= threshold) {
      current[i] = known + drift * (level - known);
      stillMs[i] = 0;
      const age = (olderMs[i] ?? 0) + stepMs;
      olderMs[i] = age;
      if (age > olderLifetimeMs) older[i] = current[i] ?? level;
    } else if (Math.abs(level - covered) <= threshold) {
      current[i] = level;
      older[i] = known;
      olderMs[i] = 0;
      stillMs[i] = 0;
    } else if (kinds[i] === cellKinds.light) {
      const lit = known + brightening * (level - known);
      older[i] = Math.min(255, (covered * (lit + 1)) / (known + 1));
      current[i] = lit;
      stillMs[i] = 0;
    } else if (Math.abs(level - (previous[i] ?? 0)) > stillLevels) stillMs[i] = 0;
    else {
      const still = (stillMs[i] ?? 0) + stepMs;
      stillMs[i] = still;
      if (still > absorbMs) {
        current[i] = level;
        older[i] = learning ? level : known;
        olderMs[i] = 0;
        stillMs[i] = 0;
      }
    }
    previous[i] = level;
  }
}
