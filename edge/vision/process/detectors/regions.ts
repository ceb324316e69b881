/**
 * Finds connected regions (8-connected) of a motion map. Pure. An explicit stack of at most the map's length keeps the
 * cost bounded, also for a map full of motion.
 */
export interface Region {
  /** inclusive bounds, in cells, of the changed cells (not of the widened map) */
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
  /** number of changed cells */
  readonly cells: number;
  /** mean difference of the changed cells, grey levels */
  readonly meanDifference: number;
}

/**
 * Regions of `map` (> 0 = motion, widened) within the top left `width` x `height` cells of a grid that is `stride`
 * cells wide; bounds and means come from `difference` where it is above `threshold`. Largest first, at most `limit`.
 */
export function findRegions(
  map: Float32Array,
  difference: Float32Array,
  stride: number,
  width: number,
  height: number,
  threshold: number,
  limit: number,
): Region[] {
  const seen = new Uint8Array(stride * height);
  const stack = new Int32Array(stride * height);
  const regions: Region[] = [];
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      const start = y * stride + x;
      if (seen[start] === 1 || !((map[start] ?? 0) > 0)) continue;
      const region = flood(start);
      if (region.cells > 0) regions.push(region);
    }
  return regions.sort((a, b) => b.cells - a.cells).slice(0, limit);

  function flood(start: number): Region {
    let depth = 0;
    stack[depth++] = start;
    seen[start] = 1;
    let [left, top, right, bottom, cells, sum] = [width, height, -1, -1, 0, 0];
    while (depth > 0) {
      const cell = stack[--depth] ?? 0;
      const x = cell % stride;
      const y = (cell - x) / stride;
      const changed = difference[cell] ?? 0;
      if (changed > threshold) {
        left = Math.min(left, x);
        right = Math.max(right, x);
        top = Math.min(top, y);
        bottom = Math.max(bottom, y);
        cells++;
        sum += changed;
      }
      for (let ny = Math.max(0, y - 1); ny <= Math.min(height - 1, y + 1); ny++)
        for (let nx = Math.max(0, x - 1); nx <= Math.min(width - 1, x + 1); nx++) {
          const next = ny * stride + nx;
          if (seen[next] === 1 || !((map[next] ?? 0) > 0)) continue;
          seen[next] = 1;
          stack[depth++] = next;
        }
    }
    return { left, top, right, bottom, cells, meanDifference: cells === 0 ? 0 : sum / cells };
  }
}
