/**
 * Privacy masks: computes the pixels of a picture that nobody may see. Pure. newest-frame.ts paints them black before a
 * frame can be read, so live pictures, evidence and detection never see them.
 *
 * Always: a mask covers every pixel that it touches, and `marginPixels` around it, because a scaler mixes neighbouring
 * pixels.
 */
import type { MaskConfig } from '../../site/site.ts';

/** Pixels [from, to) of row `y`. */
export interface Span {
  readonly y: number;
  readonly from: number;
  readonly to: number;
}

/** A bicubic scaler mixes two source pixels on each side; when it scales down, those are fewer than two pixels here. */
const marginPixels = 2;

/** The spans to paint black in a picture of `width` x `height` pixels; `masks` in 0..1 of the picture. */
export function maskSpans(masks: readonly MaskConfig[], width: number, height: number): readonly Span[] {
  const spans: Span[] = [];
  const polygons = masks.map(({ points }) => points.map(([x, y]) => [x * width, y * height] as const));
  for (let y = 0; y < height; y++) {
    const touched = polygons.flatMap((polygon) => touchedInBand(polygon, y - marginPixels, y + 1 + marginPixels));
    const pixels = touched.map(([from, to]) => ({
      y,
      from: Math.max(0, Math.floor(from) - marginPixels),
      to: Math.min(width, Math.ceil(to) + marginPixels),
    }));
    spans.push(...merged(pixels.filter(({ from, to }) => from < to)));
  }
  return spans;
}

/** Paints `spans` black in rows of `stride` pixels of 3 bytes. */
export function blacken(rgb: Uint8Array, stride: number, spans: readonly Span[]): void {
  for (const { y, from, to } of spans) rgb.fill(0, (y * stride + from) * 3, (y * stride + to) * 3);
}

type Corner = readonly [number, number];

/**
 * The ranges of x that the polygon touches between heights `top` and `bottom`. Each point of the polygon in this band
 * lies vertically above or below an inner point on the middle line, or above or below a piece of the border.
 */
function touchedInBand(polygon: readonly Corner[], top: number, bottom: number): (readonly [number, number])[] {
  const stretches: (readonly [number, number])[] = [];
  const middle = (top + bottom) / 2;
  const crossings: number[] = [];
  polygon.forEach(([bx, by], index) => {
    const [ax, ay] = polygon[(index + polygon.length - 1) % polygon.length] ?? [bx, by];
    if (Math.max(ay, by) < top || Math.min(ay, by) > bottom) return;
    const at = (y: number) => (ay === by ? ax : ax + ((bx - ax) * (y - ay)) / (by - ay));
    const [one, other] = ay === by ? [ax, bx] : [at(clamp(ay, top, bottom)), at(clamp(by, top, bottom))];
    stretches.push([Math.min(one, other), Math.max(one, other)]);
    if (ay > middle !== by > middle) crossings.push(at(middle));
  });
  crossings.sort((a, b) => a - b);
  for (let i = 0; i + 1 < crossings.length; i += 2) stretches.push([crossings[i] ?? 0, crossings[i + 1] ?? 0]);
  return stretches;
}

function merged(spans: readonly Span[]): Span[] {
  const result: Span[] = [];
  for (const span of [...spans].sort((a, b) => a.from - b.from)) {
    const last = result.at(-1);
    if (last === undefined || span.from > last.to) result.push(span);
    else if (span.to > last.to) result[result.length - 1] = { ...last, to: span.to };
  }
  return result;
}

function clamp(value: number, least: number, most: number): number {
  return Math.min(most, Math.max(least, value));
}
