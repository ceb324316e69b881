/**
 * Whether what changed in a scene is a thing or only its light: pure. Light and shadow change neighbouring cells by
 * about the same factor, so that a cell still relates to those around it as it did (its texture); a thing does not.
 *
 *   texture = level / mean level around, learned slowly; residual = |level - texture * mean around now|
 *
 *   changed, little residual ──────────────► light, unless things are all around it (the even side of a van)
 *   changed, more residual than light leaves ──► a thing's edge; what changed near it is the thing's as well
 *
 * Always: a cell that did not change is neither; what light does to the background does nothing to its texture.
 */
import type { Uptime } from '@forpost/shared/clock.ts';
import type { Background } from './background.ts';
import { cellKinds } from './cell-kinds.ts';

/** cells on each side of the window: larger than an edge that the graph blurred, smaller than a lamp's soft border */
const windowCells = 2;
/** cells around an edge that are the thing's as well */
const reachCells = 3;
/** grey levels of residual that no light leaves, and in bright places as a part of the level */
const thingLevels = 5;
const thingPart = 0.06;
/** what a gain leaves where it is not even within a whole window, as a part of what it changes */
const unevenPart = 0.16;
/** cells of a window that the picture's border does not cut; a cut one sees the slope of a light from one side only */
const wholeWindow = (2 * windowCells + 1) ** 2;
/** grey level from which a sensor clips: a ratio means nothing there */
const clippedLevel = 248;
/** Where more of the picture than this clips that did not before, it is a light that blinds and not a white thing. */
const blindedPart = 0.02;
/** and until what it lights has been learned anew, clipped places say nothing */
const blindedMs = 20_000;
/** A patch larger than this part of the picture is not the even side of a thing. */
const largestFilledPart = 0.3;
/** How fast the texture is learned, as a time constant, and how often. */
const textureMs = 6_000;
const textureEveryMs = 600;

/** The grid's cells of one frame, with what is known of them. */
interface Seen {
  readonly grey: Float32Array;
  /** from what is known, above `threshold` where the cell changed */
  readonly difference: Float32Array;
  readonly threshold: number;
  readonly width: number;
  readonly height: number;
  /** ms of the monotonic clock */
  readonly uptime: Uptime;
}

/** Cells from `left`, `top` up to, not including, `right`, `bottom`. */
interface Area {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

/** Buffers for a grid of `stride` x `stride` cells, of which the top left `width` x `height` are used; no memory. */
export class LightTest {
  readonly #stride: number;
  readonly #levels: Float64Array;
  readonly #knowns: Float64Array;
  readonly #kinds: Uint8Array;
  readonly #stack: Int32Array;
  readonly #visited: Uint8Array;

  constructor(stride: number) {
    const cells = stride ** 2;
    const corners = (stride + 1) ** 2;
    this.#stride = stride;
    this.#levels = new Float64Array(corners);
    this.#knowns = new Float64Array(corners);
    this.#kinds = new Uint8Array(cells);
    this.#stack = new Int32Array(cells);
    this.#visited = new Uint8Array(cells);
  }

