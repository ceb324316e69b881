/**
 * What a model is to the rest of this folder: tensors in, tensors out, wherever it runs (session.ts: here; remote.ts:
 * on another box); and the way of a letterboxed frame into the picture that it takes. Pure but for `Runner`.
 */
import { ForpostError } from '@forpost/shared/errors.ts';
import type { Frame } from './detector.ts';

export type TensorValues = Float32Array | Uint8Array | Int32Array | BigInt64Array;

export interface TensorData {
  readonly data: TensorValues;
  readonly shape: readonly number[];
}

export type Tensors = Readonly<Record<string, TensorData>>;

/** A tensor as a model declares it; a side of -1 may be of any length. */
export interface TensorInfo {
  readonly name: string;
  /** as onnxruntime calls it: float32, float16, uint8, int64, … */
  readonly type: string;
  readonly shape: readonly number[];
}

/** One opened model. One run at a time; the outputs are the caller's. */
export interface Runner {
  readonly inputs: readonly TensorInfo[];
  /** @throws ForpostError FORPOST_DETECTOR_FAILED */
  run(inputs: Tensors): Promise<Tensors>;
  close(): Promise<void>;
}

/** The picture that a model takes, in its pixels, and the part of it that the camera's picture fills, at its top left. */
export interface View {
  readonly width: number;
  readonly height: number;
  readonly pictureWidth: number;
  readonly pictureHeight: number;
}

export interface ModelInput {
  /** the picture: float32 [1, 3, height, width] */
  readonly name: string;
  readonly width: number;
  readonly height: number;
  /** an int64 [1, 2] that wants to be told the picture's width and height; undefined where there is none */
  readonly sizes: string | undefined;
}

/** the largest side of a picture that a model may take */
const maxSide = 2048;
const neededMultiple = 32;
/** what fills a frame where there is no picture */
export const padding = 114;

/**
 * Which input takes the picture, and how large it is; `wanted`: pixels a side where the model takes any.
 * @throws ForpostError FORPOST_MODEL_INVALID with what is not as it should be
 */
export function modelInput(inputs: readonly TensorInfo[], wanted: number): ModelInput {
  const picture = inputs.find(({ shape }) => shape.length === 4);
  const others = inputs.filter((input) => input !== picture);
  const sizes = others.find(({ type, shape }) => type === 'int64' && shape.length === 2 && shape[1] === 2);
  const shown = inputs.map(shownTensor).join(' and ') || 'nothing';
  if (picture === undefined || others.some((input) => input !== sizes))
    throw invalid(`it takes ${shown}: one picture of [1, 3, height, width] is what a camera has`);
  const [batch = -1, channels = -1, height = -1, width = -1] = picture.shape;
  if (picture.type === 'float16')
    throw invalid(`it takes ${shown}: half precision (float16) is not for this processor, export it with float32`);
  if (picture.type !== 'float32') throw invalid(`it takes ${shown}: export it with float32 pictures`);
  if (channels !== 3 && width === 3)
    throw invalid(`it takes ${shown}: its colours come last (NHWC), export it with [1, 3, height, width]`);
  if (channels !== 3 && channels !== -1) throw invalid(`it takes ${shown}: a picture has 3 colours`);
  if (batch > 1) throw invalid(`it takes ${shown}: ${batch} pictures at once, export it for one`);
  const [high, wide] = [height > 0 ? height : wanted, width > 0 ? width : wanted];
  if (Math.max(high, wide) > maxSide || high % neededMultiple !== 0 || wide % neededMultiple !== 0)
    throw invalid(`it takes ${shown}: sides up to ${maxSide} pixels that ${neededMultiple} divides are needed`);
  return { name: picture.name, width: wide, height: high, sizes: sizes?.name };
}

/** How `frame` lies in the model's picture: as it is, or shrunk where the model's is not square and too small for it. */
export function viewOf(frame: Pick<Frame, 'pictureWidth' | 'pictureHeight'>, input: ModelInput): View {
  const { width, height } = input;
  const shrink = Math.min(1, width / frame.pictureWidth, height / frame.pictureHeight);
  return {
    width,
    height,
    pictureWidth: Math.round(frame.pictureWidth * shrink),
    pictureHeight: Math.round(frame.pictureHeight * shrink),
  };
}

/** Order and range of the values of a pixel: blue, green, red of 0..255, or red, green, blue of 0..1. */
export type Pixels = 'bgr-255' | 'rgb-1';

/** Writes `frame` into the three planes of a model's picture. */
export function toPlanes(frame: Frame, view: View, pixels: Pixels, planes: Float32Array): void {
  const { rgb, size } = frame;
  const { width, height } = view;
  const area = width * height;
  const scale = pixels === 'rgb-1' ? 1 / 255 : 1;
  const [red, blue] = pixels === 'rgb-1' ? [0, 2 * area] : [2 * area, 0];
  if (view.pictureWidth !== frame.pictureWidth || view.pictureHeight !== frame.pictureHeight) {
    shrinkInto(frame, view, planes, scale, red, blue);
    return;
  }
  for (let y = 0, to = 0; y < height; y++)
    for (let x = 0, at = y * size * 3; x < width; x++, to++, at += 3) {
      planes[red + to] = (rgb[at] ?? 0) * scale;
      planes[area + to] = (rgb[at + 1] ?? 0) * scale;
      planes[blue + to] = (rgb[at + 2] ?? 0) * scale;
    }
}

/** The nearest pixel of the frame's picture for each of the view's; the rest is padding. */
function shrinkInto(frame: Frame, view: View, planes: Float32Array, scale: number, red: number, blue: number): void {
  const { rgb, size } = frame;
  const { width, height, pictureWidth, pictureHeight } = view;
  const area = width * height;
  planes.fill(padding * scale);
  for (let y = 0; y < pictureHeight; y++) {
    const row = Math.floor(((y + 0.5) * frame.pictureHeight) / pictureHeight) * size;
    for (let x = 0; x < pictureWidth; x++) {
      const at = 3 * (row + Math.floor(((x + 0.5) * frame.pictureWidth) / pictureWidth));
      const to = y * width + x;
      planes[red + to] = (rgb[at] ?? 0) * scale;
      planes[area + to] = (rgb[at + 1] ?? 0) * scale;
      planes[blue + to] = (rgb[at + 2] ?? 0) * scale;
    }
  }
}

/** `name [1, 3, 640, 640] float32`, for people; a side of any length as "?" */
export function shownTensor({ name, type, shape }: TensorInfo): string {
  return `${name} [${shape.map((side) => (side < 0 ? '?' : side)).join(', ')}] ${type}`;
}

export function invalid(message: string, cause?: unknown): ForpostError {
  return new ForpostError('FORPOST_MODEL_INVALID', message, { cause });
}

export function failed(message: string, cause?: unknown): ForpostError {
  return new ForpostError('FORPOST_DETECTOR_FAILED', message, { cause });
}
