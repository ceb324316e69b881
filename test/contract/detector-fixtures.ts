/**
 * What tests of vision share: the folder with a real clip and model where there is one, frames decoded from a video
 * as the gateway decodes them, and a YOLOX-shaped model of the project's own that sees what it is told to see.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Frame } from '../../edge/vision/process/detectors/detector.ts';
import { letterbox } from '../../edge/vision/process/detectors/geometry.ts';
import { encodeModel } from '../../edge/vision/process/detectors/onnx-schema.ts';
import { yoloxRows } from '../../edge/vision/process/detectors/yolox.ts';

const repository = fileURLToPath(new URL('../..', import.meta.url));
const model = 'yolox_nano_416.onnx';
const folders = [
  ...(process.env.FORPOST_SHARED === undefined
    ? []
    : [join(process.env.FORPOST_SHARED, 'data'), process.env.FORPOST_SHARED]),
  join(repository, '../shared/data'),
];

/** Folder of the real clip, its model and its reference; undefined where this machine has none. */
export const sharedData = folders.find((folder) => existsSync(join(folder, model)));
export const skipNote = sharedData === undefined ? ' (skipped: no ../shared/data beside the repository)' : '';

export function sharedFile(name: string): string {
  if (sharedData === undefined) throw new Error('there is no ../shared/data beside the repository');
  return join(sharedData, name);
}

/** Frames of a `width` x `height` video chosen by ffmpeg's `select` expression, letterboxed as the gateway does it. */
export async function* decodeFrames(
  video: string,
  size: number,
  width: number,
  height: number,
  select: string,
): AsyncGenerator<Omit<Frame, 'camera' | 'uptime'>> {
  const filters = [
    `select='${select}'`,
    `scale=${size}:${size}:force_original_aspect_ratio=decrease`,
    'format=rgb24',
    `pad=${size}:${size}:0:0:color=0x727272`,
  ];
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

export interface Seen {
  /** centre and size in pixels of the frame */
  readonly box: readonly [number, number, number, number];
  readonly objectness: number;
  readonly class: number;
}

/**
 * An .onnx file with YOLOX's shapes that sees `seen` in every picture, in the cells of stride 8. `poison` makes its
 * output NaN.
 */
export function stubYolox(size: number, classes: number, seen: readonly Seen[], poison = false): Uint8Array {
  const rows = yoloxRows(size);
  const columns = 5 + classes;
  const output = new Float32Array(rows * columns);
  const stride = 8;
  for (const { box, objectness, class: index } of seen) {
    const [x, y] = [Math.floor(box[0] / stride), Math.floor(box[1] / stride)];
    const row = (y * (size / stride) + x) * columns;
    output.set([box[0] / stride - x, box[1] / stride - y, Math.log(box[2] / stride), Math.log(box[3] / stride)], row);
    output[row + 4] = objectness;
    output[row + 5 + index] = 1;
  }
  if (poison) output[4] = Number.NaN;
  return encodeModel({
    name: 'stub-yolox',
    inputs: [{ name: 'images', type: 'float', shape: [1, 3, size, size] }],
    outputs: [{ name: 'output', type: 'float', shape: [1, rows, columns] }],
    constants: [
      { name: 'nothing', shape: [], data: Float32Array.of(0) },
      { name: 'one', shape: [3], data: BigInt64Array.of(1n, 1n, -1n) },
      { name: 'seen', shape: [1, rows, columns], data: output },
    ],
    nodes: [
      // the picture's mean times nothing: the output depends on the input as a real one does
      { op: 'ReduceMean', inputs: ['images'], output: 'mean', attributes: { axes: [1, 2, 3], keepdims: 1 } },
      { op: 'Mul', inputs: ['mean', 'nothing'], output: 'zero' },
      { op: 'Reshape', inputs: ['zero', 'one'], output: 'zero_row' },
      { op: 'Add', inputs: ['seen', 'zero_row'], output: 'output' },
    ],
  });
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
