/**
 * What a camera's empty scene looks like, learned cell by cell: pure arithmetic over arrays that live as long as the
 * camera. Two layers, so that what stood still long enough to be learned leaves no ghost when it goes:
 *
 *   cell like `background` ── drifts with it (slow change of light)
 *   cell like `older`      ── the two change places (what covered it has gone)
 *   cell whose light alone changed ── both layers follow it within a second
 *   cell like neither      ── motion; unchanged for `absorbAfterMs`: it becomes the background, which becomes `older`
 *
 * Always: while learning (the first `learningMs`) what was there at the start and moves away is forgotten at once.
 */
import type { Uptime } from '@forpost/shared/clock.ts';
import { cellKinds } from './cell-kinds.ts';
import { newRestless, type Restless } from './restless.ts';

export interface Background {
  readonly current: Float32Array;
  readonly older: Float32Array;
  /** the frame before, blurred */
  readonly previous: Float32Array;
  /** ms for which a moving cell has looked the same */
  readonly stillMs: Float32Array;
  /** ms since `older` was set apart */
  readonly olderMs: Float32Array;
  readonly restless: Restless;
  /** what a cell is to those around it, whatever the light (light.ts); 1 = the same; learned at `textureAt` */
  readonly texture: Float32Array;
  textureAt: number;
  /** a light blinds the sensor: until then what clips is no thing */
  blindedUntil: number;
  readonly since: number;
  uptime: Uptime;
}

/** grey levels between two frames within which a cell counts as unchanged */
const stillLevels = 6;
const driftMs = 4_000;
/** how fast a change of light is followed, as a time constant */
const lightMs = 500;
const absorbAfterMs = 12_000;
const absorbWhileLearningMs = 1_000;
export const learningMs = 2_500;
/** a covered background that nobody uncovered for this long is forgotten */
const olderLifetimeMs = 120_000;
/** a camera that was away: time that passed without frames teaches nothing */
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

/** ms since the frame before that count: time without frames teaches nothing */
export function stepOf(background: Background, uptime: Uptime): number {
  return Math.min(longestStepMs, Math.max(0, uptime - background.uptime));
}

/**
 * Takes one frame's cells into `background`, which changes in place. `kinds`: of each cell (light.ts); `threshold`:
 * grey levels that mean motion.
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
