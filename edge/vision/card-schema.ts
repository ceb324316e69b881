/**
 * The shape of a model's card (cards.ts), in a file of its own: only who reads a card loads the schema library, which
 * costs a third of a second of processor time, and a vision process that was killed is to be back at once.
 */
import Type from 'typebox';
import { Compile } from 'typebox/compile';

/** Where a model runs that does not run here: a server that speaks the Open Inference Protocol over gRPC. */
export const remoteSchema = Type.Object({
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
export const modelCard = Compile(modelCardSchema);
