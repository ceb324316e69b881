/**
 * Tells whether a change in a scene is a thing or only light. Pure. Light and shadow change neighbouring cells by about
 * the same factor, so a cell keeps its ratio to the cells around it (its texture). A thing changes that ratio.
 *
 *   texture = level / mean level around, learned slowly; residual = |level - texture * mean around now|
 *
 *   changed, little residual ──────────────► light, unless things surround it (the even side of a van)
 *   changed, more residual than light leaves ──► a thing's edge; changed cells near it belong to the thing too
 *
 * Always: an unchanged cell is neither light nor thing; a change of light does not change the learned texture.
 */
import type { Uptime } from '@forpost/shared/clock.ts';
import type { Background } from './background.ts';
import { cellKinds } from './cell-kinds.ts';

/** cells on each side of the window: wider than a blurred edge, narrower than a lamp's soft border */
const windowCells = 2;
/** changed cells this near to an edge belong to the thing */
const reachCells = 3;
/** the least residual of a thing: in grey levels, and in bright places as a part of the level */
const thingLevels = 5;
const thingPart = 0.06;
/** the residual of light whose gain is uneven within a window, as a part of the change */
const unevenPart = 0.16;
/** cells of an uncut window; a window cut by the picture's border sees a light's slope from one side only */
const wholeWindow = (2 * windowCells + 1) ** 2;
/** From this grey level on a sensor clips, and ratios mean nothing. */
const clippedLevel = 248;
/** If more of the picture than this newly clips, a light blinds the sensor; a white thing is smaller. */
const blindedPart = 0.02;
/** For this long after that, clipped cells are ignored, until the lit scene is learned. */
const blindedMs = 20_000;
/** A patch of light larger than this part of the picture is not the even side of a thing. */
const largestFilledPart = 0.3;
/** The time constant with which the texture is learned, and how often. */
const textureMs = 6_000;
const textureEveryMs = 600;

/** The grid's cells of one frame, and their difference from the background. */
interface Seen {
  readonly grey: Float32Array;
  /** difference from the background; above `threshold`: the cell changed */
  readonly difference: Float32Array;
  readonly threshold: number;
  readonly width: number;
  readonly height: number;
  /** ms of the monotonic clock */
  readonly uptime: Uptime;
}

/** Cells from `left`, `top` to `right`, `bottom` (exclusive). */
interface Area {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

/**
 * Works on a grid of `stride` x `stride` cells, of which the top left `width` x `height` are used. Holds only buffers:
 * it remembers nothing between frames.
 */
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

  /** Returns the kind (`cellKinds`) of each cell and learns the texture. The result is valid until the next call. */
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

  /** After a flash: learns the present frame, with all things in it, as the scene in its new light. */
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

  /** Marks the changed cells around a thing's edge as the thing. */
  #mark({ width, height }: Seen, x: number, y: number): void {
    const { left, top, right, bottom } = windowAround(x, y, reachCells, width, height);
    for (let ny = top; ny < bottom; ny++)
      for (let nx = left; nx < right; nx++) {
        const near = ny * this.#stride + nx;
        if (this.#kinds[near] === cellKinds.light) this.#kinds[near] = cellKinds.thing;
      }
  }

  /** A patch of light fades into unchanged cells; a patch enclosed by things and the picture's border is a thing. */
  #fill(width: number, height: number): void {
    const { still, light, thing } = cellKinds;
    const [kinds, stack, visited] = [this.#kinds, this.#stack, this.#visited.fill(0)];
    for (let first = 0; first < width * height; first++) {
      const start = Math.floor(first / width) * this.#stride + (first % width);
      if (kinds[start] !== light || visited[start] === 1) continue;
      let [depth, end, fades] = [0, 0, false];
      // the stack keeps visited cells, so that the whole patch can be marked afterwards
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

  /** Integral image: sums of all cells above and to the left, so that a window's sum takes four look-ups. */
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
