/**
 * The models of this gateway: `forpost model add`, and the list of what is there. A model is two files in the models
 * folder, `<name>.onnx` and `<name>.json` (its card).
 *
 * Always: a file that is no usable model is refused with the reason and leaves the folder as it was; a broken file
 * can crash only the child process that tries it; nothing is downloaded that does not have the catalogue's hash.
 */
import { fork } from 'node:child_process';
import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { copyFile, mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { fileURLToPath } from 'node:url';
import { ForpostError, messageOf } from '@forpost/shared/errors.ts';
import { type CatalogueEntry, catalogue, cocoClasses } from './catalogue.ts';
import { type ModelCard, readModelCard } from './process/detectors/registry.ts';
import type { Trial } from './process/detectors/try-model.ts';

export type { ModelCard } from './process/detectors/registry.ts';

export interface AddModelOptions {
  /** name to install it under; default: the catalogue's, else the file's without .onnx */
  readonly name?: string;
  /** a file with one class name a line, in the model's order */
  readonly classes?: string;
  /** told what is being done, a sentence a time */
  readonly progress?: (text: string) => void;
  /** instead of the network, for tests */
  readonly fetch?: typeof fetch;
}

/** A large model on a slow box. */
const trialDeadlineMs = 180_000;
const downloadDeadlineMs = 600_000;
const maxModelBytes = 1024 ** 3;
const namePattern = /^[a-z0-9][a-z0-9._-]{0,63}$/;
const tryModelEntry = fileURLToPath(new URL('./process/detectors/try-model.ts', import.meta.url));

/**
 * Installs a model: a name of the catalogue is downloaded, anything else is a file's path. A model of the same name
 * is replaced. @throws ForpostError FORPOST_MODEL_INVALID with the reason and what can be done
 */
export async function addModel(
  nameOrFile: string,
  modelsFolder: string,
  options: AddModelOptions = {},
): Promise<ModelCard> {
  const { progress = () => {} } = options;
  await mkdir(modelsFolder, { recursive: true });
  // not .onnx: a half-done one is never taken for a model
  const candidate = join(modelsFolder, `.adding-${process.pid}`);
  try {
    const entry = catalogue.find(({ name }) => name === nameOrFile);
    if (entry === undefined) await copy(nameOrFile, candidate);
    else await download(entry, candidate, options);
    const sha256 = await hashOf(candidate);
    const known = catalogue.find((other) => other.sha256 === sha256);
    const name = options.name ?? known?.name ?? nameOf(nameOrFile);
    if (!namePattern.test(name) || name === 'motion')
      throw invalid(`"${name}" cannot be a model's name: give another with --name`);
    progress(`trying ${name}`);
    const trial = await tryModel(candidate);
    if (!trial.fits) throw invalid(`${nameOrFile} is not a model that Forpost can use: ${trial.reason}`);
    const { kind, inputSize, classCount, measuredMs } = trial;
    const classes = await classesOf(classCount, options.classes);
    const source = entry?.url ?? basename(nameOrFile);
    const card: ModelCard = { name, sha256, kind, inputSize, classes: [...classes], measuredMs, source };
    await writeFile(`${candidate}.json`, `${JSON.stringify(card, undefined, 2)}\n`);
    await rename(candidate, join(modelsFolder, `${name}.onnx`));
    await rename(`${candidate}.json`, join(modelsFolder, `${name}.json`));
    return card;
  } finally {
    await rm(candidate, { force: true });
    await rm(`${candidate}.json`, { force: true });
  }
}

/** What is installed, by name; a damaged card is left out and told to `report`. */
export async function listModels(
  modelsFolder: string,
  report: (problem: string) => void = () => {},
): Promise<ModelCard[]> {
  const files = await readdir(modelsFolder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw error;
  });
  const cards: ModelCard[] = [];
  for (const file of files.filter((name) => name.endsWith('.json') && !name.startsWith('.')).sort())
    try {
      cards.push(await readModelCard(file.slice(0, -'.json'.length), modelsFolder));
    } catch (error) {
      report(messageOf(error));
    }
  return cards;
}

