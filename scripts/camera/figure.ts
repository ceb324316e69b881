/**
 * Draws one walking figure into a picture, pixel by pixel: a shadow, two legs and two arms that swing with the steps,
 * a coat and a head. Edges are softened over one pixel. The figure has a person's size, speed and darkness.
 */
import type { Place } from './yard.ts';

export interface Picture {
  readonly rgb: Uint8ClampedArray;
  readonly width: number;
  readonly height: number;
}

type Colour = readonly [number, number, number];

const skin: Colour = [206, 164, 138];
const shadow: Colour = [20, 26, 20];
const shadowStrength = 0.3;
/** steps a second, both legs */
const stepsASecond = 1.8;
const swing = 0.42;

export function drawFigure(picture: Picture, { figure, feet, walked, heading, box }: Place): void {
  const height = box[3] * picture.height;
  const [x, y] = [feet[0] * picture.width, feet[1] * picture.height];
  const at = (dx: number, up: number) => [x + dx * heading * height, y - up * height] as const;
  const stride = Math.sin(walked * stepsASecond * Math.PI) * swing;
  const limb = (colour: Colour, from: number, length: number, angle: number, thickness: number) =>
    capsule(
      picture,
      at(0, from),
      at(Math.sin(angle) * length, from - Math.cos(angle) * length),
      thickness * height,
      colour,
    );
  capsule(picture, at(-0.1, 0), at(0.1, 0), 0.018 * height, shadow, shadowStrength);
  limb(darker(figure.trousers), 0.48, 0.46, -stride, 0.048);
  limb(darker(figure.coat), 0.78, 0.32, stride, 0.034);
  limb(figure.trousers, 0.48, 0.46, stride, 0.05);
  capsule(picture, at(0, 0.52), at(0.015, 0.77), 0.085 * height, figure.coat);
  limb(figure.coat, 0.78, 0.32, -stride, 0.036);
  capsule(picture, at(0.012, 0.91), at(0.016, 0.94), 0.058 * height, skin);
  capsule(picture, at(0.0, 0.955), at(0.012, 0.962), 0.048 * height, darker(figure.trousers));
}

function darker([r, g, b]: Colour): Colour {
  return [r * 0.75, g * 0.75, b * 0.75];
}

/** A thick line with round ends, in pixels. */
function capsule(
  { rgb, width, height }: Picture,
  [ax, ay]: readonly [number, number],
  [bx, by]: readonly [number, number],
  radius: number,
  colour: Colour,
  strength = 1,
): void {
  const [dx, dy] = [bx - ax, by - ay];
  const length = dx * dx + dy * dy;
  const top = Math.max(0, Math.floor(Math.min(ay, by) - radius - 1));
  const bottom = Math.min(height - 1, Math.ceil(Math.max(ay, by) + radius + 1));
  const left = Math.max(0, Math.floor(Math.min(ax, bx) - radius - 1));
  const right = Math.min(width - 1, Math.ceil(Math.max(ax, bx) + radius + 1));
  for (let y = top; y <= bottom; y++)
    for (let x = left; x <= right; x++) {
      const along = length === 0 ? 0 : Math.min(1, Math.max(0, ((x - ax) * dx + (y - ay) * dy) / length));
      const distance = Math.hypot(x - ax - along * dx, y - ay - along * dy);
      const cover = Math.min(1, Math.max(0, radius + 0.5 - distance)) * strength;
      if (cover === 0) continue;
      const i = (y * width + x) * 3;
      for (let c = 0; c < 3; c++) rgb[i + c] = (rgb[i + c] ?? 0) * (1 - cover) + (colour[c] ?? 0) * cover;
    }
}
