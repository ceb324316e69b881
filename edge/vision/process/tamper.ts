/**
 * Whether a camera still sees what it was put up to see. About once a second a frame is compared with a reference that
 * follows slowly: the picture in cells of some pixels, in blocks, each normalised for its own brightness and contrast,
 * so that dusk, clouds, lamps and exposure change little.
 *
 *   learning ── 10 looks with something to see ──► watching ── another view for some seconds ──► tampered
 *                                                     ▲ ▲──────── as before for some seconds ──────────┤
 *                                                     └── moved: the same new view for 15 minutes ─────┘
 *
 *   covered: the known structures are gone, and next to none is left (a bag, paint, or the dark: it sees nothing)
 *   moved:   the known structures are gone, and others are there
 *   blurred: the structures are there, their edges are not (out of focus, spray, a wet lens)
 *
 * Always: one flash, one passing lorry or a few seconds of anything is no verdict; where a picture has nothing to
 * compare (fog, night) there is none; masked areas are flat and take no part; the reference learns from no picture
 * that may be tampered with.
 */
import type { Uptime } from '@forpost/shared/clock.ts';
import type { Tamper } from '../messages.ts';
import type { Frame } from './detectors/detector.ts';

export type Verdict = Exclude<Tamper, 'stalled'> | null;

const lookEveryMs = 950;
const learningLooks = 10;
/** The known view follows daylight and what is parked, over minutes. */
const followMs = 60_000;
/** Longer than a lorry in front of the gate, an autofocus that searches, a head before the lens. */
const persistMs = 4_000;
const adoptAfterMs = 900_000;
const columns = 64;
const [blocksAcross, blocksDown] = [8, 6];
/** Grey levels from cell to cell from which a block has a structure. */
const leastStructure = 2.5;
/** Fewer blocks with a structure are nothing to judge by. */
const leastBlocks = 6;
/** Normalised correlation below which a block no longer shows what it did. */
const leastLikeness = 0.4;
const mostChanged = 0.7;
/** Of the known structure, what a covered lens may still show. */
const coveredStructure = 0.35;
/** What shines through a hand or a cloth has no edges at all, but may have the old lights and shadows. */
const coveredSharpness = 0.15;
/** Of the known sharpness, what a blurred picture has at most. */
const blurredSharpness = 0.5;
/** The sharpest edges stand for a picture: noise has none, and every scene has some. */
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
  #lookedAt = Number.NEGATIVE_INFINITY;
  #verdict: Verdict = null;
  #suspicion: Verdict = null;
  #suspectedAt = 0;
  /** the view of a moved camera, and since when it has been this one */
  #fresh: { view: View; since: number } | undefined;

  /** What is wrong with the view now, where `frame` changed that; undefined where there is nothing new to say. */
  look(frame: Frame): Verdict | undefined {
    const elapsedMs = frame.uptime - this.#lookedAt;
    if (elapsedMs < lookEveryMs) return undefined;
    this.#lookedAt = frame.uptime;
    const view = viewOf(frame);
    const known = this.#known;
    if (known === undefined || known.across !== view.across || known.down !== view.down) {
      this.#begin(view);
      return undefined;
    }
    if (this.#learned < learningLooks) return this.#learn(known, view);
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

  /** The end of learning is told as «nothing is wrong»: before a restart something may have been. */
  #learn(known: View, view: View): Verdict | undefined {
    if (like(known, view) === undefined) {
      this.#begin(view);
      return undefined;
    }
    follow(known, view, 1 / ++this.#learned);
    if (this.#learned < learningLooks) return undefined;
    this.#verdict = null;
    return null;
  }

  #judge(suspicion: Verdict, view: View, uptime: Uptime): Verdict | undefined {
    if (suspicion !== this.#suspicion) {
      // one that turns into another is still one and the same: a hand comes, and then stays
      if (suspicion === null || this.#suspicion === null) this.#suspectedAt = uptime;
      this.#suspicion = suspicion;
    }
    if (suspicion !== 'moved' || this.#verdict !== 'moved') this.#fresh = undefined;
    else if (this.#adopts(view, uptime)) return this.#take(null);
    if (uptime - this.#suspectedAt < persistMs || suspicion === this.#verdict) return undefined;
    return this.#take(suspicion);
  }

  #take(verdict: Verdict): Verdict {
    this.#verdict = verdict;
    return verdict;
  }

  #adopts(view: View, uptime: Uptime): boolean {
    const fresh = this.#fresh;
    if (fresh === undefined || suspect(fresh.view, view) !== null) {
      this.#fresh = { view, since: uptime };
      return false;
    }
    follow(fresh.view, view, 1 - Math.exp(-lookEveryMs / followMs));
    if (uptime - fresh.since < adoptAfterMs) return false;
    this.#known = fresh.view;
    this.#suspicion = null;
    this.#fresh = undefined;
    return true;
  }
}

/** What `view` looks like for a camera that knows `known`. */
function suspect(known: View, view: View): Verdict {
  const likeness = like(known, view);
  if (likeness === undefined) return null;
  const { changed, structure, sharpness } = likeness;
  if (structure < coveredStructure && (changed >= mostChanged || sharpness < coveredSharpness)) return 'covered';
  if (changed >= mostChanged) return 'moved';
  return sharpness < blurredSharpness ? 'blurred' : null;
}

/** Undefined where the known view has too little structure to compare with. */
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
 * How steep one block is in both views (root mean square of the steps from cell to cell, across and down), and how
 * alike: the normalised correlation of those steps (-1..1), which neither brightness nor contrast changes.
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

/** The picture in cells of its green values' means, and how sharp its edges are. About a millisecond. */
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
        // four pixels as one: half of the noise
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

/** The steepest steps without what noise adds to them: of noise alone, 99 % of all steps are below 3.8 medians. */
function steepness(steps: Uint32Array): number {
  const noise = gaussianRatio * percentileOf(steps, 0.5);
  return Math.sqrt(Math.max(0, percentileOf(steps, edgePercentile) ** 2 - noise ** 2));
}

/** The step that this share of all stays below, between two grey levels by their counts. */
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
