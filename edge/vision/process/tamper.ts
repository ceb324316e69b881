/**
 * Detects tampering with a camera. About once a second a frame is compared with a reference that follows slowly. Both
 * are divided into cells of some pixels and blocks of cells; each block is normalised for brightness and contrast, so
 * that dusk, clouds, lamps and exposure change little.
 *
 *   learning ── 10 looks with something to see ──► watching ── another view for some seconds ──► tampered
 *                                                     ▲ ▲──────── as before for some seconds ──────────┤
 *                                                     └── moved: the same new view for 15 minutes ─────┘
 *
 *   covered: the known structures are gone, and almost no structure is left (a bag, paint, or darkness)
 *   moved:   the known structures are gone, and the picture shows others
 *   blurred: the structures are there, but without sharp edges (out of focus, spray, a wet lens)
 *
 * Always:
 * - a flash, a passing lorry, or any change of a few seconds gives no verdict
 * - a reference without structure (fog, night) gives no verdict
 * - masked areas are flat and are not compared
 * - the reference does not learn from a picture under suspicion
 */
import type { Uptime } from '@forpost/shared/clock.ts';
import type { Tamper } from '../messages.ts';
import type { Frame } from './detectors/detector.ts';

export type Verdict = Exclude<Tamper, 'stalled'> | null;

const checkEveryMs = 950;
const learningFrames = 10;
/** Time constant with which the reference follows daylight and parked cars. */
const followMs = 60_000;
/** Longer than a lorry passes, an autofocus searches, or a head is before the lens. */
const persistMs = 4_000;
const adoptAfterMs = 900_000;
const columns = 64;
const [blocksAcross, blocksDown] = [8, 6];
/** A block has structure from this difference between its cells on, in grey levels. */
const leastStructure = 2.5;
/** With fewer blocks that have structure, there is no verdict. */
const leastBlocks = 6;
/** Below this normalised correlation, a block has changed. */
const leastLikeness = 0.4;
const mostChanged = 0.7;
/** A covered lens shows less than this part of the known structure. */
const coveredStructure = 0.35;
/** Light through a hand or a cloth shows the old shadows but no edges: less than this part of the known sharpness. */
const coveredSharpness = 0.15;
/** A blurred picture has less than this part of the known sharpness. */
const blurredSharpness = 0.5;
/** Sharpness is measured at the sharpest edges: every scene has some, and noise has none. */
const edgePercentile = 0.99;
/** quantiles of |x| of a normal distribution: 99 % over 50 % */
const gaussianRatio = 2.576 / 0.674;

interface View {
  readonly cells: Float32Array;
  readonly across: number;
  readonly down: number;
  /** steepest brightness steps from one pixel to the next, over those from one cell to the next */
  sharpness: number;
}

interface Likeness {
  readonly changed: number;
  readonly structure: number;
  readonly sharpness: number;
}

export class TamperWatch {
  #known: View | undefined;
  #learned = 0;
  #examinedAt = Number.NEGATIVE_INFINITY;
  #verdict: Verdict = null;
  #suspicion: Verdict = null;
  #suspectedAt = 0;
  /** the new view of a moved camera, and since when the camera shows it */
  #fresh: { view: View; since: number } | undefined;

