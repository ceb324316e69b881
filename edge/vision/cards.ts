/**
 * What `forpost model add` found out about a model: `<name>.json` in the models folder, beside `<name>.onnx`, or for
 * one that runs on another box beside `<name>.token` where that box wants one. Knows nothing of runtimes, so that
 * `forpost check` may read it.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ForpostError, messageOf } from '@forpost/shared/errors.ts';
import Type from 'typebox';
import { Compile } from 'typebox/compile';

/** Where a model runs that does not run here: a server that speaks the Open Inference Protocol over gRPC. */
const remoteSchema = Type.Object({
  /** host:port */
  server: Type.String({ minLength: 1 }),
  tls: Type.Boolean(),
  /** what the server calls it */
  model: Type.String({ minLength: 1 }),
  version: Type.Optional(Type.String()),
  /** PEM of who signed the server's certificate, where that is no public authority */
  ca: Type.Optional(Type.String()),
  /** its tensors, as the server told when it was added; a side of -1 may be of any length */
  inputs: Type.Array(Type.Object({ name: Type.String(), type: Type.String(), shape: Type.Array(Type.Number()) })),
  /** in the model's order */
  outputs: Type.Array(Type.String()),
});

export const modelCardSchema = Type.Object({
  name: Type.String({ pattern: '^[a-z0-9][a-z0-9._-]{0,63}$' }),
  /** of the .onnx file, in hex; absent where there is none here */
  sha256: Type.Optional(Type.String({ pattern: '^[0-9a-f]{64}$' })),
  /** which detector reads its answers */
  kind: Type.String(),
  /** pixels a side of the square frame that it is given */
  inputSize: Type.Integer({ minimum: 1, maximum: 4096 }),
  /** in the model's order */
  classes: Type.Array(Type.String({ minLength: 1 }), { minItems: 1 }),
  /** p50 of a run from this machine: with one thread here, or over the network */
  measuredMs: Type.Number({ minimum: 0 }),
  /** where it came from: a file's name or an address */
  source: Type.String(),
  remote: Type.Optional(remoteSchema),
});
export type ModelCard = Type.Static<typeof modelCardSchema>;
/** With what its server wants to hear. */
export type RemoteModel = Type.Static<typeof remoteSchema> & { readonly token?: string };
const modelCard = Compile(modelCardSchema);

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

function invalid(message: string): ForpostError {
  return new ForpostError('FORPOST_MODEL_INVALID', message);
}
