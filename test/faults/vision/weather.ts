/**
 * Rendered footage of a yard under conditions that cause false alarms: rain, headlights, a tree in gusts, dusk, lightning, a
 * parked car under clouds. Nobody comes for `seconds`; then one figure walks through under the same conditions, and must be
 * seen.
 *
 * Always: the same frames for the same scene on every machine (seeded randomness).
 */
import sharp from 'sharp';
import type { Frame } from '../../../edge/vision/process/detectors/detector.ts';
import { letterbox } from '../../../edge/vision/process/detectors/geometry.ts';
import { drawFigure } from '../../../scripts/camera/figure.ts';
import { emptyYard } from '../../../scripts/camera/render.ts';
import { placesAt, yardHeight, yardWidth } from '../../../scripts/camera/yard.ts';
import { Random } from '../simulation/random.ts';

export const sceneNames = ['rain', 'headlights', 'waving-tree', 'dusk', 'lightning', 'parked-car'] as const;
export type SceneName = (typeof sceneNames)[number];

export interface Footage {
  readonly scene: SceneName;
  /** time in which nobody comes; the visitor follows */
  readonly seconds: number;
  readonly framesPerSecond: number;
  /** width and height of a frame, pixels */
  readonly size: number;
}

/** how long the visitor walks */
const visitSeconds = 11;
/** the second of the yard's loop from which one figure walks through alone */
const visitFrom = 1;
const tau = 2 * Math.PI;

interface Canvas {
  readonly rgb: Uint8ClampedArray;
  readonly width: number;
  readonly height: number;
}

/** The frames of a scene. All share one buffer. `empty`: nobody is in the picture. */
export async function* weather({
  scene,
  seconds,
  framesPerSecond,
  size,
}: Footage): AsyncGenerator<{ readonly frame: Frame; readonly empty: boolean }> {
  const picture = letterbox(yardWidth, yardHeight, size);
  const base = await drawnYard(scene, picture.width, picture.height);
  const canvas: Canvas = { rgb: new Uint8ClampedArray(base.length), ...picture };
  const rgb = new Uint8Array(size * size * 3).fill(114);
  const random = new Random(sceneNames.indexOf(scene) + 1);
  const paint = painters[scene](base, canvas, random, seconds);
  const noise = noiseOf(random);
  for (let i = 0; i < (seconds + visitSeconds) * framesPerSecond; i++) {
    const t = i / framesPerSecond;
    const visiting = t - seconds;
    const level = paint(t, visiting >= 0 ? placesAt(visitFrom + visiting) : []);
    noise(canvas.rgb, level);
    for (let y = 0; y < picture.height; y++)
      rgb.set(canvas.rgb.subarray(y * picture.width * 3, (y + 1) * picture.width * 3), y * size * 3);
    const { width: pictureWidth, height: pictureHeight } = picture;
    yield { frame: { camera: scene, rgb, size, pictureWidth, pictureHeight, uptime: t * 1000 }, empty: visiting < 0 };
  }
}

type Places = ReturnType<typeof placesAt>;
/** Paints the picture at second `t` with the figures at `places`. @returns the sensor's noise, grey levels */
type Painter = (t: number, places: Places) => number;

/** The gain of the light at a place of the picture; x and y from 0 to 1. */
type Light = (x: number, y: number) => number;

function lit({ rgb, width, height }: Canvas, from: Uint8ClampedArray, gain: Light, add = 0): void {
  for (let y = 0, at = 0; y < height; y++)
    for (let x = 0; x < width; x++, at += 3) {
      const g = gain(x / width, y / height);
      rgb[at] = (from[at] ?? 0) * g + add;
      rgb[at + 1] = (from[at + 1] ?? 0) * g + add;
      rgb[at + 2] = (from[at + 2] ?? 0) * g + add;
    }
}

const bell = (x: number, y: number, cx: number, cy: number, sx: number, sy: number) =>
  Math.exp(-(((x - cx) / sx) ** 2 + ((y - cy) / sy) ** 2) / 2);

const painters: Readonly<
  Record<SceneName, (base: Uint8ClampedArray, canvas: Canvas, random: Random, seconds: number) => Painter>
