/** Motion masks: areas of a picture whose motion is ignored (a tree, a street), as cells of a motion grid. Pure. */
import { contains } from '../geometry.ts';

export type MotionMask = readonly (readonly [number, number])[];

/**
 * One byte per cell of a grid of `width` x `height` cells, rows from the top; 1: the cell's centre lies in one of
 * `masks` (corners 0..1 of the picture). Undefined if there are no masks, so that the common case costs nothing.
 */
export function maskedCells(masks: readonly MotionMask[], width: number, height: number): Uint8Array | undefined {
  if (masks.length === 0) return undefined;
  const cells = new Uint8Array(width * height);
  for (let y = 0, cell = 0; y < height; y++)
    for (let x = 0; x < width; x++, cell++)
      if (masks.some((mask) => contains(mask, [(x + 0.5) / width, (y + 0.5) / height]))) cells[cell] = 1;
  return cells;
}
