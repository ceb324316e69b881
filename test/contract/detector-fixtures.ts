/**
 * Shared parts of the vision tests: the folder with a real clip and model, frames decoded as the gateway decodes them, and
 * the project's own YOLOX-shaped model, whose detections a test chooses.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { pictureFilters } from '../../edge/vision/process/capture.ts';
import type { Detector, Frame } from '../../edge/vision/process/detectors/detector.ts';
import { letterbox } from '../../edge/vision/process/detectors/geometry.ts';
import { cellCount } from '../../edge/vision/process/detectors/layout.ts';
import { encodeModel, type Node } from '../../edge/vision/process/detectors/onnx-schema.ts';
import { openSession } from '../../edge/vision/process/detectors/session.ts';
import { openTensorDetector } from '../../edge/vision/process/detectors/tensor-detector.ts';
import { yolox } from '../../edge/vision/process/detectors/yolox.ts';

const repository = fileURLToPath(new URL('../..', import.meta.url));
const model = 'yolox_nano_416.onnx';
const folders = [
  ...(process.env.FORPOST_SHARED === undefined
    ? []
    : [join(process.env.FORPOST_SHARED, 'data'), process.env.FORPOST_SHARED]),
  join(repository, '../shared/data'),
];

/** Folder of the real clip, its model and its reference; undefined when this machine has none. */
export const sharedData = folders.find((folder) => existsSync(join(folder, model)));
/** Why a test with the real clip or model cannot run here; undefined when it can. */
export const withoutSharedData =
  sharedData === undefined ? `no ${model} in ../shared/data or in $FORPOST_SHARED` : undefined;

export function sharedFile(name: string): string {
  if (sharedData === undefined) throw new Error('there is no ../shared/data beside the repository');
  return join(sharedData, name);
}

/** Frames of a `width` x `height` video that match ffmpeg's `select` expression, letterboxed as in the gateway. */
export async function* decodeFrames(
  video: string,
  size: number,
  width: number,
  height: number,
  select: string,
): AsyncGenerator<Omit<Frame, 'camera' | 'uptime'>> {
  const filters = [`select='${select}'`, ...pictureFilters(size)];
  const input = ['-hide_banner', '-loglevel', 'error', '-nostdin', '-i', video];
  const output = ['-vf', filters.join(','), '-fps_mode', 'passthrough', '-f', 'rawvideo', '-pix_fmt', 'rgb24', '-'];
  const ffmpeg = spawn('ffmpeg', [...input, ...output], { stdio: ['ignore', 'pipe', 'inherit'] });
  const closed = once(ffmpeg, 'close');
  const picture = letterbox(width, height, size);
  let filled = 0;
  let rgb = new Uint8Array(size * size * 3);
  for await (const chunk of ffmpeg.stdout as AsyncIterable<Uint8Array>)
    for (let at = 0; at < chunk.length; ) {
      const part = chunk.subarray(at, at + rgb.length - filled);
      rgb.set(part, filled);
      filled += part.length;
      at += part.length;
      if (filled < rgb.length) continue;
      yield { rgb, size, pictureWidth: picture.width, pictureHeight: picture.height };
      rgb = new Uint8Array(size * size * 3);
      filled = 0;
    }
  await closed;
}

/** Opens a YOLOX model's file by its family. */
export async function openYolox(name: string, file: string, classes: readonly string[]): Promise<Detector> {
  return openTensorDetector(name, await openSession(file, `the file of model "${name}"`), yolox, classes);
}

export interface StubbedThing {
  /** centre and size, pixels of the frame */
  readonly box: readonly [number, number, number, number];
  readonly objectness: number;
  readonly class: number;
}

/** Outputs of the project's own model for every picture; `sides`: of its input. */
interface Stub {
  readonly sides?: readonly [height: number, width: number];
  readonly outputs: readonly {
    readonly name: string;
    readonly shape: readonly number[];
    readonly data: Float32Array | BigInt64Array;
  }[];
  readonly nodes?: readonly Node[];
  readonly sizes?: boolean;
  readonly metadata?: Readonly<Record<string, string>>;
}