  /** The kind (`cellKinds`) of each cell, and the texture learned. The result is good until the next call. */
  kinds(seen: Seen, background: Background): Uint8Array {
    const { grey, difference, threshold, width, height, uptime } = seen;
    const { current } = background;
    const kinds = this.#kinds.fill(cellKinds.still);
    let [changed, blinded] = [0, 0];
    for (let y = 0; y < height; y++)
      for (let x = 0, at = y * this.#stride; x < width; x++, at++) {
        if ((grey[at] ?? 0) >= clippedLevel && (current[at] ?? 0) < clippedLevel) blinded++;
        if ((difference[at] ?? 0) <= threshold) continue;
        kinds[at] = cellKinds.light;
        changed++;
      }
    const learns = uptime - background.textureAt >= textureEveryMs;
    if (changed === 0 && !learns) return kinds;
    this.#integrate(this.#levels, grey, width, height);
    if (changed > 0) {
      this.#integrate(this.#knowns, current, width, height);
      if (blinded > blindedPart * width * height) background.blindedUntil = uptime + blindedMs;
      const clips = uptime < background.blindedUntil;
      for (let y = 0; y < height; y++)
        for (let x = 0, at = y * this.#stride; x < width; x++, at++)
          if (kinds[at] !== cellKinds.still && this.#isEdge(seen, background, x, y, clips)) this.#mark(seen, x, y);
      this.#fill(width, height);
    }
    if (learns) this.#learnTexture(seen, background);
    return kinds;
  }

  /** After a flash: whatever is seen now, things and all, is the scene in its new light, and has its texture. */
  startAnew(seen: Seen, background: Background): void {
    this.#kinds.fill(cellKinds.light);
    background.textureAt = Number.NEGATIVE_INFINITY;
    this.#learnTexture(seen, background);
  }

  #isEdge({ grey, width, height }: Seen, { texture }: Background, x: number, y: number, clips: boolean): boolean {
    const at = y * this.#stride + x;
    const level = grey[at] ?? 0;
    const area = windowAround(x, y, windowCells, width, height);
    const around = this.#within(this.#levels, area);
    const gain = around / Math.max(1, this.#within(this.#knowns, area));
    const expected = ((texture[at] ?? 1) * around) / cellsIn(area);
    const bright = Math.max(level, expected);
    if (clips && bright >= clippedLevel) return false;
    const cut = wholeWindow / cellsIn(area);
    const uneven = (cut * unevenPart * bright * Math.abs(gain - 1)) / Math.max(1, gain);
    return Math.abs(level - expected) > Math.max(thingLevels, thingPart * bright, uneven);
  }

  #learnTexture({ grey, width, height, uptime }: Seen, background: Background): void {
    const { texture, textureAt } = background;
    const part = 1 - Math.exp(-(uptime - textureAt) / textureMs);
    background.textureAt = uptime;
    for (let y = 0; y < height; y++)
      for (let x = 0, at = y * this.#stride; x < width; x++, at++) {
        if (this.#kinds[at] === cellKinds.thing) continue;
        const area = windowAround(x, y, windowCells, width, height);
        const now = ((grey[at] ?? 0) + 1) / (this.#within(this.#levels, area) / cellsIn(area) + 1);
        const known = texture[at] ?? 1;
        texture[at] = known + part * (now - known);
      }
  }

  /** The changed cells around a thing's edge are the thing's. */
  #mark({ width, height }: Seen, x: number, y: number): void {
    const { left, top, right, bottom } = windowAround(x, y, reachCells, width, height);
    for (let ny = top; ny < bottom; ny++)
      for (let nx = left; nx < right; nx++) {
        const near = ny * this.#stride + nx;
        if (this.#kinds[near] === cellKinds.light) this.#kinds[near] = cellKinds.thing;
      }
  }

  /** Light fades into what did not change; where things and the picture's border are all around, it is a thing's. */
  #fill(width: number, height: number): void {
    const { still, light, thing } = cellKinds;
    const [kinds, stack, visited] = [this.#kinds, this.#stack, this.#visited.fill(0)];
    for (let first = 0; first < width * height; first++) {
      const start = Math.floor(first / width) * this.#stride + (first % width);
      if (kinds[start] !== light || visited[start] === 1) continue;
      let [depth, end, fades] = [0, 0, false];
      // the stack keeps what was taken from it, so that the whole patch can be named afterwards
      stack[end++] = start;
      visited[start] = 1;
      while (depth < end) {
        const at = stack[depth++] ?? 0;
        const x = at % this.#stride;
        const y = (at - x) / this.#stride;
        for (const [nx, ny] of [
          [x - 1, y],
          [x + 1, y],
          [x, y - 1],
          [x, y + 1],
        ] as const) {
          if (nx < 0 || ny < 0 || nx >= width || ny >= height) continue;
          const near = ny * this.#stride + nx;
          if (kinds[near] === still) fades = true;
          if (kinds[near] !== light || visited[near] === 1) continue;
          visited[near] = 1;
          stack[end++] = near;
        }
      }
      if (!fades && end < largestFilledPart * width * height)
        for (let i = 0; i < end; i++) kinds[stack[i] ?? 0] = thing;
    }
  }

  /** Sums of all cells above and to the left, so that a window's sum is four look-ups (integral image). */
  #integrate(into: Float64Array, values: Float32Array, width: number, height: number): void {
    const row = this.#stride + 1;
    for (let y = 0; y < height; y++) {
      let sum = 0;
      for (let x = 0, at = y * this.#stride, to = (y + 1) * row + 1; x < width; x++, at++, to++) {
        sum += values[at] ?? 0;
        into[to] = (into[to - row] ?? 0) + sum;
      }
    }
  }

  #within(integral: Float64Array, { left, top, right, bottom }: Area): number {
    const [above, below] = [top * (this.#stride + 1), bottom * (this.#stride + 1)];
    return (
      (integral[below + right] ?? 0) -
      (integral[below + left] ?? 0) -
      (integral[above + right] ?? 0) +
      (integral[above + left] ?? 0)
    );
  }
}

function windowAround(x: number, y: number, cells: number, width: number, height: number): Area {
  return {
    left: Math.max(0, x - cells),
    top: Math.max(0, y - cells),
    right: Math.min(width, x + cells + 1),
    bottom: Math.min(height, y + cells + 1),
  };
}

function cellsIn({ left, top, right, bottom }: Area): number {
  return (right - left) * (bottom - top);
}
