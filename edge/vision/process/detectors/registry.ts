/**
 * The registry of detectors. Finds the model that a camera names, its file, and the detector that runs it. layouts.ts
 * knows how to read the outputs of each family of models.
 *
 * Always: a model is opened only if its file has the hash that it had when it was added.
 */

import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { messageOf } from '@forpost/shared/errors.ts';
import { words } from '@forpost/shared/texts/english.ts';
import { builtInModel, type ModelCard, type RemoteModel, readModelCard, readToken } from '../../cards.ts';
import type { Detector } from './detector.ts';
import { layouts } from './layouts.ts';
import { motionFrameSize } from './motion-grid.ts';
import { invalid } from './tensors.ts';

export type { ModelCard } from '../../cards.ts';
export { readModelCard } from '../../cards.ts';

/** A model that may be opened. Plain data, because it is posted to the worker threads. */
export interface Model extends Omit<ModelCard, 'sha256' | 'source' | 'remote'> {
  /** path of the file; empty for the built-in model and for remote models */
  readonly file: string;
  readonly remote?: RemoteModel;
}

/** One kind of detector: a model's card names it as its `kind`. */
export interface DetectorKind {
  /** remembers each camera: one instance must get all frames of a camera, in order */
  readonly remembers: boolean;
  /** if the camera's configuration sets no `min_score` */
  readonly defaultMinScore: number;
  /** `model.file`: what the detector reads. @throws ForpostError FORPOST_MODEL_INVALID */
  open(model: Model): Promise<Detector>;
}

/**
 * Opens a model. The runtimes are imported here, in the workers: the main thread does not need them and starts half a
 * second sooner after a kill.
 */
async function openLayout(layout: (typeof layouts)[number], model: Model): Promise<Detector> {
  const { name, file, remote, classes, inputSize } = model;
  const { openTensorDetector } = await import('./tensor-detector.ts');
  const runner =
    remote === undefined
      ? await (await import('./session.ts')).openSession(file, words('gateway/reason.model-file', { model: name }))
      : (await import('./remote.ts')).openRemote(remote);
  return openTensorDetector(name, runner, layout, classes, inputSize);
}

/** A new detector is one line here; a new family of models is one line in layouts.ts. */
export const detectorKinds: Readonly<Record<string, DetectorKind>> = {
  motion: {
    remembers: true,
    defaultMinScore: 0.5,
    open: async () => (await import('./motion.ts')).openMotion(),
  },
  ...Object.fromEntries(
    layouts.map((layout): [string, DetectorKind] => [
      layout.kind,
      {
        remembers: false,
        defaultMinScore: 0.5,
        open: (model) => openLayout(layout, model),
      },
    ]),
  ),
};

const builtIn: Model = {
  ...builtInModel,
  kind: 'motion',
  inputSize: motionFrameSize,
  classes: [...builtInModel.classes],
  measuredMs: 1,
  file: '',
};

/** The kind that runs `model`. @throws ForpostError FORPOST_MODEL_INVALID */
export function kindOf(model: Pick<Model, 'name' | 'kind'>): DetectorKind {
  const kind = Object.hasOwn(detectorKinds, model.kind) ? detectorKinds[model.kind] : undefined;
  if (kind === undefined) throw invalid(words('gateway/reason.model-kind', { model: model.name, kind: model.kind }));
  return kind;
}

/** @throws ForpostError FORPOST_MODEL_INVALID */
export async function openDetector(model: Model): Promise<Detector> {
  return kindOf(model).open(model);
}

/**
 * The model that a camera's configuration names. @throws ForpostError FORPOST_MODEL_INVALID, with the remedy, if the
 * model is not installed or its file has another hash than its card
 */
export async function findModel(name: string, modelsFolder: string): Promise<Model> {
  if (name === builtIn.name) return builtIn;
  const card = await readModelCard(name, modelsFolder);
  kindOf(card);
  const { kind, inputSize, classes, measuredMs, remote } = card;
  if (remote !== undefined) {
    const token = await readToken(name, modelsFolder);
    return {
      name,
      kind,
      inputSize,
      classes,
      measuredMs,
      file: '',
      remote: { ...remote, ...(token === undefined ? {} : { token }) },
    };
  }
  const file = join(modelsFolder, `${name}.onnx`);
  const hash = createHash('sha256');
  await pipeline(createReadStream(file), hash).catch((error: unknown) => {
    throw invalid(words('gateway/reason.model-unreadable', { model: name, error: messageOf(error) }));
  });
  if (hash.digest('hex') !== card.sha256) throw invalid(words('gateway/reason.model-other', { model: name }));
  return { name, kind, inputSize, classes, measuredMs, file };
}
