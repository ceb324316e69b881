/**
 * YOLOX (Megvii, https://arxiv.org/abs/2107.08430) of any size: what it needs to know it reads from the model's
 * shapes. Input: BGR, 0..255, float32, NCHW, letterboxed at the top left with 114. Output, raw: a row for each cell
 * of the strides 8, 16 and 32, [x, y, w, h, objectness, class scores…], x = (o0 + column) * stride,
 * w = exp(o2) * stride; objectness and classes are sigmoids already; a score is their product.
 */
import { ForpostError } from '@forpost/shared/errors.ts';
import type { Detection, Detector, Frame } from './detector.ts';
import { suppress } from './geometry.ts';
import { floatsOf, type InferenceSession, openSession, Tensor } from './session.ts';

export const yoloxStrides = [8, 16, 32] as const;
/** x, y, w, h, objectness */
const boxColumns = 5;
const suppressOverlap = 0.45;
const maxDetections = 100;
/** Candidates looked at by the suppression at most, the best ones: it is quadratic. */
const maxCandidates = 1_000;

export interface YoloxShape {
  /** pixels a side */
  readonly inputSize: number;
  readonly classCount: number;
}

/** Rows of the output for an input of `size` pixels a side. */
export function yoloxRows(size: number): number {
  return yoloxStrides.reduce((sum, stride) => sum + (size / stride) ** 2, 0);
}

/** Opens `file` and reads its shapes. @throws ForpostError FORPOST_MODEL_INVALID: says what is not like YOLOX */
export async function inspectYolox(file: string): Promise<YoloxShape> {
  const session = await openSession(file, 'it');
  try {
    const inputSize = inputSizeOf(session);
    const outputs = await session.run(inputOf(session, new Float32Array(3 * inputSize ** 2).fill(114), inputSize));
    const name = session.outputNames[0] ?? '';
    const dims = outputs[name]?.dims ?? [];
    const rows = yoloxRows(inputSize);
    if (dims.length !== 3 || dims[1] !== rows || (dims[2] ?? 0) <= boxColumns)
      throw unlike(`its output is [${dims.join(', ')}], not [1, ${rows}, 5 + classes]`);
    if (!floatsOf(outputs, name, file).every(Number.isFinite))
      throw unlike('it answers a grey picture with NaN or infinity');
    return { inputSize, classCount: (dims[2] ?? 0) - boxColumns };
  } finally {
    await session.release();
  }
}

/** @throws ForpostError FORPOST_MODEL_INVALID */
export async function openYolox(name: string, file: string, classes: readonly string[]): Promise<Detector> {
  const session = await openSession(file, `the file of model "${name}"`);
  return new YoloxDetector(name, session, inputSizeOf(session), classes);
}

class YoloxDetector implements Detector {
  readonly name: string;
  readonly size: number;
  readonly #session: InferenceSession;
  readonly #classes: readonly string[];
  readonly #input: Float32Array;

  constructor(name: string, session: InferenceSession, size: number, classes: readonly string[]) {
    this.name = name;
    this.size = size;
    this.#session = session;
    this.#classes = classes;
    this.#input = new Float32Array(3 * size * size);
  }

  async detect(frame: Frame, minScore: number): Promise<readonly Detection[]> {
    if (frame.size !== this.size)
      throw new ForpostError(
        'FORPOST_DETECTOR_FAILED',
        `${this.name} takes ${this.size} pixels a side, not ${frame.size}`,
      );
    toPlanes(frame.rgb, this.#input);
    const outputs = await this.#session.run(inputOf(this.#session, this.#input, this.size));
    const rows = floatsOf(outputs, this.#session.outputNames[0] ?? '', this.name);
    if (rows.length !== yoloxRows(this.size) * (boxColumns + this.#classes.length))
      throw new ForpostError('FORPOST_DETECTOR_FAILED', `${this.name}: its output does not fit ${this.size} pixels`);
    return decodeYolox(rows, this.#classes, frame, minScore);
  }

  async close(): Promise<void> {
    await this.#session.release();
  }
}

/** Interleaved RGB bytes to the planes B, G, R of floats. */
export function toPlanes(rgb: Uint8Array, planes: Float32Array): void {
  const pixels = planes.length / 3;
  for (let i = 0, at = 0; i < pixels; i++, at += 3) {
    planes[i] = rgb[at + 2] ?? 0;
    planes[pixels + i] = rgb[at + 1] ?? 0;
    planes[2 * pixels + i] = rgb[at] ?? 0;
  }
}

/** The model's output rows to detections, boxes as parts of the picture in `frame`, not clipped to it. */
export function decodeYolox(
  rows: Float32Array,
  classes: readonly string[],
  frame: Pick<Frame, 'size' | 'pictureWidth' | 'pictureHeight'>,
  minScore: number,
): Detection[] {
  const columns = boxColumns + classes.length;
  const candidates: Detection[] = [];
  let row = 0;
  for (const stride of yoloxStrides) {
    const cells = frame.size / stride;
    for (let y = 0; y < cells; y++)
      for (let x = 0; x < cells; x++, row += columns) {
        const objectness = rows[row + 4] ?? 0;
        // a score is the product of two numbers up to 1; NaN fails this comparison too
        if (!(objectness >= minScore)) continue;
        let best = 0;
        for (let c = 1; c < classes.length; c++)
          if ((rows[row + boxColumns + c] ?? 0) > (rows[row + boxColumns + best] ?? 0)) best = c;
        const score = objectness * (rows[row + boxColumns + best] ?? 0);
        if (!(score >= minScore)) continue;
        const centreX = ((rows[row] ?? 0) + x) * stride;
        const centreY = ((rows[row + 1] ?? 0) + y) * stride;
        const width = Math.exp(rows[row + 2] ?? 0) * stride;
        const height = Math.exp(rows[row + 3] ?? 0) * stride;
        if (!Number.isFinite(centreX + centreY + width + height)) continue;
        candidates.push({
          class: classes[best] ?? String(best),
          score: Math.min(1, score),
          box: [
            (centreX - width / 2) / frame.pictureWidth,
            (centreY - height / 2) / frame.pictureHeight,
            width / frame.pictureWidth,
            height / frame.pictureHeight,
          ],
        });
      }
  }
  candidates.sort((a, b) => b.score - a.score);
  return suppress(candidates.slice(0, maxCandidates), suppressOverlap, maxDetections);
}

function inputOf(session: InferenceSession, planes: Float32Array, size: number): Record<string, Tensor> {
  return { [session.inputNames[0] ?? '']: new Tensor('float32', planes, [1, 3, size, size]) };
}

function inputSizeOf(session: InferenceSession): number {
  const input = session.inputMetadata[0];
  if (session.inputNames.length !== 1 || input === undefined || !input.isTensor)
    throw unlike(`it has ${session.inputNames.length} inputs, not one picture`);
  const [batch, channels, height, width] = input.shape;
  const shown = `[${input.shape.join(', ')}] ${input.type}`;
  if (input.type !== 'float32' || input.shape.length !== 4 || channels !== 3 || height !== width)
    throw unlike(`its input is ${shown}, not [1, 3, size, size] float32`);
  if (typeof batch === 'number' && batch > 1) throw unlike(`its input is ${shown}: a batch of 1 is needed`);
  if (typeof height !== 'number' || height <= 0 || height % 32 !== 0 || height > 2048)
    throw unlike(`its input is ${shown}: a fixed size that 32 divides is needed`);
  return height;
}

function unlike(what: string): ForpostError {
  return new ForpostError('FORPOST_MODEL_INVALID', `not a YOLOX model: ${what}`);
}
