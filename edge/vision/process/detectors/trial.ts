/**
 * Tries a model: finds its family, the size of its picture, its classes, and how long a run takes here. A problem is a
 * sentence for an installer. A broken file may crash the runtime, so try-model.ts runs a trial in its own process.
 */
import type { RemoteModel } from '../../cards.ts';
import { hintsOf } from './file-hints.ts';
import { recognise } from './layouts.ts';
import { describeRemote, openRemote } from './remote.ts';
import { openSession } from './session.ts';
import { defaultSize, inputsOf, openTensorDetector } from './tensor-detector.ts';
import { type ModelInput, modelInput, padding, type Runner, type View } from './tensors.ts';

export interface ToTry {
  /** a file, or a model on another machine */
  readonly target: { readonly file: string } | { readonly remote: RemoteModel };
  /** try only this family */
  readonly kind?: string;
  /** pixels a side, if the model takes any size */
  readonly size?: number;
}

export type Trial =
  | {
      readonly fits: true;
      readonly kind: string;
      readonly inputSize: number;
      /** undefined: the model does not say */
      readonly classCount: number | undefined;
      /** names of classes from the file itself */
      readonly classes: readonly string[] | undefined;
      readonly measuredMs: number;
      /** of a remote model */
      readonly tensors: Pick<RemoteModel, 'inputs' | 'outputs'> | undefined;
    }
  | { readonly fits: false; readonly reason: string };

const warmUps = 2;
const runs = 9;
const triedScore = 0.3;

/** @throws ForpostError FORPOST_MODEL_INVALID, FORPOST_DETECTOR_FAILED */
export async function tryModel({ target, kind, size }: ToTry): Promise<Trial> {
  const hints = 'file' in target ? await hintsOf(target.file) : {};
  const wanted = size ?? hints.size ?? defaultSize;
  const tensors = 'file' in target ? undefined : await describeRemote(target.remote);
  const runner = 'file' in target ? await openSession(target.file, 'it') : openRemote({ ...target.remote, ...tensors });
  try {
    const input = modelInput(runner.inputs, wanted);
    const { layout, classCount } = await recogniseBy(runner, input, hints, kind);
    const named = hints.classes?.length === (classCount ?? hints.classes?.length) ? hints.classes : undefined;
    // the trial's pictures show nothing, so the number of classes does not matter
    const classes = named ?? Array.from({ length: classCount ?? 1 }, (_, i) => String(i));
    const detector = await openTensorDetector('it', runner, layout, classes, wanted);
    const inputSize = detector.size;
    const measuredMs = await measure(detector.size, (frame) => detector.detect(frame, triedScore));
    return { fits: true, kind: layout.kind, inputSize, classCount, classes: named, measuredMs, tensors };
  } finally {
    await runner.close();
  }
}

/** Runs the model on a grey picture; the shapes of its outputs do not depend on the picture. */
async function recogniseBy(
  runner: Runner,
  input: ModelInput,
  hints: Parameters<typeof recognise>[2],
  kind: string | undefined,
): Promise<ReturnType<typeof recognise>> {
  const { width, height } = input;
  const view: View = { width, height, pictureWidth: width, pictureHeight: height };
  const outputs = await runner.run(inputsOf(input, new Float32Array(3 * width * height).fill(padding / 255)));
  return recognise(outputs, view, hints, kind);
}

/** Median duration of some runs with pre- and post-processing, in ms, on a grey picture and on noise. */
async function measure(size: number, detect: (frame: Parameters<Detect>[0]) => Promise<unknown>): Promise<number> {
  const grey = new Uint8Array(3 * size ** 2).fill(padding);
  const noise = Uint8Array.from(grey, (_, i) => ((i * 7919) ^ (i >> 3)) & 255);
  const times: number[] = [];
  for (let run = 0; run < warmUps + runs; run++) {
    const before = process.hrtime.bigint();
    const rgb = run % 2 === 0 ? grey : noise;
    await detect({ camera: 'trial', rgb, size, pictureWidth: size, pictureHeight: size, uptime: run });
    if (run >= warmUps) times.push(Number(process.hrtime.bigint() - before) / 1e6);
  }
  return Math.round((times.sort((a, b) => a - b)[runs >> 1] ?? 0) * 10) / 10;
}
type Detect = import('./detector.ts').Detector['detect'];
