/** Pre- and post-processing of models, for any picture: pixels get to the right planes, boxes back to their places. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { cellCount } from './layout.ts';
import { modelInput, toPlanes, viewOf } from './tensors.ts';
import { decodeEndToEnd, decodeYolo } from './yolo.ts';
import { decodeYolox } from './yolox.ts';

const classes = ['person', 'car', 'dog'];
const sides = fc.constantFrom(64, 96, 128, 160);
const shape = fc.record({
  width: sides,
  height: sides,
  wide: fc.integer({ min: 8, max: 160 }),
  high: fc.integer({ min: 8, max: 160 }),
});

/** the view of a camera's picture in a model's input */
function view({ width, height, wide, high }: { width: number; height: number; wide: number; high: number }) {
  const input = modelInput([{ name: 'in', type: 'float32', shape: [1, 3, height, width] }], 640);
  const size = Math.max(width, height);
  const pictureWidth = Math.min(wide, size);
  const pictureHeight = Math.min(high, size);
  return { view: viewOf({ pictureWidth, pictureHeight }, input), pictureWidth, pictureHeight, size };
}

test('a picture fits into the model’s input, keeps its proportions, and is shrunk only if it is too large', () => {
  fc.assert(
    fc.property(shape, (one) => {
      const { view: at, pictureWidth, pictureHeight } = view(one);
      expect(at.pictureWidth).toBeLessThanOrEqual(one.width);
      expect(at.pictureHeight).toBeLessThanOrEqual(one.height);
      if (pictureWidth <= one.width && pictureHeight <= one.height)
        expect([at.pictureWidth, at.pictureHeight]).toEqual([pictureWidth, pictureHeight]);
      expect(Math.abs(at.pictureWidth * pictureHeight - at.pictureHeight * pictureWidth)).toBeLessThanOrEqual(
        Math.max(pictureWidth, pictureHeight),
      );
    }),
  );
});

test('each pixel is written to the planes in the order and range that the family needs', () => {
  fc.assert(
    fc.property(sides, fc.constantFrom('bgr-255' as const, 'rgb-1' as const), fc.nat(), (side, pixels, seed) => {
      const rgb = Uint8Array.from({ length: side * side * 3 }, (_, i) => (i * 7919 + seed) & 255);
      const planes = new Float32Array(rgb.length);
      const whole = { width: side, height: side, pictureWidth: side, pictureHeight: side };
      toPlanes(
        { camera: 'a', rgb, size: side, pictureWidth: side, pictureHeight: side, uptime: 0 },
        whole,
        pixels,
        planes,
      );
      const pixel = seed % (side * side);
      const got = [0, 1, 2].map((plane) => planes[plane * side * side + pixel]!);
      const [red, green, blue] = [...rgb.subarray(pixel * 3, pixel * 3 + 3)] as [number, number, number];
      const wanted = pixels === 'bgr-255' ? [blue, green, red] : [red / 255, green / 255, blue / 255];
      for (const [i, value] of wanted.entries()) expect(got[i]).toBeCloseTo(value, 5);
    }),
  );
});

const thing = fc.record({
  x: fc.double({ min: 0.05, max: 0.9, noNaN: true }),
  y: fc.double({ min: 0.05, max: 0.9, noNaN: true }),
  w: fc.double({ min: 0.05, max: 0.9, noNaN: true }),
  h: fc.double({ min: 0.05, max: 0.9, noNaN: true }),
  score: fc.double({ min: 0.3, max: 1, noNaN: true }),
  index: fc.integer({ min: 0, max: 2 }),
});

test('every family decodes a thing to its box in the camera’s picture', () => {
  fc.assert(
    fc.property(shape, thing, (one, { x, y, w, h, score, index }) => {
      const { view: at } = view(one);
      const [cx, cy] = [x * at.pictureWidth, y * at.pictureHeight];
      const [width, height] = [w * at.pictureWidth, h * at.pictureHeight];
      const cells = cellCount(at);
      const columns = new Float32Array((4 + classes.length) * cells);
      for (const [row, value] of [cx, cy, width, height].entries()) columns[row * cells + 3] = value;
      columns[(4 + index) * cells + 3] = score;
      const rows = new Float32Array(cells * (5 + classes.length));
      const [column, line] = [Math.floor(cx / 8), Math.floor(cy / 8)];
      const row = (line * (at.width / 8) + column) * (5 + classes.length);
      rows.set([cx / 8 - column, cy / 8 - line, Math.log(width / 8), Math.log(height / 8), score], row);
      rows[row + 5 + index] = 1;
      const corners = Float32Array.of(cx - width / 2, cy - height / 2, cx + width / 2, cy + height / 2, score, index);
      for (const found of [
        decodeYolo(columns, classes, at, 0.25),
        decodeYolox(rows, classes, at, 0.25),
        decodeEndToEnd(corners, classes, at, 0.25),
      ]) {
        expect(found.map((detection) => detection.class)).toEqual([classes[index]]);
        expect(found[0]!.score).toBeCloseTo(score, 5);
        for (const [i, value] of [x - w / 2, y - h / 2, w, h].entries()) expect(found[0]!.box[i]).toBeCloseTo(value, 3);
      }
    }),
  );
});

test('whatever numbers a model outputs, decoding does not throw and keeps scores and boxes within bounds', () => {
  const value = fc.oneof(fc.float(), fc.constantFrom(Number.NaN, Number.POSITIVE_INFINITY, -1e30));
  const at = { width: 32, height: 32, pictureWidth: 32, pictureHeight: 18 };
  fc.assert(
    fc.property(fc.array(value, { minLength: 200, maxLength: 200 }), (numbers) => {
      const values = Float32Array.from(numbers);
      for (const found of [
        decodeYolo(values, classes, at, 0.3),
        decodeYolox(values, classes, at, 0.3),
        decodeEndToEnd(values, classes, at, 0.3),
      ])
        for (const { score, box } of found) {
          expect(score).toBeGreaterThanOrEqual(0.3);
          expect(score).toBeLessThanOrEqual(1);
          expect(box.every(Number.isFinite)).toBe(true);
          expect(box[2] > 0 && box[3] > 0).toBe(true);
        }
    }),
  );
});
