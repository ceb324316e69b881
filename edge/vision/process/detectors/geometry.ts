/** Boxes and letterboxes, shared by the pre- and post-processing of all detectors. Pure. */
import type { Box } from '../../messages.ts';

/**
 * The largest picture of the source's proportions in a square of `size` pixels, rounded to the nearest like ffmpeg's
 * scale filter (av_rescale). Multiply first: 432 * (416 / 768) is 233.99999999999997 in floating point.
 */
export function letterbox(
  width: number,
  height: number,
  size: number,
): { readonly width: number; readonly height: number } {
  return {
    width: Math.max(1, Math.min(size, Math.round((size * width) / height))),
    height: Math.max(1, Math.min(size, Math.round((size * height) / width))),
  };
}

/** Intersection over union, 0..1; 0 for boxes without an area. */
export function overlap(a: Box, b: Box): number {
  const width = Math.min(a[0] + a[2], b[0] + b[2]) - Math.max(a[0], b[0]);
  const height = Math.min(a[1] + a[3], b[1] + b[3]) - Math.max(a[1], b[1]);
  if (width <= 0 || height <= 0) return 0;
  const shared = width * height;
  // the sides are so small that their product is 0
  if (shared === 0) return 0;
  return shared / (a[2] * a[3] + b[2] * b[3] - shared);
}

/**
 * Non-maximum suppression within each class (greedy, best score first): if two boxes of a class overlap by more than
 * `maxOverlap`, the one with the lower score is removed. At most `limit` are kept.
 */
export function suppress<T extends { readonly class: string; readonly score: number; readonly box: Box }>(
  candidates: readonly T[],
  maxOverlap: number,
  limit: number,
): T[] {
  const kept: T[] = [];
  for (const candidate of [...candidates].sort((a, b) => b.score - a.score)) {
    if (kept.length >= limit) break;
    if (!kept.some((k) => k.class === candidate.class && overlap(k.box, candidate.box) > maxOverlap))
      kept.push(candidate);
  }
  return kept;
}
