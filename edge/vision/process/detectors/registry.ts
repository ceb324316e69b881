/**
 * The detectors there are: one line a kind. Which model a camera names, where its file is and which kind runs it.
 *
 * Always: a model is opened only if its file still is the one that was checked when it was added.
 */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ForpostError, messageOf } from '@forpost/shared/errors.ts';
import Type from 'typebox';
import { Compile } from 'typebox/compile';
import { motionFrameSize } from './build-motion-model.ts';
import type { Detector } from './detector.ts';
import { openMotion } from './motion.ts';
import { inspectYolox, openYolox, type YoloxShape } from './yolox.ts';

/** `<name>.json` beside `<name>.onnx`: what `forpost model add` found out about it. */
export const modelCardSchema = Type.Object({
  name: Type.String({ pattern: '^[a-z0-9][a-z0-9._-]{0,63}$' }),
  /** of the .onnx file, in hex */
  sha256: Type.String({ pattern: '^[0-9a-f]{64}$' }),
  /** which detector runs it */
  kind: Type.String(),
  /** pixels a side of its input */
  inputSize: Type.Integer({ minimum: 1, maximum: 4096 }),
  /** in the model's order */
  classes: Type.Array(Type.String({ minLength: 1 }), { minItems: 1 }),
  /** p50 of a run on this machine with one thread */
  measuredMs: Type.Number({ minimum: 0 }),
  /** where it came from: a file's name or an address */
  source: Type.String(),
});
export type ModelCard = Type.Static<typeof modelCardSchema>;
const modelCard = Compile(modelCardSchema);

/** A model that may be opened. Plain data: it travels to the worker threads. */
export interface Model extends Omit<ModelCard, 'sha256' | 'source'> {
  /** empty for the built-in one */
  readonly file: string;
}

interface DetectorKind {
  /** keeps a memory of each camera: it needs every frame of a camera, in order, in one instance */
  readonly remembers: boolean;
  /** where a camera's configuration says nothing */
  readonly defaultMinScore: number;
  open(model: Model): Promise<Detector>;
  /** what a file of this kind looks like, or throws FORPOST_MODEL_INVALID; absent where there are no files */
  inspect?(file: string): Promise<YoloxShape>;
}

/** A new detector is one line here. */
export const detectorKinds: Readonly<Record<string, DetectorKind>> = {
  motion: { remembers: true, defaultMinScore: 0.5, open: openMotion },
  yolox: {
    remembers: false,
    defaultMinScore: 0.5,
    open: (model) => openYolox(model.name, model.file, model.classes),
    inspect: inspectYolox,
  },
};

const builtIn: Model = {
  name: 'motion',
  kind: 'motion',
  inputSize: motionFrameSize,
  classes: ['motion'],
  measuredMs: 1,
  file: '',
};

/** The kind that runs `model`. @throws ForpostError FORPOST_MODEL_INVALID */
export function kindOf(model: Pick<Model, 'name' | 'kind'>): DetectorKind {
  const kind = detectorKinds[model.kind];
  if (kind === undefined)
    throw invalid(`model "${model.name}" is of a kind that this version does not know: ${model.kind}`);
  return kind;
}

/** @throws ForpostError FORPOST_MODEL_INVALID */
export async function openDetector(model: Model): Promise<Detector> {
  return kindOf(model).open(model);
}

/**
 * The model that a camera's configuration names. @throws ForpostError FORPOST_MODEL_INVALID with what an installer
 * can do: it is not installed, or its file is not the one that was installed
 */
export async function findModel(name: string, modelsFolder: string): Promise<Model> {
  if (name === builtIn.name) return builtIn;
  const card = await readModelCard(name, modelsFolder);
  const file = join(modelsFolder, `${name}.onnx`);
  const bytes = await readFile(file).catch((error: unknown) => {
    throw invalid(`the file of model "${name}" cannot be read: ${messageOf(error)}`);
  });
  if (createHash('sha256').update(bytes).digest('hex') !== card.sha256)
    throw invalid(`the file of model "${name}" is not the one that was installed: add it again with forpost model add`);
  kindOf(card);
  const { kind, inputSize, classes, measuredMs } = card;
  return { name, kind, inputSize, classes, measuredMs, file };
}

/** @throws ForpostError FORPOST_MODEL_INVALID */
export async function readModelCard(name: string, modelsFolder: string): Promise<ModelCard> {
  let text: string;
  try {
    text = await readFile(join(modelsFolder, `${name}.json`), 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    throw invalid(`model "${name}" is not installed: forpost model add ${name} (or a file's path)`);
  }
  try {
    const card: unknown = JSON.parse(text);
    if (modelCard.Check(card)) return card;
    const [first] = modelCard.Errors(card);
    throw new Error(`${first?.instancePath ?? ''} ${first?.message ?? ''}`);
  } catch (error) {
    throw invalid(`the card of model "${name}" is damaged (${messageOf(error)}): add it again with forpost model add`);
  }
}

function invalid(message: string): ForpostError {
  return new ForpostError('FORPOST_MODEL_INVALID', message);
}
