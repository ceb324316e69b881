/**
 * Adds, lists and removes the models of this gateway (`forpost model`). A model is two files in the models folder,
 * `<name>.onnx` and `<name>.json` (its card). A model on another machine has only its card, and `<name>.token` if that
 * machine needs a token.
 *
 * Always: an unusable file is refused with the reason and leaves the folder unchanged; a broken file can crash only the
 * child process that tries it; a download is installed only if it has the catalogue's hash.
 */
import { fork } from 'node:child_process';
import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { copyFile, readdir, readFile, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { fileURLToPath } from 'node:url';
import { ForpostError, messageOf } from '@forpost/shared/errors.ts';
import { makeFolder, moveFile, replaceFile } from '@forpost/shared/files.ts';
import { builtInModel, crashNote, type ModelCard, type RemoteModel, readModelCard } from './cards.ts';
import { type CatalogueEntry, cocoClasses, catalogue as publicModels } from './catalogue.ts';
import { noTelemetry } from './no-telemetry.ts';
import { parseRemote } from './process/detectors/remote-address.ts';
import type { ToTry, Trial } from './process/detectors/trial.ts';

export type { ModelCard } from './cards.ts';

export interface AddModelOptions {
  /** the name to install the model under; default: the catalogue's name, else the file's name without .onnx */
  readonly name?: string;
  /** a file with one class name a line, in the model's order */
  readonly classes?: string;
  /** try only this family (a card's `kind`), if shapes mislead */
  readonly kind?: string;
  /** pixels a side, for a model that takes pictures of any size */
  readonly size?: number;
  /** for a model on another machine: a file with the token, and a file with the CA of its certificate (PEM) */
  readonly tokenFile?: string;
  readonly caFile?: string;
  /** called with a sentence at each step */
  readonly progress?: (text: string) => void;
  /** replaces the network and the catalogue in tests */
  readonly fetch?: typeof fetch;
  readonly catalogue?: readonly CatalogueEntry[];
}

/** Long enough for a large model on a slow machine. */
const trialDeadlineMs = 180_000;
const downloadDeadlineMs = 600_000;
const maxModelBytes = 1024 ** 3;
const candidatePrefix = '.adding-';
const remoteAddress = /^grpcs?:\/\//;
const loopback = /^(localhost|127\.[0-9.]+|\[::1\]):/;
const namePattern = /^[a-z0-9][a-z0-9._-]{0,63}$/;
const tryModelEntry = fileURLToPath(new URL('./process/detectors/try-model.ts', import.meta.url));

/**
 * Installs a model and replaces one of the same name. `nameOrFile` is a name in the catalogue (downloaded), a `grpc://`
 * or `grpcs://` address of a model on another machine, or a file's path.
 * @throws ForpostError FORPOST_MODEL_INVALID with the reason and what can be done
 */
export async function addModel(
  nameOrFile: string,
  modelsFolder: string,
  options: AddModelOptions = {},
): Promise<ModelCard> {
  await makeFolder(modelsFolder, 0o755);
  await removeLeftovers(modelsFolder);
  // not .onnx, so that an incomplete file is never taken for a model
  const candidate = join(modelsFolder, `${candidatePrefix}${process.pid}`);
  try {
    if (remoteAddress.test(nameOrFile)) return await addRemote(nameOrFile, modelsFolder, options);
    return await addFile(nameOrFile, modelsFolder, candidate, options);
  } finally {
    await rm(candidate, { force: true });
  }
}

async function addFile(
  nameOrFile: string,
  modelsFolder: string,
  candidate: string,
  options: AddModelOptions,
): Promise<ModelCard> {
  const { catalogue = publicModels } = options;
  const entry = catalogue.find(({ name }) => name === nameOrFile);
  if (entry === undefined) await copy(nameOrFile, candidate, catalogue);
  else await download(entry, candidate, options);
  const sha256 = await hashOf(candidate);
  const known = catalogue.find((other) => other.sha256 === sha256);
  const name = checkedName(options.name ?? known?.name ?? nameOf(nameOrFile));
  const trial = await tried({ file: candidate }, nameOrFile, name, options);
  const { kind, inputSize, measuredMs } = trial;
  const classes = await classesOf(trial, options.classes);
  const card = { name, sha256, kind, inputSize, classes, measuredMs, source: entry?.url ?? basename(nameOrFile) };
  await moveFile(candidate, join(modelsFolder, `${name}.onnx`), { mode: 0o644 });
  await replaceFile(join(modelsFolder, `${name}.json`), cardText(card), { mode: 0o644 });
  await rm(join(modelsFolder, `${name}.token`), { force: true });
  await rm(crashNote(name, modelsFolder), { force: true });
  return card;
}

async function addRemote(address: string, modelsFolder: string, options: AddModelOptions): Promise<ModelCard> {
  const place = parseRemote(address);
  const name = checkedName(options.name ?? nameOf(place.model));
  const [token, ca] = [await textOf(options.tokenFile, 'token'), await textOf(options.caFile, 'certificate')];
  if (token !== undefined && !place.tls && !loopback.test(place.server))
    throw invalid(`a token is sent over TLS only: give the address as grpcs://, not ${address}`);
  const remote: RemoteModel = { ...place, ...(ca === undefined ? {} : { ca }), inputs: [], outputs: [] };
  const trial = await tried(
    { remote: token === undefined ? remote : { ...remote, token: token.trim() } },
    address,
    name,
    options,
  );
  const { kind, inputSize, measuredMs, tensors } = trial;
  const classes = await classesOf(trial, options.classes);
  const card = { name, kind, inputSize, classes, measuredMs, source: address, remote: { ...remote, ...tensors } };
  if (token === undefined) await rm(join(modelsFolder, `${name}.token`), { force: true });
  else await replaceFile(join(modelsFolder, `${name}.token`), token);
  await replaceFile(join(modelsFolder, `${name}.json`), cardText(card), { mode: 0o644 });
  for (const old of [join(modelsFolder, `${name}.onnx`), crashNote(name, modelsFolder)]) await rm(old, { force: true });
  return card;
}

async function tried(
  target: ToTry['target'],
  what: string,
  name: string,
  { kind, size, progress = () => {} }: AddModelOptions,
): Promise<Extract<Trial, { fits: true }>> {
  if (size !== undefined && !(Number.isInteger(size) && size > 0)) throw invalid(`--size wants pixels, not ${size}`);
  progress(`trying ${name}`);
  const toTry = { target, ...(kind === undefined ? {} : { kind }), ...(size === undefined ? {} : { size }) };
  const trial = await tryModel(toTry);
  if (!trial.fits) throw invalid(`${what} is not a model that Forpost can use: ${trial.reason}`);
  return trial;
}

function cardText(card: ModelCard): string {
  return `${JSON.stringify(card, undefined, 2)}\n`;
}

function checkedName(name: string): string {
  if (namePattern.test(name) && name !== builtInModel.name) return name;
  throw invalid(`"${name}" cannot be a model's name: give another with --name`);
}

/** Removes files that a killed `forpost model add` left behind. */
async function removeLeftovers(modelsFolder: string): Promise<void> {
  for (const file of await readdir(modelsFolder)) {
    const pid = Number(
      file.startsWith(candidatePrefix) ? file.slice(candidatePrefix.length).split('.')[0] : Number.NaN,
    );
    if (Number.isInteger(pid) && !isRunning(pid)) await rm(join(modelsFolder, file), { force: true });
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

async function textOf(file: string | undefined, what: string): Promise<string | undefined> {
  if (file === undefined) return undefined;
  return readFile(file, 'utf8').catch((error: unknown) => {
    throw invalid(`the ${what} cannot be read: ${messageOf(error)}`, error);
  });
}

/** The cards of the installed models, by name; `report` is called for a damaged card, which is left out. */
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

/** Removes a model; cameras that name it are then off with the reason. @throws ForpostError if it is not installed */
export async function removeModel(name: string, modelsFolder: string): Promise<void> {
  await readModelCard(name, modelsFolder);
  await rm(join(modelsFolder, `${name}.json`));
  for (const suffix of ['onnx', 'token']) await rm(join(modelsFolder, `${name}.${suffix}`), { force: true });
  await rm(crashNote(name, modelsFolder), { force: true });
}

async function copy(file: string, to: string, catalogue: readonly CatalogueEntry[]): Promise<void> {
  try {
    await copyFile(file, to);
  } catch (error) {
    const names = catalogue.map(({ name }) => name).join(', ');
    throw invalid(`"${file}" is neither a readable file nor a name in the catalogue (${names})`, error);
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

function tryModel(toTry: ToTry): Promise<Trial> {
  return new Promise((resolve) => {
    const child = fork(tryModelEntry, [], {
      execArgv: [],
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
      env: { ...process.env, ...noTelemetry },
    });
    let trial: Trial = { fits: false, reason: 'it crashes the runtime' };
    const timer = setTimeout(() => {
      trial = { fits: false, reason: `it does not run within ${trialDeadlineMs / 1000} s` };
      child.kill('SIGKILL');
    }, trialDeadlineMs);
    child.send(toTry, () => {
      // `close` reports a child that ended early
    });
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

async function classesOf(
  { classCount: count, classes: named }: Extract<Trial, { fits: true }>,
  file: string | undefined,
): Promise<string[]> {
  if (file === undefined) {
    if (named !== undefined) return [...named];
    // a model that names no classes is taken to be trained on COCO
    if (count === undefined || count === cocoClasses.length) return [...cocoClasses];
    throw invalid(`the model has ${count} classes without names: give the names, one a line, with --classes FILE`);
  }
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    throw invalid(`the classes cannot be read: ${messageOf(error)}`, error);
  });
  const classes = text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
  if (classes.length !== (count ?? classes.length) || classes.length === 0)
    throw invalid(`${file} names ${classes.length} classes, and the model knows ${count ?? 'some'}`);
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
