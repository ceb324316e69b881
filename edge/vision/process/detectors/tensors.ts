/**
 * The interface of an opened model, which turns input tensors into output tensors, in this process (session.ts) or on
 * another machine (remote.ts). Also writes letterboxed frames into a model's input. Pure except for `Runner`.
 */

import { ForpostError } from '@forpost/shared/errors.ts';
import { type Words, words } from '@forpost/shared/texts/english.ts';
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
  /** onnxruntime's name of the type: float32, float16, uint8, int64, … */
  readonly type: string;
  readonly shape: readonly number[];
}

/** One opened model. One run at a time; the caller owns the outputs. */
export interface Runner {
  readonly inputs: readonly TensorInfo[];
  /** @throws ForpostError FORPOST_DETECTOR_FAILED */
  run(inputs: Tensors): Promise<Tensors>;
  close(): Promise<void>;
}

/** The size of a model's picture, and of its top left part that the camera's picture fills, in pixels. */
export interface View {
  readonly width: number;
  readonly height: number;
  readonly pictureWidth: number;
  readonly pictureHeight: number;
}

export interface ModelInput {
  /** name of the input for the picture: float32 [1, 3, height, width] */
  readonly name: string;
  readonly width: number;
  readonly height: number;
  /** name of the int64 [1, 2] input for the picture's width and height; undefined if there is none */
  readonly sizes: string | undefined;
}

/** the largest allowed side of a model's picture */
const maxSide = 2048;
const neededMultiple = 32;
/** the value that fills a frame outside the picture */
export const padding = 114;

/**
 * Finds the input for the picture and its size. `wanted`: pixels a side, if the model takes any size.
 * @throws ForpostError FORPOST_MODEL_INVALID with what is wrong with the inputs
 */
export function modelInput(all: readonly TensorInfo[], wanted: number): ModelInput {
  const picture = all.find(({ shape }) => shape.length === 4);
  const others = all.filter((input) => input !== picture);
  const sizes = others.find(({ type, shape }) => type === 'int64' && shape.length === 2 && shape[1] === 2);
  const inputs = all.map(shownTensor).join(', ') || '[]';
  if (picture === undefined || others.some((input) => input !== sizes))
    throw invalid(words('gateway/reason.model-picture', { inputs }));
  const [batch = -1, channels = -1, height = -1, width = -1] = picture.shape;
  if (picture.type === 'float16') throw invalid(words('gateway/reason.model-half', { inputs }));
  if (picture.type !== 'float32') throw invalid(words('gateway/reason.model-float', { inputs }));
  if (channels !== 3 && width === 3) throw invalid(words('gateway/reason.model-nhwc', { inputs }));
  if (channels !== 3 && channels !== -1) throw invalid(words('gateway/reason.model-colours', { inputs }));
  if (batch > 1) throw invalid(words('gateway/reason.model-batch', { inputs, count: batch }));
  const [high, wide] = [height > 0 ? height : wanted, width > 0 ? width : wanted];
  if (Math.max(high, wide) > maxSide || high % neededMultiple !== 0 || wide % neededMultiple !== 0)
    throw invalid(words('gateway/reason.model-sides', { inputs, side: maxSide, divisor: neededMultiple }));
  return { name: picture.name, width: wide, height: high, sizes: sizes?.name };
}

/**
 * Places `frame` in the model's picture: at its own size, or shrunk if the model's picture is not square and too small.
 */
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

/** Order and range of a pixel's values: blue, green, red in 0..255, or red, green, blue in 0..1. */
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

/** Fills each pixel of the view with the nearest pixel of the frame's picture; the rest is padding. */
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

export function invalid(message: Words, cause?: unknown): ForpostError {
  return new ForpostError('FORPOST_MODEL_INVALID', message, { cause });
}

export function failed(message: Words, cause?: unknown): ForpostError {
  return new ForpostError('FORPOST_DETECTOR_FAILED', message, { cause });
}
