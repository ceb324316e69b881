/**
 * Reads the files of a model in the models folder: `<name>.json` (the card that `forpost model add` wrote) beside
 * `<name>.onnx`; for a model on another machine `<name>.token`, if that machine needs a token; and `<name>.crashes`,
 * which the gateway writes when the model is out (trust.ts). Loads no runtime, so that `forpost check` can use this
 * file.
 */

import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { ForpostError, messageOf } from '@forpost/shared/errors.ts';
import { type Words, words } from '@forpost/shared/texts/english.ts';
import type { Static } from 'typebox';
import type { modelCardSchema, remoteSchema } from './card-schema.ts';

export type ModelCard = Static<typeof modelCardSchema>;
/** A remote model with the token for its server. */
export type RemoteModel = Static<typeof remoteSchema> & { readonly token?: string };

/** The built-in model, which needs no card. */
export const builtInModel = { name: 'motion', classes: ['motion'] } as const;

/** @throws ForpostError FORPOST_MODEL_INVALID */
export async function readModelCard(name: string, modelsFolder: string): Promise<ModelCard> {
  let text: string;
  try {
    text = await readFile(join(modelsFolder, `${name}.json`), 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    throw invalid(words('gateway/reason.model-missing', { model: name }));
  }
  const { modelCard } = await import('./card-schema.ts');
  try {
    const card: unknown = JSON.parse(text);
    if (modelCard.Check(card)) return card;
    const [first] = modelCard.Errors(card);
    throw new Error(`${first?.instancePath ?? ''} ${first?.message ?? ''}`);
  } catch (error) {
    throw invalid(words('gateway/reason.model-card', { model: name, error: messageOf(error) }));
  }
}

/** The token for the server of the remote model `name`; undefined if there is none. */
export async function readToken(name: string, modelsFolder: string): Promise<string | undefined> {
  try {
    return (await readFile(join(modelsFolder, `${name}.token`), 'utf8')).trim();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw invalid(words('gateway/reason.model-token', { model: name, error: messageOf(error) }));
  }
}

/** Path of the note that says why the gateway no longer runs a model. */
export function crashNote(name: string, modelsFolder: string): string {
  return join(modelsFolder, `${name}.crashes`);
}

/** Why the model is out, to continue a sentence that begins «the model NAME …»; undefined: the model is not out. */
export async function readCrashNote(name: string, modelsFolder: string): Promise<string | undefined> {
  try {
    return (await readFile(crashNote(name, modelsFolder), 'utf8')).trim();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/** Identifies a model's files by inode, size and time, without reading them. Never rejects. */
export async function filesOf(name: string, modelsFolder: string): Promise<string> {
  const files = ['onnx', 'json'].map(async (suffix) => {
    const { ino, size, mtimeMs } = await stat(join(modelsFolder, `${name}.${suffix}`));
    return `${ino} ${size} ${mtimeMs}`;
  });
  const stamps = await Promise.allSettled(files);
  return stamps.map((one) => (one.status === 'fulfilled' ? one.value : 'none')).join(', ');
}

function invalid(message: Words): ForpostError {
  return new ForpostError('FORPOST_MODEL_INVALID', message);
}
