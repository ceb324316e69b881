/**
 * What `forpost model add` found out about a model: `<name>.json` in the models folder, beside `<name>.onnx`, or for
 * one that runs on another box beside `<name>.token` where that box wants one; and `<name>.crashes`, which a gateway
 * writes where it had to give the model up (trust.ts). Knows nothing of runtimes, so that `forpost check` may read it.
 */
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { ForpostError, messageOf } from '@forpost/shared/errors.ts';
import type { Static } from 'typebox';
import type { modelCardSchema, remoteSchema } from './card-schema.ts';

export type ModelCard = Static<typeof modelCardSchema>;
/** With what its server wants to hear. */
export type RemoteModel = Static<typeof remoteSchema> & { readonly token?: string };

/** The one that needs no card. */
export const builtInModel = { name: 'motion', classes: ['motion'] } as const;

/** @throws ForpostError FORPOST_MODEL_INVALID */
export async function readModelCard(name: string, modelsFolder: string): Promise<ModelCard> {
  let text: string;
  try {
    text = await readFile(join(modelsFolder, `${name}.json`), 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    throw invalid(`model "${name}" is not installed: forpost model add ${name} (or a file's path)`);
  }
  const { modelCard } = await import('./card-schema.ts');
  try {
    const card: unknown = JSON.parse(text);
    if (modelCard.Check(card)) return card;
    const [first] = modelCard.Errors(card);
    throw new Error(`${first?.instancePath ?? ''} ${first?.message ?? ''}`);
  } catch (error) {
    throw invalid(`the card of model "${name}" is damaged (${messageOf(error)}): add it again with forpost model add`);
  }
}

/** The token that the server of the remote model `name` wants; undefined where it wants none. */
export async function readToken(name: string, modelsFolder: string): Promise<string | undefined> {
  try {
    return (await readFile(join(modelsFolder, `${name}.token`), 'utf8')).trim();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw invalid(`the token of model "${name}" cannot be read: ${messageOf(error)}`);
  }
}

/** Where it is written why the gateway no longer runs a model that takes the vision process down. */
export function crashNote(name: string, modelsFolder: string): string {
  return join(modelsFolder, `${name}.crashes`);
}

/** Why the gateway no longer runs the model, to go on with «the model NAME …»; undefined where it does. */
export async function readCrashNote(name: string, modelsFolder: string): Promise<string | undefined> {
  try {
    return (await readFile(crashNote(name, modelsFolder), 'utf8')).trim();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/** What tells a model's files from others of the same names, without reading them. Never rejects. */
export async function filesOf(name: string, modelsFolder: string): Promise<string> {
  const files = ['onnx', 'json'].map(async (suffix) => {
    const { ino, size, mtimeMs } = await stat(join(modelsFolder, `${name}.${suffix}`));
    return `${ino} ${size} ${mtimeMs}`;
  });
  const told = await Promise.allSettled(files);
  return told.map((one) => (one.status === 'fulfilled' ? one.value : 'none')).join(', ');
}

function invalid(message: string): ForpostError {
  return new ForpostError('FORPOST_MODEL_INVALID', message);
}