> = {
  /** from drizzle to downpour and back within a minute, with drops near the lens */
  rain: (base, canvas, random) => (t, places) => {
    scenery(canvas, base, places, 0.85, 22);
    const strength = 0.5 - 0.5 * Math.cos((tau * t) / 60);
    const streaks = Math.round((40 + 360 * strength) * (canvas.width / 640));
    for (let i = 0; i < streaks; i++) streak(canvas, random, random.next());
    return 4;
  },
  /** a lit street at night, and a car outside the picture every 12 s, whose lamps sweep over lawn, fence and wall */
  headlights: (base, canvas) => {
    const scene = new Uint8ClampedArray(base.length);
    return (t, places) => {
      const sweep = Math.floor(t / 12);
      const part = ((t % 12) - 4) / 3.5;
      const x = sweep % 2 === 0 ? -0.25 + 1.5 * part : 1.25 - 1.5 * part;
      const on = part > 0 && part < 1;
      const ambient = 0.36;
      drawn(scene, base, canvas, places);
      lit(canvas, scene, (px, py) => {
        if (!on) return ambient;
        const lamps = bell(px, py, x - 0.06, 0.68, 0.09, 0.06) + bell(px, py, x + 0.06, 0.68, 0.09, 0.06);
        const veil = bell(px, py, x, 0.6, 0.35, 0.25);
        const wall = py < 0.5 ? 0.5 * bell(px, py, x, 0.4, 0.12, 0.12) : 0;
        return ambient + 1.1 * lamps + 0.25 * veil + wall;
      });
      return 7;
    };
  },
  /** gusts that grow and fade, in the crown and in its shadow on the lawn */
  'waving-tree': (base, canvas) => {
    const scene = new Uint8ClampedArray(base.length);
    return (t, places) => {
      drawn(scene, base, canvas, places);
      const gust = Math.max(0, Math.sin((tau * t) / 47) + 0.6 * Math.sin((tau * t) / 31 + 1)) / 1.6;
      wave(canvas, scene, t, gust ** 1.5);
      return 3;
    };
  },
  /** five minutes from day to night, a street lamp that flickers on, and the camera's switch to its night picture */
  dusk: (base, canvas, _random, seconds) => {
    const scene = new Uint8ClampedArray(base.length);
    return (t, places) => {
      const part = Math.min(1, t / seconds);
      const isNight = part > 0.8;
      const gain = (1.1 - part) * (isNight ? 2.2 : 1);
      const since = t - 0.6 * seconds;
      const lamp = since > 0 && (since > 2 || Math.floor(since * 4) % 2 === 0) ? 0.6 * (isNight ? 1.5 : 1) : 0;
      drawn(scene, base, canvas, places);
      lit(canvas, scene, (x, y) => Math.max(0.12, gain) + lamp * bell(x, y, 0.85, 0.45, 0.14, 0.2));
      if (isNight) toGrey(canvas.rgb);
      return 2 + 6 * part;
    };
  },
  /** a thunderstorm at night: flashes of one to four frames, brighter at the sky, and the exposure that hunts after them */
  lightning: (base, canvas, random) => {
    const scene = new Uint8ClampedArray(base.length);
    let flashes = 0;
    let hunting = 0;
    return (_t, places) => {
      if (flashes === 0 && random.next() < 0.03) flashes = 1 + Math.floor(random.next() * 4);
      let flash = 0;
      if (flashes > 0) {
        flashes--;
        flash = 0.6 + 4 * random.next();
        hunting = 1;
      }
      hunting *= 0.75;
      drawn(scene, base, canvas, places);
      lit(canvas, scene, (_x, y) => 0.35 * (1 - 0.3 * hunting) + flash * (1.4 - y), 20 * flash);
      return 5;
    };
  },
  /** a car that stands, shadows of clouds with soft edges, the sun's glint on its windscreen */
  'parked-car': (base, canvas) => {
    const scene = new Uint8ClampedArray(base.length);
    return (t, places) => {
      drawn(scene, base, canvas, places);
      const cloud = ((t % 25) - 8) / 7;
      const x = -0.5 + 2 * cloud;
      const glint = Math.max(0, Math.sin(t * 1.7)) ** 8;
      lit(
        canvas,
        scene,
        (px, py) => 1 - 0.45 * bell(px, py, x, 0.6, 0.28, 0.5) + 0.7 * glint * bell(px, py, 0.6, 0.66, 0.012, 0.012),
      );
      return 3;
    };
  },
};

/** Draws `base` with the figures at `places`. */
function drawn(into: Uint8ClampedArray, base: Uint8ClampedArray, { width, height }: Canvas, places: Places): void {
  into.set(base);
  for (const place of places) drawFigure({ rgb: into, width, height }, place);
}

function scenery(canvas: Canvas, base: Uint8ClampedArray, places: Places, gain: number, add: number): void {
  drawn(canvas.rgb, base, canvas, places);
  for (let i = 0; i < canvas.rgb.length; i++) canvas.rgb[i] = (canvas.rgb[i] ?? 0) * gain + add;
}

/** One drop on its way: mostly a thin line, now and then a wide one close to the lens. */
function streak({ rgb, width, height }: Canvas, random: Random, kind: number): void {
  const near = kind < 0.015;
  const length = Math.round(height * (near ? 0.25 : 0.02 + 0.05 * random.next()));
  const thickness = Math.max(1, Math.round((near ? 5 : kind < 0.12 ? 2 : 1) * (width / 640)));
  const brightness = near ? 28 : 22 + 40 * random.next();
  const [left, top] = [random.next() * width, random.next() * height - length / 2];
  for (let dy = 0; dy < length; dy++)
    for (let dx = 0; dx < thickness; dx++) {
      const [x, y] = [Math.floor(left + dx + dy * 0.15), Math.floor(top + dy)];
      if (x < 0 || x >= width || y < 0 || y >= height) continue;
      const at = (y * width + x) * 3;
      for (let c = 0; c < 3; c++) rgb[at + c] = (rgb[at + c] ?? 0) + brightness;
    }
}

