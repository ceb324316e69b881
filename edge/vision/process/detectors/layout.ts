/**
 * The interface of a layout: how to read the outputs of a family of models. A family is one file (yolox.ts, yolo.ts,
 * rt-detr.ts) and one line in layouts.ts. Pure: `recognise` judges shapes, `decode` turns numbers into detections.
 *
 * Always: `decode` returns boxes in parts of the camera's picture and scores from `minScore` to 1, best first; NaN
 * gives no detection.
 */
import type { Detection } from './detector.ts';
import { suppress } from './geometry.ts';
import type { Pixels, TensorData, View } from './tensors.ts';

/** What a model's file says about the model; all of it is optional. */
export interface Hints {
  /** names of its classes, in its order */
  readonly classes?: readonly string[];
}

export interface Recognised {
  /** undefined: the outputs do not show it */
  readonly classCount: number | undefined;
}

export interface Layout {
  /** its name in a model's card */
  readonly kind: string;
  /** the family and its outputs, for an installer; `rows`: cells of the strides 8, 16 and 32 in the picture */
  describe(rows: number): string;
  readonly pixels: Pixels;
  /** Recognises outputs of this family by their shapes for a picture of `view`; undefined: another family. */
  recognise(outputs: readonly TensorData[], view: View, hints: Hints): Recognised | undefined;
  /** `classes`: names in the model's order. */
  decode(outputs: readonly TensorData[], classes: readonly string[], view: View, minScore: number): Detection[];
}

export const strides = [8, 16, 32] as const;

/** Cells of all strides in a picture: rows of YOLOX's output, columns of YOLOv8's. */
export function cellCount({ width, height }: Pick<View, 'width' | 'height'>): number {
  return strides.reduce((sum, stride) => sum + (width / stride) * (height / stride), 0);
}

const suppressOverlap = 0.45;
const maxDetections = 100;
/** Suppression is quadratic, so it sees at most this many candidates, the best ones. */
const maxCandidates = 1_000;

/** Best first, without those that overlap a better one of their class. */
export function withoutDoubles(candidates: Detection[]): Detection[] {
  return suppress(bestFirst(candidates, maxCandidates), suppressOverlap, maxDetections);
}

/** Best first; for families whose models report each thing once. */
export function bestFirst(candidates: Detection[], limit = maxDetections): Detection[] {
  return candidates.sort((a, b) => b.score - a.score).slice(0, limit);
}

/**
 * A detection from a box in the model's pixels (centre and size); undefined if the box has no area or is not finite.
 * `index`: of the class; a class without a name is called by its number.
 */
export function detectionOf(
  classes: readonly string[],
  index: number,
  score: number,
  [x, y, width, height]: readonly [number, number, number, number],
  { pictureWidth, pictureHeight }: View,
): Detection | undefined {
  if (!Number.isFinite(x + y + width + height) || !(width > 0 && height > 0)) return undefined;
  return {
    class: classes[index] ?? `class ${index}`,
    score: Math.min(1, score),
    box: [
      (x - width / 2) / pictureWidth,
      (y - height / 2) / pictureHeight,
      width / pictureWidth,
      height / pictureHeight,
    ],
  };
}

/** The values of a float32 output; undefined for other types. */
export function floats(output: TensorData | undefined): Float32Array | undefined {
  return output?.data instanceof Float32Array ? output.data : undefined;
}

/** The sides of a tensor without its batch of one; undefined if its first side is not 1. */
export function sides(output: TensorData | undefined): readonly number[] | undefined {
  return output !== undefined && output.shape[0] === 1 ? output.shape.slice(1) : undefined;
}
