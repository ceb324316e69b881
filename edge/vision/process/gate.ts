/**
 * The motion gate: whether a frame is worth a detector's time. Looks at one green sample of each cell of the frame
 * (a tenth of a millisecond), against a background that follows slowly. It errs towards "yes": it saves time, it
 * decides nothing.
 *
 *   too few cells differ ──────► still; the background follows (dusk)
 *   enough do ─────────────────► motion, unless one gain and offset of the light explain it (a cloud, a lamp,
 *                                lightning, the camera's exposure); the background follows
 *   a quarter of them does ────► the same; the background waits for a second such frame in a row, so that a flash
 *                                leaves it as it was, and then becomes what is seen (or what was known, so lit)
 *
 * Always: masked cells neither count nor explain.
 */
import type { Frame } from './detectors/detector.ts';
import { type MotionMask, maskedCells } from './motion-mask.ts';

/** pixels a side of a cell */
const cellPixels = 4;
/** grey levels that one sample must differ: above a cheap sensor's noise at night */
const threshold = 24;
/** part of the unmasked picture that must differ */
const leastPart = 0.0015;
/** part of the unmasked picture that differs only if the light or the camera changed */
const lightPart = 0.25;
/** how fast the background follows, as a time constant */
const followMs = 2_000;
const white = 255;

export class MotionGate {
  #masks: readonly MotionMask[];
  #masked: Uint8Array | undefined;
  #background = new Float32Array(0);
  #sample = new Uint8Array(0);
  #width = 0;
  #uptime = 0;
  /** unmasked cells */
  #counted = 0;
  /** the frame before differed as a whole */
  #changed = false;

  /** `masks`: areas whose motion is no motion */
  constructor(masks: readonly MotionMask[] = []) {
    this.#masks = masks;
  }

  /** Others from the next frame on; what is known of the picture stays. */
  setMasks(masks: readonly MotionMask[]): void {
    this.#masks = masks;
    this.#mask();
  }

  /** Whether something moves in `frame`, compared with the frames before; the first frame counts as motion. */
  look(frame: Frame): boolean {
    const width = Math.floor(frame.pictureWidth / cellPixels);
    const height = Math.floor(frame.pictureHeight / cellPixels);
    const isNew = this.#width !== width || this.#sample.length !== width * height;
    if (isNew) this.#begin(width, height);
    const elapsedMs = Math.max(0, frame.uptime - this.#uptime);
    this.#uptime = frame.uptime;
    this.#take(frame, height);
    if (isNew) {
      this.#background.set(this.#sample);
      return this.#counted > 0;
    }
    const needed = Math.max(2, leastPart * this.#counted);
    const moving = this.#differing(1, 0);
    let motion = false;
    if (moving >= needed) {
      const { gain, offset } = this.#light();
      const left = this.#differing(gain, offset);
      motion = left >= needed;
      if (moving > lightPart * this.#counted) {
        if (this.#changed) this.#replace(left <= lightPart * this.#counted, gain, offset);
        this.#changed = true;
        return motion;
      }
    }
    this.#changed = false;
    this.#follow(1 - Math.exp(-elapsedMs / followMs));
    return motion;
  }

  #begin(width: number, height: number): void {
    this.#width = width;
    this.#background = new Float32Array(width * height);
    this.#sample = new Uint8Array(width * height);
    this.#changed = false;
    this.#mask();
  }

  #mask(): void {
    const cells = this.#sample.length;
    this.#masked = cells === 0 ? undefined : maskedCells(this.#masks, this.#width, cells / this.#width);
    this.#counted = cells - (this.#masked?.reduce((sum, masked) => sum + masked, 0) ?? 0);
  }

  #take({ rgb, size }: Frame, height: number): void {
    const green = 1;
    for (let y = 0, cell = 0; y < height; y++) {
      let at = (y * size * cellPixels + (size + 1) * (cellPixels >> 1)) * 3 + green;
      for (let x = 0; x < this.#width; x++, cell++, at += 3 * cellPixels) this.#sample[cell] = rgb[at] ?? 0;
    }
  }

  /** Unmasked cells that differ from the background as this gain and offset would light it. */
  #differing(gain: number, offset: number): number {
    const sample = this.#sample;
    const background = this.#background;
    const masked = this.#masked;
    let count = 0;
    for (let i = 0; i < sample.length; i++) {
      const expected = gain * (background[i] ?? 0) + offset;
      const change = (sample[i] ?? 0) - Math.min(white, Math.max(0, expected));
      if ((change > threshold || change < -threshold) && (masked === undefined || masked[i] === 0)) count++;
    }
    return count;
  }

  /** The background becomes what it is in this light, or what is seen where no light explains that. */
  #replace(explained: boolean, gain: number, offset: number): void {
    const background = this.#background;
    for (let i = 0; i < background.length; i++)
      background[i] = explained
        ? Math.min(white, Math.max(0, gain * (background[i] ?? 0) + offset))
        : (this.#sample[i] ?? 0);
  }

  /** The gain and offset that bring the background nearest to the sample (least squares over unmasked cells). */
  #light(): { readonly gain: number; readonly offset: number } {
    let [n, sums, sumb, sumbs, sumbb] = [0, 0, 0, 0, 0];
    for (let i = 0; i < this.#sample.length; i++) {
      if (this.#masked?.[i] === 1) continue;
      const s = this.#sample[i] ?? 0;
      const b = this.#background[i] ?? 0;
      n++;
      sums += s;
      sumb += b;
      sumbs += b * s;
      sumbb += b * b;
    }
    const variance = n * sumbb - sumb * sumb;
    // a picture without any texture has no gain
    const gain = variance < n * n ? 1 : Math.max(0, (n * sumbs - sumb * sums) / variance);
    return { gain, offset: (sums - gain * sumb) / n };
  }

  #follow(part: number): void {
    const sample = this.#sample;
    const background = this.#background;
    for (let i = 0; i < sample.length; i++) {
      const known = background[i] ?? 0;
      background[i] = known + part * ((sample[i] ?? 0) - known);
    }
  }
}
