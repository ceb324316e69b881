/**
 * The motion gate: whether a frame is worth a detector's time. Looks at one green sample of each cell of the frame
 * (a tenth of a millisecond), against a background that follows slowly. It errs towards "yes": it saves time, it
 * decides nothing.
 */
import type { Frame } from './detectors/detector.ts';

/** pixels a side of a cell */
const cellPixels = 4;
/** grey levels that one sample must differ: above a cheap sensor's noise at night */
const threshold = 24;
/** part of the picture that must differ */
const leastPart = 0.0015;
/** how fast the background follows, as a time constant */
const followMs = 2_000;

export class MotionGate {
  #background: Float32Array | undefined;
  #width = 0;
  #uptime = 0;

  /** Whether something moves in `frame`, compared with the frames before; the first frame counts as motion. */
  look(frame: Frame): boolean {
    const width = Math.floor(frame.pictureWidth / cellPixels);
    const height = Math.floor(frame.pictureHeight / cellPixels);
    const cells = width * height;
    let background = this.#background;
    const isNew = background === undefined || background.length !== cells || this.#width !== width;
    if (background === undefined || isNew) {
      background = new Float32Array(cells);
      this.#background = background;
      this.#width = width;
    }
    const follow = isNew ? 1 : 1 - Math.exp(-Math.max(0, frame.uptime - this.#uptime) / followMs);
    this.#uptime = frame.uptime;
    const needed = Math.max(2, leastPart * cells);
    let moving = 0;
    const green = 1;
    for (let y = 0, cell = 0; y < height; y++) {
      let at = (y * frame.size * cellPixels + (frame.size + 1) * (cellPixels >> 1)) * 3 + green;
      for (let x = 0; x < width; x++, cell++, at += 3 * cellPixels) {
        const known = background[cell] ?? 0;
        const change = (frame.rgb[at] ?? 0) - known;
        if (change > threshold || change < -threshold) moving++;
        background[cell] = known + follow * change;
      }
    }
    return isNew || moving >= needed;
  }
}
