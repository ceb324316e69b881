/**
 * The schema of a model's card (cards.ts). It has its own file, so that only code that reads a card loads the schema
 * library: loading costs a third of a second of processor time, and a killed vision process must be back soon.
 */
import Type from 'typebox';
import { Compile } from 'typebox/compile';

/** Where a remote model runs: a server that speaks the Open Inference Protocol over gRPC. */
export const remoteSchema = Type.Object({
  /** host:port */
  server: Type.String({ minLength: 1 }),
  tls: Type.Boolean(),
  /** the model's name on the server */
  model: Type.String({ minLength: 1 }),
  version: Type.Optional(Type.String()),
  /** the CA of the server's certificate (PEM), if that is not a public one */
  ca: Type.Optional(Type.String()),
  /** the model's inputs as the server described them when the model was added; a side of -1 may be of any length */
  inputs: Type.Array(Type.Object({ name: Type.String(), type: Type.String(), shape: Type.Array(Type.Number()) })),
  /** in the model's order */
  outputs: Type.Array(Type.String()),
});

export const modelCardSchema = Type.Object({
  name: Type.String({ pattern: '^[a-z0-9][a-z0-9._-]{0,63}$' }),
  /** of the .onnx file, in hex; absent for a remote model */
  sha256: Type.Optional(Type.String({ pattern: '^[0-9a-f]{64}$' })),
  /** the detector that reads the model's outputs */
  kind: Type.String(),
  /** pixels a side of the square frames that the model gets */
  inputSize: Type.Integer({ minimum: 1, maximum: 4096 }),
  /** in the model's order */
  classes: Type.Array(Type.String({ minLength: 1 }), { minItems: 1 }),
  /** median ms of a run: with one thread on this machine, or over the network */
  measuredMs: Type.Number({ minimum: 0 }),
  /** where the model came from: a file's name or an address */
  source: Type.String(),
  remote: Type.Optional(remoteSchema),
});
export const modelCard = Compile(modelCardSchema);
