/**
 * A detector made of two parts: a runner of the model (tensors.ts) and the layout that reads its outputs (layout.ts).
 *
 * Always: there is one input buffer, allocated once; outputs with other shapes than when the model was added, or with
 * NaN, are an error and not an empty scene.
 */
import { words } from '@forpost/shared/texts/english.ts';
import type { Detection, Detector, Frame } from './detector.ts';
import type { Layout } from './layout.ts';
import { failed, type ModelInput, modelInput, type Runner, type TensorData, toPlanes, viewOf } from './tensors.ts';

/** pixels a side, for a model that takes any size if no size is configured */
export const defaultSize = 640;

/**
 * Owns `runner` from now on: closing the detector closes the runner. `size`: pixels a side, if the model takes any
 * size.
 * @throws ForpostError FORPOST_MODEL_INVALID
 */
export async function openTensorDetector(
  name: string,
  runner: Runner,
  layout: Layout,
  classes: readonly string[],
  size = defaultSize,
): Promise<Detector> {
  try {
    return new TensorDetector(name, runner, layout, classes, modelInput(runner.inputs, size));
  } catch (error) {
    await runner.close();
    throw error;
  }
}

class TensorDetector implements Detector {
  readonly name: string;
  readonly size: number;
  readonly #runner: Runner;
  readonly #layout: Layout;
  readonly #classes: readonly string[];
  readonly #input: ModelInput;
  readonly #planes: Float32Array;

  constructor(name: string, runner: Runner, layout: Layout, classes: readonly string[], input: ModelInput) {
    this.name = name;
    this.size = Math.max(input.width, input.height);
    this.#runner = runner;
    this.#layout = layout;
    this.#classes = classes;
    this.#input = input;
    this.#planes = new Float32Array(3 * input.width * input.height);
  }

  async detect(frame: Frame, minScore: number): Promise<readonly Detection[]> {
    if (frame.size !== this.size)
      throw failed(words('gateway/reason.model-side', { model: this.name, size: this.size, other: frame.size }));
    const view = viewOf(frame, this.#input);
    toPlanes(frame, view, this.#layout.pixels, this.#planes);
    const outputs = Object.values(await this.#runner.run(inputsOf(this.#input, this.#planes)));
    const recognised = this.#layout.recognise(outputs, view, { classes: this.#classes });
    if (recognised === undefined || (recognised.classCount ?? this.#classes.length) !== this.#classes.length)
      throw failed(words('gateway/reason.model-shape', { model: this.name }));
    if (outputs.some(isNoNumbers)) throw failed(words('gateway/reason.model-nan', { model: this.name }));
    return this.#layout.decode(outputs, this.#classes, view, minScore);
  }

  close(): Promise<void> {
    return this.#runner.close();
  }
}

/** The input tensors of a model: the picture, and its size if the model has an input for that. */
export function inputsOf({ name, width, height, sizes }: ModelInput, planes: Float32Array): Record<string, TensorData> {
  const picture = { [name]: { data: planes, shape: [1, 3, height, width] } };
  if (sizes === undefined) return picture;
  return { ...picture, [sizes]: { data: BigInt64Array.of(BigInt(width), BigInt(height)), shape: [1, 2] } };
}

/** Whether the tensor contains NaN. Infinities come from overflowing exponentials; `detectionOf` drops such boxes. */
function isNoNumbers({ data }: TensorData): boolean {
  if (!(data instanceof Float32Array)) return false;
  for (let i = 0; i < data.length; i++) if (Number.isNaN(data[i])) return true;
  return false;
}
