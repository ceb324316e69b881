/**
 * Finds places that keep changing (leaves in the wind, water, rain). Pure arithmetic over arrays that live as long as
 * the camera. The threshold rises in a place that changed back and forth a few times; a person who walks by changes a
 * place only once or twice.
 */
import type { Uptime } from '@forpost/shared/clock.ts';
export interface Restless {
  /** how often a cell changed recently, as a count that fades */
  readonly changes: Float32Array;
  /** cells that are changed now */
  readonly changed: Uint8Array;
  /** factor on a cell's threshold; 1: not raised */
  readonly factors: Float32Array;
  spreadAt: number;
}

/** A difference from this part of the motion threshold on counts as a change, because leaves begin to move gently. */
const countedPart = 0.5;
const fadeMs = 20_000;
/** recent changes from which the threshold rises, and from which it is at its highest */
const fewChanges = 1.6;
const manyChanges = 3;
const highestFactor = 2.6;
/** The threshold also rises this many cells around, because the next gust may reach further. */
const reachCells = 3;
const spreadEveryMs = 400;

export function newRestless(cells: number): Restless {
  return {
    changes: new Float32Array(cells),
    changed: new Uint8Array(cells),
    factors: new Float32Array(cells).fill(1),
    spreadAt: Number.NEGATIVE_INFINITY,
  };
}

/** Updates `restless` in place with one frame's `difference` from the background (grey levels). */
export function notice(
  restless: Restless,
  difference: Float32Array,
  threshold: number,
  stepMs: number,
  uptime: Uptime,
  stride: number,
): void {
  const { changes, changed } = restless;
  const fade = Math.exp(-stepMs / fadeMs);
  const counted = countedPart * threshold;
  for (let i = 0; i < changes.length; i++) {
    const now = (difference[i] ?? 0) > counted ? 1 : 0;
    changes[i] = (changes[i] ?? 0) * fade + (now === 1 && changed[i] === 0 ? 1 : 0);
    changed[i] = now;
  }
  if (uptime - restless.spreadAt < spreadEveryMs) return;
  restless.spreadAt = uptime;
  spread(restless, stride);
}

/** Sets each cell's factor by the most restless cell around it: a maximum over rows, then over columns. */
function spread({ changes, factors }: Restless, stride: number): void {
  const rows = new Float32Array(changes.length);
  const height = changes.length / stride;
  for (let y = 0; y < height; y++)
    for (let x = 0; x < stride; x++) {
      let most = 0;
      for (let nx = Math.max(0, x - reachCells); nx <= Math.min(stride - 1, x + reachCells); nx++)
        most = Math.max(most, changes[y * stride + nx] ?? 0);
      rows[y * stride + x] = most;
    }
  for (let y = 0; y < height; y++)
    for (let x = 0; x < stride; x++) {
      let most = 0;
      for (let ny = Math.max(0, y - reachCells); ny <= Math.min(height - 1, y + reachCells); ny++)
        most = Math.max(most, rows[ny * stride + x] ?? 0);
      const part = Math.min(1, Math.max(0, (most - fewChanges) / (manyChanges - fewChanges)));
      factors[y * stride + x] = 1 + part * (highestFactor - 1);
    }
}