/**
 * An .onnx file with constant `outputs`. The first one depends on the picture, as in a real model: the picture's mean times
 * zero is added. With `sizes` it also has the input `orig_target_sizes`, for `nodes`.
 */
function stub({ sides = [-1, -1], outputs, nodes = [], sizes = false, metadata = {} }: Stub): Uint8Array {
  const answered = new Set(nodes.map(({ output }) => output));
  const [first] = outputs;
  if (first === undefined) throw new Error('a model without an output');
  return encodeModel({
    name: 'stub',
    metadata,
    inputs: [
      { name: 'images', type: 'float', shape: [1, 3, ...sides] },
      ...(sizes ? [{ name: 'orig_target_sizes', type: 'int64', shape: [1, 2] } as const] : []),
    ],
    outputs: outputs.map(({ name, shape, data }) => ({
      name,
      shape,
      type: data instanceof Float32Array ? 'float' : 'int64',
    })),
    constants: [
      { name: 'nothing', shape: [], data: Float32Array.of(0) },
      { name: 'flat', shape: [1], data: BigInt64Array.of(-1n) },
      ...outputs.map(({ name, shape, data }) => ({ name: `seen_${name}`, shape, data })),
    ],
    nodes: [
      { op: 'ReduceMean', inputs: ['images'], output: 'mean', attributes: { axes: [1, 2, 3], keepdims: 1 } },
      { op: 'Mul', inputs: ['mean', 'nothing'], output: 'zero' },
      { op: 'Reshape', inputs: ['zero', 'flat'], output: 'zero_row' },
      {
        op: 'Add',
        inputs: [`seen_${first.name}`, 'zero_row'],
        output: answered.has(first.name) ? 'first' : first.name,
      },
      ...nodes,
      ...outputs
        .slice(1)
        .filter(({ name }) => !answered.has(name))
        .map(({ name }) => ({ op: 'Identity', inputs: [`seen_${name}`], output: name })),
    ],
  });
}

/**
 * An .onnx file with YOLOX's shapes that sees `seen` in every picture, in cells of stride 8. `poison` makes its output NaN;
 * `declared`: the declared sides of its input, when they are not fixed.
 */
export function stubYolox(
  size: number,
  classes: number,
  seen: readonly StubbedThing[],
  poison = false,
  [height, width] = [size, size],
  declared: readonly [number, number] = [height, width],
): Uint8Array {
  const rows = cellCount({ width, height });
  const columns = 5 + classes;
  const output = new Float32Array(rows * columns);
  const stride = 8;
  for (const { box, objectness, class: index } of seen) {
    const [x, y] = [Math.floor(box[0] / stride), Math.floor(box[1] / stride)];
    const row = (y * (width / stride) + x) * columns;
    output.set([box[0] / stride - x, box[1] / stride - y, Math.log(box[2] / stride), Math.log(box[3] / stride)], row);
    output[row + 4] = objectness;
    output[row + 5 + index] = 1;
  }
  if (poison) output[4] = Number.NaN;
  return stub({ sides: declared, outputs: [{ name: 'output', shape: [1, rows, columns], data: output }] });
}

