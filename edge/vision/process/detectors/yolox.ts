/**
 * YOLOX (Megvii, https://arxiv.org/abs/2107.08430) of any size. Input: BGR, 0..255. Raw output: a row for each cell of
 * the strides 8, 16 and 32, [x, y, w, h, objectness, class scores…], x = (o0 + column) * stride, w = exp(o2) * stride.
 * Objectness and class scores are sigmoids already; a detection's score is their product.
 */
import type { Detection } from './detector.ts';
import { cellCount, detectionOf, floats, type Layout, sides, strides, withoutDoubles } from './layout.ts';
import type { View } from './tensors.ts';

/** x, y, w, h, objectness */
const boxColumns = 5;

export const yolox: Layout = {
  kind: 'yolox',
  describe: (rows) => `YOLOX: [1, ${rows}, 5 + classes]`,
  pixels: 'bgr-255',
  recognise(outputs, view) {
    const [rows, columns = 0] = sides(outputs[0]) ?? [];
    if (outputs.length !== 1 || outputs[0]?.shape.length !== 3 || floats(outputs[0]) === undefined) return undefined;
    return rows === cellCount(view) && columns > boxColumns ? { classCount: columns - boxColumns } : undefined;
  },
  decode: ([output], classes, view, minScore) =>
    decodeYolox(floats(output) ?? new Float32Array(), classes, view, minScore),
};

/** Decodes the model's output rows to detections; boxes are in parts of the picture and not clipped to it. */
export function decodeYolox(rows: Float32Array, classes: readonly string[], view: View, minScore: number): Detection[] {
  const columns = boxColumns + classes.length;
  const candidates: Detection[] = [];
  let row = 0;
  for (const stride of strides)
    for (let y = 0; y < view.height / stride; y++)
      for (let x = 0; x < view.width / stride; x++, row += columns) {
        const objectness = rows[row + 4] ?? 0;
        // a score is the product of two numbers up to 1; NaN fails this comparison too
        if (!(objectness >= minScore)) continue;
        let best = 0;
        for (let c = 1; c < classes.length; c++)
          if ((rows[row + boxColumns + c] ?? 0) > (rows[row + boxColumns + best] ?? 0)) best = c;
        const score = objectness * (rows[row + boxColumns + best] ?? 0);
        if (!(score >= minScore)) continue;
        const box = [
          ((rows[row] ?? 0) + x) * stride,
          ((rows[row + 1] ?? 0) + y) * stride,
          Math.exp(rows[row + 2] ?? 0) * stride,
          Math.exp(rows[row + 3] ?? 0) * stride,
        ] as const;
        const detection = detectionOf(classes, best, score, box, view);
        if (detection !== undefined) candidates.push(detection);
      }
  return withoutDoubles(candidates);
}