/** Takes a model away; a camera that names it is then off, and says so. @throws ForpostError where there is none */
export async function removeModel(name: string, modelsFolder: string): Promise<void> {
  await readModelCard(name, modelsFolder);
  await rm(join(modelsFolder, `${name}.json`));
  await rm(join(modelsFolder, `${name}.onnx`), { force: true });
}

async function copy(file: string, to: string): Promise<void> {
  try {
    await copyFile(file, to);
  } catch (error) {
    const names = catalogue.map(({ name }) => name).join(', ');
    throw invalid(`there is no file "${file}" that can be read, and no such name in the catalogue (${names})`, error);
  }
}

async function download(entry: CatalogueEntry, to: string, options: AddModelOptions): Promise<void> {
  const { progress = () => {}, fetch: get = fetch } = options;
  progress(`downloading ${entry.url} (${entry.licence})`);
  try {
    const response = await get(entry.url, { signal: AbortSignal.timeout(downloadDeadlineMs) });
    if (!response.ok || response.body === null) throw new Error(`HTTP status ${response.status}`);
    await pipeline(Readable.fromWeb(response.body), limit(maxModelBytes), createWriteStream(to));
  } catch (error) {
    const why = error instanceof Error && error.cause !== undefined ? messageOf(error.cause) : messageOf(error);
    throw invalid(
      `${entry.name} cannot be downloaded from here (${why}): download ${entry.url} on a machine with internet, ` +
        `bring the file, and run: forpost model add FILE --name ${entry.name}`,
      error,
    );
  }
  const sha256 = await hashOf(to);
  if (sha256 !== entry.sha256)
    throw invalid(`what ${entry.url} gave is not the catalogue's ${entry.name}: sha256 ${sha256}, not ${entry.sha256}`);
}

function limit(bytes: number): Transform {
  let left = bytes;
  return new Transform({
    transform(chunk: Uint8Array, _encoding, done) {
      left -= chunk.length;
      if (left < 0) done(new Error(`it is larger than ${bytes / 1024 ** 2} MB`));
      else done(null, chunk);
    },
  });
}

function tryModel(file: string): Promise<Trial> {
  return new Promise((resolve) => {
    const child = fork(tryModelEntry, [file], { execArgv: [], stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
    let trial: Trial = { fits: false, reason: 'it crashes the runtime' };
    const timer = setTimeout(() => {
      trial = { fits: false, reason: `it does not run within ${trialDeadlineMs / 1000} s` };
      child.kill('SIGKILL');
    }, trialDeadlineMs);
    child.on('message', (message) => {
      trial = message as Trial;
    });
    child.once('error', (error) => {
      trial = { fits: false, reason: messageOf(error) };
    });
    child.once('close', () => {
      clearTimeout(timer);
      resolve(trial);
    });
  });
}

async function classesOf(count: number, file: string | undefined): Promise<readonly string[]> {
  if (file === undefined) {
    if (count === cocoClasses.length) return cocoClasses;
    throw invalid(`it knows ${count} classes and nobody said which: give their names, one a line, with --classes FILE`);
  }
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    throw invalid(`the classes cannot be read: ${messageOf(error)}`, error);
  });
  const classes = text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
  if (classes.length !== count) throw invalid(`${file} names ${classes.length} classes, and the model knows ${count}`);
  return classes;
}

async function hashOf(file: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(file), hash);
  return hash.digest('hex');
}

function nameOf(file: string): string {
  return basename(file)
    .replace(/\.onnx$/i, '')
    .toLowerCase()
    .replaceAll(/[^a-z0-9.-]+/g, '-');
}

function invalid(message: string, cause?: unknown): ForpostError {
  return new ForpostError('FORPOST_MODEL_INVALID', message, { cause });
}