/** An .onnx file with the shapes of YOLOv8 and YOLO11 that sees `seen` in every picture. */
export function stubYolo(
  [height, width]: readonly [number, number],
  classes: number,
  seen: readonly StubbedThing[],
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array {
  const cells = cellCount({ width, height });
  const output = new Float32Array((4 + classes) * cells);
  for (const [i, { box, objectness, class: index }] of seen.entries()) {
    // any cell works, because boxes are in pixels
    const cell = i * 7;
    for (const [row, value] of [...box.entries(), [4 + index, objectness] as const]) output[row * cells + cell] = value;
  }
  const outputs = [{ name: 'output0', shape: [1, 4 + classes, cells], data: output }];
  return stub({ sides: [height, width], outputs, metadata });
}

const things = 300;

/** An .onnx file with the output of YOLOv10, or of an export with nms=True, that sees `seen` in every picture. */
export function stubEndToEnd(size: number, seen: readonly StubbedThing[]): Uint8Array {
  const output = new Float32Array(things * 6);
  for (const [i, { box, objectness, class: index }] of seen.entries())
    output.set([...cornersOf(box), objectness, index], i * 6);
  return stub({ sides: [size, size], outputs: [{ name: 'output0', shape: [1, things, 6], data: output }] });
}

/** An .onnx file with the outputs of RT-DETR as its authors, Hugging Face or Ultralytics export it. */
export function stubRtDetr(
  exporter: 'authors' | 'hugging-face' | 'ultralytics',
  size: number,
  classes: number,
  seen: readonly StubbedThing[],
): Uint8Array {
  const centred = seen.map(({ box }) => box.map((value) => value / size));
  const fill = (length: number, values: readonly (readonly number[])[], rest = 0) => {
    const data = new Float32Array(things * length).fill(rest);
    for (const [i, value] of values.entries()) data.set(value, i * length);
    return data;
  };
  const scores = (toValue: (score: number) => number) =>
    seen.map((one) => Array.from({ length: classes }, (_, c) => toValue(c === one.class ? one.objectness : 0.001)));
  const sides = [size, size] as const;
  if (exporter === 'ultralytics') {
    const rows = scores((score) => score).map((row, i) => [...(centred[i] ?? []), ...row]);
    const outputs = [{ name: 'output0', shape: [1, things, 4 + classes], data: fill(4 + classes, rows) }];
    return stub({ sides, outputs });
  }
  if (exporter === 'hugging-face') {
    const logits = fill(
      classes,
      scores((score) => Math.log(score / (1 - score))),
      -9,
    );
    return stub({
      sides,
      outputs: [
        { name: 'logits', shape: [1, things, classes], data: logits },
        { name: 'pred_boxes', shape: [1, things, 4], data: fill(4, centred) },
      ],
    });
  }
  const labels = BigInt64Array.from({ length: things }, (_, i) => BigInt(seen[i]?.class ?? 0));
  const corners = seen.map(({ box }) => cornersOf(box).map((value) => value / size));
  return stub({
    sides,
    sizes: true,
    outputs: [
      { name: 'boxes', shape: [1, things, 4], data: fill(4, corners) },
      { name: 'labels', shape: [1, things], data: labels },
      {
        name: 'scores',
        shape: [1, things],
        data: fill(
          1,
          seen.map(({ objectness }) => [objectness]),
        ),
      },
    ],
    nodes: [
      { op: 'Cast', inputs: ['orig_target_sizes'], output: 'size', attributes: { to: 1 } },
      { op: 'Concat', inputs: ['size', 'size'], output: 'size_twice', attributes: { axis: 1 } },
      { op: 'Mul', inputs: ['first', 'size_twice'], output: 'boxes' },
    ],
  });
}

function cornersOf([x, y, width, height]: StubbedThing['box']): number[] {
  return [x - width / 2, y - height / 2, x + width / 2, y + height / 2];
}

/** A grey frame, with bright rectangles (pixels of the frame: x, y, width, height). */
export function paint(
  size: number,
  pictureHeight: number,
  rectangles: readonly (readonly [number, number, number, number])[] = [],
): Omit<Frame, 'camera' | 'uptime'> {
  const rgb = new Uint8Array(new SharedArrayBuffer(size * size * 3)).fill(114);
  for (const [left, top, width, height] of rectangles)
    for (let y = top; y < top + height; y++) rgb.fill(225, (y * size + left) * 3, (y * size + left + width) * 3);
  return { rgb, size, pictureWidth: size, pictureHeight };
}