/** Moves the crown (the upper left) and darkens the lawn under it with its shadow. */
function wave({ rgb, width, height }: Canvas, from: Uint8ClampedArray, t: number, gust: number): void {
  rgb.set(from);
  const reach = gust * 0.014 * width;
  const sway = (px: number, py: number) =>
    reach * (0.6 * Math.sin(tau * 0.55 * t) + 0.4 * Math.sin(tau * 0.9 * t + 14 * px + 9 * py));
  for (let y = 0; y < height * 0.5; y++)
    for (let x = 0; x < width * 0.3; x++) {
      const [px, py] = [x / width, y / height];
      const loose = Math.max(0, Math.min(1, (0.48 - py) / 0.3)) * Math.max(0, Math.min(1, (0.28 - px) / 0.06));
      const at = (y * width + x) * 3;
      const source = (y * width + Math.max(0, Math.min(width - 1, Math.round(x + loose * sway(px, py))))) * 3;
      for (let c = 0; c < 3; c++) rgb[at + c] = from[source + c] ?? 0;
    }
  for (let y = Math.floor(height * 0.6); y < height * 0.82; y++)
    for (let x = 0; x < width * 0.36; x++) {
      const moved = (x + 1.5 * sway(x / width, 0)) / width;
      const dapple = 0.5 + 0.5 * Math.sin(tau * moved * 17) * Math.sin((tau * y * 11) / height);
      const shade = 1 - 0.35 * bell(moved, y / height, 0.16, 0.7, 0.08, 0.05) * (0.5 + 0.5 * dapple);
      const at = (y * width + x) * 3;
      for (let c = 0; c < 3; c++) rgb[at + c] = (rgb[at + c] ?? 0) * shade;
    }
}

function toGrey(rgb: Uint8ClampedArray): void {
  for (let at = 0; at < rgb.length; at += 3) {
    const grey = 0.3 * (rgb[at] ?? 0) + 0.59 * (rgb[at + 1] ?? 0) + 0.11 * (rgb[at + 2] ?? 0);
    rgb.fill(grey, at, at + 3);
  }
}

/** A sensor's noise, roughly normally distributed: one pattern, shifted for each frame. */
function noiseOf(random: Random): (rgb: Uint8ClampedArray, levels: number) => void {
  const pattern = Float32Array.from({ length: 99_991 }, () => random.next() + random.next() + random.next() - 1.5);
  return (rgb, levels) => {
    let from = Math.floor(random.next() * pattern.length);
    for (let at = 0; at < rgb.length; at++) {
      rgb[at] = (rgb[at] ?? 0) + levels * (pattern[from] ?? 0);
      if (++from === pattern.length) from = 0;
    }
  };
}

async function drawnYard(scene: SceneName, width: number, height: number): Promise<Uint8ClampedArray> {
  const leaves = Array.from({ length: 260 }, (_, i) => {
    const [angle, far] = [i * 2.4, Math.sqrt(((i * 7919) % 260) / 260) * 60];
    const [x, y] = [72 + far * 1.1 * Math.cos(angle), 96 + far * 0.75 * Math.sin(angle)];
    return `<circle cx="${x}" cy="${y}" r="${3 + (i % 4)}" fill="${['#3f5c33', '#86a368', '#557846', '#6d8f57'][i % 4]}"/>`;
  }).join('');
  const car = `<g transform="translate(330 258)"><ellipse cx="95" cy="86" rx="104" ry="10" fill="#20261f" opacity=".45"/>
    <path d="M0 62Q4 38 34 34L58 8Q66 2 84 2H128Q142 2 150 12L166 34Q188 38 190 60V76Q190 80 184 80H6Q0 80 0 74z" fill="#a02a2a"/>
    <path d="M50 34L68 12H94V34zM100 12H128Q136 12 142 20L152 34H100z" fill="#30414f"/>
    <rect y="58" width="190" height="5" fill="#7c1f1f"/><rect x="182" y="48" width="8" height="8" fill="#ffe9a8"/><rect y="48" width="7" height="9" fill="#ff6b57"/>
    <circle cx="42" cy="78" r="18" fill="#1b1c1e"/><circle cx="42" cy="78" r="9" fill="#9aa0a6"/><circle cx="148" cy="78" r="18" fill="#1b1c1e"/><circle cx="148" cy="78" r="9" fill="#9aa0a6"/></g>`;
  const extra = scene === 'waving-tree' ? leaves : scene === 'parked-car' ? car : '';
  const svg = emptyYard().replace('</svg>', `${extra}</svg>`);
  const pixels = await sharp(Buffer.from(svg)).resize(width, height).removeAlpha().raw().toBuffer();
  return new Uint8ClampedArray(pixels);
}
