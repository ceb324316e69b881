/**
 * The motion gate decides whether the detector should see a frame. It compares one green sample of each cell with a
 * background that follows slowly (0.1 ms a frame). In doubt it reports motion: it saves time and suppresses no alarm.
 *
 *   too few cells differ ──────────► still; the background follows (dusk)
 *   enough cells differ ───────────► motion, unless one gain and offset of the light explain the difference (a cloud, a
 *                                    lamp, lightning, the camera's exposure); the background follows
 *   a quarter of the cells differ ─► the same, but the background waits for a second such frame, so that a flash leaves
 *                                    it unchanged; then the background is the new frame, or the old one in new light
 *
 * Always: masked cells are neither counted nor used to estimate the light.
 */
import type { Frame } from './detectors/detector.ts';
import { type MotionMask, maskedCells } from './motion-mask.ts';

/** pixels a side of a cell */
const cellPixels = 4;
/** grey levels by which a sample must differ; more than a cheap sensor's noise at night */
const threshold = 24;
/** part of the unmasked picture that must differ */
const leastPart = 0.0015;
/** if a larger part of the unmasked picture differs, the light or the camera changed */
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
  /** in the frame before, more than `lightPart` differed */
  #changed = false;

  /** `masks`: areas whose motion is no motion */
  constructor(masks: readonly MotionMask[] = []) {
    this.#masks = masks;
  }

  /** Replaces the masks from the next frame on; the background stays. */
  setMasks(masks: readonly MotionMask[]): void {
    this.#masks = masks;
    this.#mask();
  }

  /** Whether something moves in `frame`, compared with the frames before; the first frame counts as motion. */
  detectMotion(frame: Frame): boolean {
    const width = Math.floor(frame.pictureWidth / cellPixels);
    const height = Math.floor(frame.pictureHeight / cellPixels);
    const isNew = this.#width !== width || this.#sample.length !== width * height;
    if (isNew) this.#begin(width, height);
    const elapsedMs = Math.max(0, frame.uptime - this.#uptime);
    this.#uptime = frame.uptime;
    this.#sampleCells(frame, height);
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

  /** Copies the green value at the centre of each cell of the motion grid. */
  #sampleCells({ rgb, size }: Frame, height: number): void {
    const green = 1;
    for (let y = 0, cell = 0; y < height; y++) {
      let at = (y * size * cellPixels + (size + 1) * (cellPixels >> 1)) * 3 + green;
      for (let x = 0; x < this.#width; x++, cell++, at += 3 * cellPixels) this.#sample[cell] = rgb[at] ?? 0;
    }
  }

  /** Number of unmasked cells that differ from the background under this gain and offset. */
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

  /** Sets the background to itself in the new light if light explains the change, else to the new frame. */
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
    // without texture in the picture the gain cannot be estimated
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
