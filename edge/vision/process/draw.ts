/** Draws a kept frame as a JPEG with boxes: red for the alarm's tracks, white for the others. */
import type { Box } from '../messages.ts';
import { loadSharp } from './images.ts';
import type { KeptFrame } from './kept-frames.ts';

type Colour = readonly [number, number, number];

const about: Colour = [255, 59, 48];
const others: Colour = [255, 255, 255];
/** the dark edge of each line, visible on any background */
const shade: Colour = [0, 0, 0];
const quality = 88;

/** `tracks`: ids of the alarm's tracks. */
export async function withBoxes(frame: KeptFrame, tracks: readonly number[]): Promise<Buffer> {
  const { width, height } = frame;
  const pixels = { rgb: Uint8Array.from(frame.rgb), width, height };
  for (const { id, box } of [...frame.tracks].sort((a, b) => rank(a.id) - rank(b.id)))
    drawBox(pixels, box, tracks.includes(id) ? about : others);
  const sharp = await loadSharp();
  return sharp(pixels.rgb, { raw: { width, height, channels: 3 } })
    .jpeg({ quality })
    .toBuffer();

  function rank(id: number): number {
    return tracks.includes(id) ? 1 : 0;
  }
}

interface Pixels {
  readonly rgb: Uint8Array;
  readonly width: number;
  readonly height: number;
}

/** Draws two pixels of colour between two of shade; pixels outside the picture are left out. */
export function drawBox(pixels: Pixels, box: Box, colour: Colour): void {
  const left = Math.round(box[0] * pixels.width);
  const top = Math.round(box[1] * pixels.height);
  const right = Math.round((box[0] + box[2]) * pixels.width) - 1;
  const bottom = Math.round((box[1] + box[3]) * pixels.height) - 1;
  for (const [grow, ink] of [
    [1, shade],
    [0, colour],
    [-1, colour],
    [-2, shade],
  ] as const)
    outline(pixels, left - grow, top - grow, right + grow, bottom + grow, ink);
}

function outline(pixels: Pixels, left: number, top: number, right: number, bottom: number, ink: Colour): void {
  for (let x = left; x <= right; x++) {
    dot(pixels, x, top, ink);
    dot(pixels, x, bottom, ink);
  }
  for (let y = top; y <= bottom; y++) {
    dot(pixels, left, y, ink);
    dot(pixels, right, y, ink);
  }
}

function dot({ rgb, width, height }: Pixels, x: number, y: number, ink: Colour): void {
  if (x < 0 || y < 0 || x >= width || y >= height) return;
  rgb.set(ink, (y * width + x) * 3);
}
