/**
 * The YOLO exports of Ultralytics (https://docs.ultralytics.com/modes/export/). Input: RGB, 0..1. Two outputs:
 *
 *   YOLOv8, YOLO11 and similar: [1, 4 + classes, cells], a column for each cell of the strides 8, 16 and 32: centre x,
 *   centre y, width, height in pixels of the input, then class scores (sigmoids); `decode` removes duplicates
 *
 *   YOLOv10, YOLO26, or exported with nms=True: [1, N, 6], one row per thing: x1, y1, x2, y2 in pixels, score, class;
 *   unused rows have a score of 0
 */
import type { Detection } from './detector.ts';
import { bestFirst, cellCount, detectionOf, floats, type Layout, sides, withoutDoubles } from './layout.ts';
import type { View } from './tensors.ts';

/** centre x, centre y, width, height */
const boxRows = 4;
const endToEndColumns = 6;
/** More rows than this are cells, not things. */
const mostThings = 1_000;

export const yolo: Layout = {
  kind: 'yolo',
  describe: (cells) => `YOLOv8 and YOLO11: [1, 4 + classes, ${cells}]`,
  pixels: 'rgb-1',
  recognise(outputs, view) {
    const [rows = 0, cells] = sides(outputs[0]) ?? [];
    if (outputs.length !== 1 || outputs[0]?.shape.length !== 3 || floats(outputs[0]) === undefined) return undefined;
    return cells === cellCount(view) && rows > boxRows ? { classCount: rows - boxRows } : undefined;
  },
  decode: ([output], classes, view, minScore) =>
    decodeYolo(floats(output) ?? new Float32Array(), classes, view, minScore),
};

export const yoloEndToEnd: Layout = {
  kind: 'yolo-end-to-end',
  describe: () => 'YOLO with its own suppression: [1, N, 6]',
  pixels: 'rgb-1',
  recognise(outputs, _view, hints) {
    const [things = 0, columns] = sides(outputs[0]) ?? [];
    if (outputs.length !== 1 || outputs[0]?.shape.length !== 3 || floats(outputs[0]) === undefined) return undefined;
    if (columns !== endToEndColumns || things > mostThings) return undefined;
    // RT-DETR with two classes has six columns too: then the model's own class names decide
    return hints.classes?.length === endToEndColumns - boxRows ? undefined : { classCount: undefined };
  },
  decode: ([output], classes, view, minScore) =>
    decodeEndToEnd(floats(output) ?? new Float32Array(), classes, view, minScore),
};

/** `values`: [4 + classes, cells], row after row. */
export function decodeYolo(
  values: Float32Array,
  classes: readonly string[],
  view: View,
  minScore: number,
): Detection[] {
  const cells = cellCount(view);
  const best = new Float32Array(cells).fill(Number.NEGATIVE_INFINITY);
  const which = new Uint16Array(cells);
  // in memory order: cells are the inner loop
  for (let c = 0, at = boxRows * cells; c < classes.length; c++)
    for (let cell = 0; cell < cells; cell++, at++) {
      const score = values[at] ?? 0;
      if (score > (best[cell] ?? 0)) {
        best[cell] = score;
        which[cell] = c;
      }
    }
  const candidates: Detection[] = [];
  for (let cell = 0; cell < cells; cell++) {
    const score = best[cell] ?? 0;
    if (!(score >= minScore)) continue;
    const side = (row: number) => values[row * cells + cell] ?? 0;
    const detection = detectionOf(classes, which[cell] ?? 0, score, [side(0), side(1), side(2), side(3)], view);
    if (detection !== undefined) candidates.push(detection);
  }
  return withoutDoubles(candidates);
}

/** `values`: [N, 6], row after row. */
export function decodeEndToEnd(
  values: Float32Array,
  classes: readonly string[],
  view: View,
  minScore: number,
): Detection[] {
  const found: Detection[] = [];
  for (let at = 0; at + endToEndColumns <= values.length; at += endToEndColumns) {
    const [left = 0, top = 0, right = 0, bottom = 0, score = 0, index = 0] = values.subarray(at, at + endToEndColumns);
    if (!(score >= minScore) || !(index >= 0)) continue;
    const box = [(left + right) / 2, (top + bottom) / 2, right - left, bottom - top] as const;
    const detection = detectionOf(classes, Math.round(index), score, box, view);
    if (detection !== undefined) found.push(detection);
  }
  return bestFirst(found);
}