  /** The new verdict if `frame` changed it; undefined: unchanged. */
  examine(frame: Frame): Verdict | undefined {
    const elapsedMs = frame.uptime - this.#examinedAt;
    if (elapsedMs < checkEveryMs) return undefined;
    this.#examinedAt = frame.uptime;
    const view = viewOf(frame);
    const known = this.#known;
    if (known === undefined || known.across !== view.across || known.down !== view.down) {
      this.#begin(view);
      return undefined;
    }
    if (this.#learned < learningFrames) return this.#learn(known, view);
    const suspicion = suspect(known, view);
    if (suspicion === null && this.#verdict === null) follow(known, view, 1 - Math.exp(-elapsedMs / followMs));
    return this.#judge(suspicion, view, frame.uptime);
  }

  #begin(view: View): void {
    this.#known = view;
    this.#learned = 1;
    this.#suspicion = null;
    this.#fresh = undefined;
  }

  /**
   * Learns the view. Returns `null` (no tampering) at the end of learning, which clears a verdict from before a
   * restart.
   */
  #learn(known: View, view: View): Verdict | undefined {
    if (like(known, view) === undefined) {
      this.#begin(view);
      return undefined;
    }
    follow(known, view, 1 / ++this.#learned);
    if (this.#learned < learningFrames) return undefined;
    this.#verdict = null;
    return null;
  }

  #judge(suspicion: Verdict, view: View, uptime: Uptime): Verdict | undefined {
    if (suspicion !== this.#suspicion) {
      // a suspicion that changes its kind keeps its start: a hand that comes, then covers the lens
      if (suspicion === null || this.#suspicion === null) this.#suspectedAt = uptime;
      this.#suspicion = suspicion;
    }
    if (suspicion !== 'moved' || this.#verdict !== 'moved') this.#fresh = undefined;
    else if (this.#adopts(view, uptime)) return this.#conclude(null);
    if (uptime - this.#suspectedAt < persistMs || suspicion === this.#verdict) return undefined;
    return this.#conclude(suspicion);
  }

  #conclude(verdict: Verdict): Verdict {
    this.#verdict = verdict;
    return verdict;
  }

  #adopts(view: View, uptime: Uptime): boolean {
    const fresh = this.#fresh;
    if (fresh === undefined || suspect(fresh.view, view) !== null) {
      this.#fresh = { view, since: uptime };
      return false;
    }
    follow(fresh.view, view, 1 - Math.exp(-checkEveryMs / followMs));
    if (uptime - fresh.since < adoptAfterMs) return false;
    this.#known = fresh.view;
    this.#suspicion = null;
    this.#fresh = undefined;
    return true;
  }
}

/** The kind of tampering that `view` looks like, compared with `known`; null: none. */
function suspect(known: View, view: View): Verdict {
  const likeness = like(known, view);
  if (likeness === undefined) return null;
  const { changed, structure, sharpness } = likeness;
  if (structure < coveredStructure && (changed >= mostChanged || sharpness < coveredSharpness)) return 'covered';
  if (changed >= mostChanged) return 'moved';
  return sharpness < blurredSharpness ? 'blurred' : null;
}

/** Compares two views; undefined if the known view has too little structure. */
function like(known: View, view: View): Likeness | undefined {
  const { across, down } = known;
  let [blocks, changed, was, is] = [0, 0, 0, 0];
  for (let row = 0; row < blocksDown; row++)
    for (let column = 0; column < blocksAcross; column++) {
      const [left, right] = part(column, blocksAcross, across);
      const [top, bottom] = part(row, blocksDown, down);
      const block = compare(known, view, left, right, top, bottom);
      if (block.was < leastStructure) continue;
      blocks++;
      was += block.was;
      is += block.is;
      if (block.likeness < leastLikeness) changed++;
    }
  if (blocks < leastBlocks) return undefined;
  return {
    changed: changed / blocks,
    structure: is / was,
    sharpness: known.sharpness === 0 ? 1 : view.sharpness / known.sharpness,
  };
}

function part(index: number, parts: number, whole: number): readonly [number, number] {
  return [Math.floor((index * whole) / parts), Math.floor(((index + 1) * whole) / parts)];
}

/**
 * The structure of one block in both views (root mean square of the steps from cell to cell, across and down), and
 * their likeness: the normalised correlation of those steps (-1..1), which is independent of brightness and contrast.
 */
function compare(known: View, view: View, left: number, right: number, top: number, bottom: number) {
  const { across, cells } = known;
  let [n, was, is, both] = [0, 0, 0, 0];
  for (let y = top; y < bottom - 1; y++)
    for (let x = left; x < right - 1; x++) {
      const at = y * across + x;
      const [p, q] = [cells[at] ?? 0, view.cells[at] ?? 0];
      const [px, py] = [(cells[at + 1] ?? 0) - p, (cells[at + across] ?? 0) - p];
      const [qx, qy] = [(view.cells[at + 1] ?? 0) - q, (view.cells[at + across] ?? 0) - q];
      n++;
      was += px * px + py * py;
      is += qx * qx + qy * qy;
      both += px * qx + py * qy;
    }
  return { was: Math.sqrt(was / n), is: Math.sqrt(is / n), likeness: was * is === 0 ? 0 : both / Math.sqrt(was * is) };
}

function follow(known: View, view: View, share: number): void {
  known.cells.forEach((value, i) => {
    known.cells[i] = value + share * ((view.cells[i] ?? value) - value);
  });
  known.sharpness += share * (view.sharpness - known.sharpness);
}

/** The picture as cells (means of green values) and the sharpness of its edges. Takes about a millisecond. */
function viewOf({ rgb, size, pictureWidth, pictureHeight }: Frame): View {
  const [width, height] = [pictureWidth >> 1, pictureHeight >> 1];
  const cell = Math.max(1, Math.floor(width / columns));
  const [across, down] = [Math.floor(width / cell), Math.floor(height / cell)];
  const cells = new Float32Array(across * down);
  const fine = new Uint32Array(256);
  const nextRow = size * 3;
  for (let y = 0; y < down * cell; y++) {
    const row = Math.floor(y / cell) * across;
    let at = y * 2 * nextRow + 1;
    let before = -1;
    for (let x = 0, column = row; x < across; x++, column++) {
      let sum = 0;
      for (let i = 0; i < cell; i++, at += 6) {
        // the sum of four pixels has half the noise
        const four = (rgb[at] ?? 0) + (rgb[at + 3] ?? 0) + (rgb[at + nextRow] ?? 0) + (rgb[at + nextRow + 3] ?? 0);
        sum += four;
        if (before >= 0) count(fine, Math.abs(four - before) / 4);
        before = four;
      }
      cells[column] = (cells[column] ?? 0) + sum / (4 * cell * cell);
    }
  }
  const coarse = new Uint32Array(256);
  for (let i = 0; i < cells.length; i++)
    if (i % across > 0) count(coarse, Math.abs((cells[i] ?? 0) - (cells[i - 1] ?? 0)));
  return { cells, across, down, sharpness: steepness(fine) / Math.max(1, steepness(coarse)) };
}

function count(steps: Uint32Array, step: number): void {
  const rounded = Math.round(step);
  steps[rounded] = (steps[rounded] ?? 0) + 1;
}

/** The steepest steps, less the part of noise: with noise alone, 99 % of all steps are below 3.8 medians. */
function steepness(steps: Uint32Array): number {
  const noise = gaussianRatio * percentileOf(steps, 0.5);
  return Math.sqrt(Math.max(0, percentileOf(steps, edgePercentile) ** 2 - noise ** 2));
}

/** The step below which `share` of all steps are, interpolated between grey levels. */
function percentileOf(steps: Uint32Array, share: number): number {
  const wanted = share * steps.reduce((sum, count) => sum + count, 0);
  let below = 0;
  for (let step = 0; step < steps.length; step++) {
    const count = steps[step] ?? 0;
    if (below + count >= wanted) return step - 0.5 + (wanted - below) / Math.max(1, count);
    below += count;
  }
  return steps.length;
}
