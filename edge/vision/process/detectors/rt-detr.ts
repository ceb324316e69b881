/**
 * RT-DETR (https://arxiv.org/abs/2304.08069) and similar models (D-FINE), as three exporters write them. Input: RGB,
 * 0..1. These models report each thing once. Outputs:
 *
 *   the authors' (lyuwenyu/RT-DETR, tools/export_onnx.py): labels [1, N] int64, boxes [1, N, 4] as x1, y1, x2, y2 in
 *   pixels of the size given in `orig_target_sizes` [1, 2] (width, height), scores [1, N]
 *   Hugging Face (optimum): logits [1, N, classes], pred_boxes [1, N, 4] as centre and size, 0..1; score = sigmoid
 *   Ultralytics: [1, N, 4 + classes], centre and size 0..1, then class scores (sigmoids)
 */
import type { Detection } from './detector.ts';
import { bestFirst, detectionOf, floats, type Layout, sides } from './layout.ts';
import type { TensorData, View } from './tensors.ts';

const boxSides = 4;
/** More rows than this are cells of another family, not queries. */
const mostQueries = 1_000;

export const rtDetr: Layout = {
  kind: 'rt-detr',
  describe: () => 'RT-DETR: labels, boxes and scores of N things, or logits and boxes, or [1, N, 4 + classes]',
  pixels: 'rgb-1',
  recognise(outputs) {
    const found = ranked(outputs) ?? queried(outputs) ?? joined(outputs);
    return found === undefined || found.queries > mostQueries ? undefined : { classCount: found.classCount };
  },
  decode(outputs, classes, view, minScore) {
    const found = ranked(outputs) ?? queried(outputs) ?? joined(outputs);
    return found === undefined ? [] : bestFirst(found.decode(classes, view, minScore));
  },
};

interface Variant {
  readonly queries: number;
  readonly classCount: number | undefined;
  decode(classes: readonly string[], view: View, minScore: number): Detection[];
}

/** labels, boxes, scores */
function ranked(outputs: readonly TensorData[]): Variant | undefined {
  const boxes = outputs.find((output) => output.shape.length === 3 && sides(output)?.[1] === boxSides);
  const queries = sides(boxes)?.[0] ?? 0;
  const flat = outputs.filter((output) => output.shape.length === 2 && sides(output)?.[0] === queries);
  const scores = floats(flat.find((output) => floats(output) !== undefined));
  const labels = flat.find(({ data }) => data instanceof BigInt64Array || data instanceof Int32Array)?.data;
  const corners = floats(boxes);
  if (outputs.length !== 3 || corners === undefined || scores === undefined || labels === undefined) return undefined;
  return {
    queries,
    classCount: undefined,
    decode(classes, view, minScore) {
      const found: Detection[] = [];
      for (let i = 0; i < queries; i++) {
        const score = scores[i] ?? 0;
        if (!(score >= minScore)) continue;
        const [left = 0, top = 0, right = 0, bottom = 0] = corners.subarray(i * boxSides, (i + 1) * boxSides);
        const box = [(left + right) / 2, (top + bottom) / 2, right - left, bottom - top] as const;
        add(found, detectionOf(classes, Number(labels[i]), score, box, view));
      }
      return found;
    },
  };
}

/** logits, pred_boxes */
function queried(outputs: readonly TensorData[]): Variant | undefined {
  if (outputs.length !== 2 || outputs.some((output) => output.shape.length !== 3)) return undefined;
  // logits of four classes have the shape of boxes: then the exporter's order decides, boxes last
  const boxes = outputs.findLast((output) => sides(output)?.[1] === boxSides);
  const logits = outputs.find((output) => output !== boxes);
  const [queries = 0, classCount = 0] = sides(logits) ?? [];
  const [values, places] = [floats(logits), floats(boxes)];
  if (values === undefined || places === undefined || classCount === 0 || sides(boxes)?.[0] !== queries)
    return undefined;
  const leastLogit = (minScore: number) => Math.log(minScore / (1 - minScore));
  return {
    queries,
    classCount,
    decode: (classes, view, minScore) =>
      decodeQueries(queries, classes, view, minScore > 0 && minScore < 1 ? leastLogit(minScore) : undefined, minScore, {
        score: (i, c) => values[i * classCount + c] ?? 0,
        side: (i, side) => places[i * boxSides + side] ?? 0,
        toScore: (logit) => 1 / (1 + Math.exp(-logit)),
      }),
  };
}

/** [1, N, 4 + classes] */
function joined(outputs: readonly TensorData[]): Variant | undefined {
  const [queries = 0, columns = 0] = sides(outputs[0]) ?? [];
  const values = floats(outputs[0]);
  if (outputs.length !== 1 || outputs[0]?.shape.length !== 3 || values === undefined || columns <= boxSides)
    return undefined;
  return {
    queries,
    classCount: columns - boxSides,
    decode: (classes, view, minScore) =>
      decodeQueries(queries, classes, view, undefined, minScore, {
        score: (i, c) => values[i * columns + boxSides + c] ?? 0,
        side: (i, side) => values[i * columns + side] ?? 0,
        toScore: (score) => score,
      }),
  };
}

interface Queries {
  score(query: number, index: number): number;
  side(query: number, side: number): number;
  toScore(value: number): number;
}

/** `least`: values below it are not turned into a score, which would cost an exponential each. */
function decodeQueries(
  queries: number,
  classes: readonly string[],
  view: View,
  least: number | undefined,
  minScore: number,
  { score, side, toScore }: Queries,
): Detection[] {
  const found: Detection[] = [];
  for (let i = 0; i < queries; i++) {
    let [best, which] = [Number.NEGATIVE_INFINITY, 0];
    for (let c = 0; c < classes.length; c++) {
      const value = score(i, c);
      if (value > best) [best, which] = [value, c];
    }
    if (least !== undefined && best < least) continue;
    const certain = toScore(best);
    if (!(certain >= minScore)) continue;
    const { width, height } = view;
    const box = [side(i, 0) * width, side(i, 1) * height, side(i, 2) * width, side(i, 3) * height] as const;
    add(found, detectionOf(classes, which, certain, box, view));
  }
  return found;
}

function add(found: Detection[], detection: Detection | undefined): void {
  if (detection !== undefined) found.push(detection);
}
