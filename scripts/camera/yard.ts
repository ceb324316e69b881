/**
 * The yard that the simulated camera shows, as data: the zone, the figures with their paths and times, and each figure's
 * place at a given time. Pure, so that the footage (render.ts) and its truth have one source.
 *
 * Always: positions are 0..1 of the picture from the top left, at the feet; the yard is empty at the loop's beginning and
 * end.
 */
import { contains, crosses } from '../../edge/vision/geometry.ts';

type Point = readonly [number, number];

export const yardSeconds = 60;
export const yardFps = 10;
export const yardWidth = 768;
export const yardHeight = 432;

/** the zone that the demo watches */
export const gateArea = {
  id: 'gate-area',
  name: 'Gate area',
  points: [
    [0.4, 0.64],
    [0.62, 0.64],
    [0.68, 0.93],
    [0.34, 0.93],
  ] as [number, number][],
} as const;

/** across the drive, on the right of the yard; figures along the far wall pass behind the line */
export const driveLine = {
  id: 'drive',
  name: 'Drive',
  points: [
    [0.8, 0.66],
    [0.8, 0.98],
  ] as [[number, number], [number, number]],
} as const;

export interface Figure {
  readonly id: number;
  /** s from the loop's beginning */
  readonly from: number;
  readonly way: readonly Point[];
  readonly coat: readonly [number, number, number];
  readonly trousers: readonly [number, number, number];
}

export const figures: readonly Figure[] = [
  walker(
    1,
    1,
    [
      [-0.08, 0.8],
      [0.5, 0.76],
      [1.08, 0.84],
    ],
    [176, 44, 40],
    [38, 40, 60],
  ),
  walker(
    2,
    13.5,
    [
      [1.08, 0.72],
      [0.54, 0.73],
      [1.08, 0.76],
    ],
    [28, 44, 92],
    [30, 30, 34],
  ),
  walker(
    3,
    26.5,
    [
      [-0.08, 0.72],
      [0.46, 0.72],
      [-0.08, 0.9],
    ],
    [226, 214, 190],
    [54, 44, 36],
  ),
  walker(
    4,
    36,
    [
      [-0.08, 0.57],
      [1.08, 0.57],
    ],
    [40, 40, 44],
    [24, 26, 30],
  ),
  walker(
    5,
    39.5,
    [
      [1.08, 0.86],
      [0.56, 0.82],
      [-0.08, 0.86],
    ],
    [236, 190, 40],
    [40, 52, 84],
  ),
  walker(
    6,
    49,
    [
      [-0.08, 0.78],
      [0.5, 0.84],
      [1.08, 0.82],
    ],
    [60, 24, 70],
    [26, 26, 26],
  ),
];

/** Height of a figure with its feet at `y`, as a part of the picture's height: nearer figures are taller. */
export function heightAt(y: number): number {
  return 0.3 + (y - 0.76) * 0.55;
}

export interface Place {
  readonly figure: Figure;
  readonly feet: Point;
  /** s since the figure entered, pauses excluded */
  readonly walked: number;
  /** -1 to the left, 1 to the right */
  readonly heading: number;
  /** x, y, width, height of the body */
  readonly box: readonly [number, number, number, number];
}

/** Every figure in the picture at `seconds` into the loop, the furthest away first. */
export function placesAt(seconds: number): Place[] {
  return figures
    .map((figure) => placeOf(figure, seconds - figure.from))
    .filter((place) => place !== undefined)
    .sort((a, b) => a.feet[1] - b.feet[1]);
}

/** part of the picture's width that a figure of height 0.3 walks in a second: 1.3 m, where 1.75 m is that height */
const widthsASecond = 0.125;
/** width of shoulders and swinging limbs, as a part of the body's height, in a picture of this shape */
const bodyWidth = (0.42 * yardHeight) / yardWidth;
const aspect = yardHeight / yardWidth;

function walker(id: number, from: number, way: Point[], coat: Figure['coat'], trousers: Figure['coat']): Figure {
  return { id, from, way, coat, trousers };
}

function placeOf(figure: Figure, walked: number): Place | undefined {
  if (walked < 0) return undefined;
  let left = walked;
  for (let i = 1; i < figure.way.length; i++) {
    const [from, to] = [figure.way[i - 1], figure.way[i]];
    if (from === undefined || to === undefined) return undefined;
    const [dx, dy] = [to[0] - from[0], to[1] - from[1]];
    const speed = (widthsASecond * heightAt((from[1] + to[1]) / 2)) / 0.3;
    const seconds = Math.hypot(dx, dy * aspect) / speed;
    if (left > seconds) {
      left -= seconds;
      continue;
    }
    const part = left / seconds;
    const feet: Point = [from[0] + dx * part, from[1] + dy * part];
    const height = heightAt(feet[1]);
    const width = height * bodyWidth;
    return {
      figure,
      feet,
      walked,
      heading: Math.sign(dx) || 1,
      box: [feet[0] - width / 2, feet[1] - height, width, height],
    };
  }
  return undefined;
}

/** Content of truth.json: computed from the paths, not measured in the pictures. */
export interface YardTruth {
  readonly fps: number;
  readonly seconds: number;
  readonly zone: typeof gateArea;
  readonly figures: readonly {
    readonly id: number;
    readonly positions: readonly { readonly t: number; readonly feet: Point; readonly box: Place['box'] }[];
  }[];
  /** when feet entered and left the zone, s from the loop's beginning */
  readonly entries: readonly { readonly figure: number; readonly t: number }[];
  readonly exits: readonly { readonly figure: number; readonly t: number }[];
  readonly line: typeof driveLine;
  /** when feet crossed the line, to the left or right, s from the loop's beginning */
  readonly crossings: readonly { readonly figure: number; readonly t: number; readonly to: 'left' | 'right' }[];
}

export function yardTruth(): YardTruth {
  const entries: { figure: number; t: number }[] = [];
  const exits: { figure: number; t: number }[] = [];
  const crossings: { figure: number; t: number; to: 'left' | 'right' }[] = [];
  const [top, bottom] = driveLine.points;
  const frames = Array.from({ length: yardSeconds * yardFps }, (_, i) => i / yardFps);
  const walks = figures.map((figure) => {
    let inside = false;
    let before: Point | undefined;
    const positions = frames.flatMap((t) => {
      const place = placeOf(figure, t - figure.from);
      if (place === undefined) return [];
      const now = contains(gateArea.points, place.feet);
      if (now && !inside) entries.push({ figure: figure.id, t });
      if (!now && inside) exits.push({ figure: figure.id, t });
      inside = now;
      if (before !== undefined && crosses(top, bottom, before, place.feet))
        crossings.push({ figure: figure.id, t, to: place.feet[0] > before[0] ? 'right' : 'left' });
      before = place.feet;
      return [{ t, feet: place.feet, box: place.box }];
    });
    return { id: figure.id, positions };
  });
  const byTime = (a: { t: number }, b: { t: number }) => a.t - b.t;
  return {
    fps: yardFps,
    seconds: yardSeconds,
    zone: gateArea,
    figures: walks,
    entries: entries.sort(byTime),
    exits: exits.sort(byTime),
    line: driveLine,
    crossings: crossings.sort(byTime),
  };
}
