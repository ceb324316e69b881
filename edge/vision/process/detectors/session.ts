/**
 * Opens an onnxruntime session for a detector: on the CPU, with one thread and without spinning (a spinning pool costs
 * a quarter of a core while it waits). Callers copy inputs out of shared memory, which onnxruntime refuses.
 */
import { words } from '@forpost/shared/texts/english.ts';
import '../../no-telemetry.ts';
import { messageOf } from '@forpost/shared/errors.ts';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { failed, invalid, type Runner, type TensorData, type TensorInfo, type Tensors } from './tensors.ts';

/** onnxruntime's level "error": its warnings about unused initializers do not concern an operator */
const logSeverityError = 3;

/** Opens `model` (a path or the file's bytes). @throws ForpostError FORPOST_MODEL_INVALID with onnxruntime's message */
export async function openSession(model: string | Uint8Array, about: string): Promise<Runner> {
  const options: InferenceSession.SessionOptions = {
    executionProviders: ['cpu'],
    intraOpNumThreads: 1,
    interOpNumThreads: 1,
    executionMode: 'sequential',
    graphOptimizationLevel: 'all',
    logSeverityLevel: logSeverityError,
    extra: { session: { intra_op: { allow_spinning: '0' }, inter_op: { allow_spinning: '0' } } },
  };
  try {
    const session =
      typeof model === 'string'
        ? await InferenceSession.create(model, options)
        : await InferenceSession.create(model, options);
    return new Session(session);
  } catch (error) {
    throw invalid(words('gateway/reason.model-opens', { what: about, error: wordsOf(error) }), error);
  }
}

class Session implements Runner {
  readonly inputs: readonly TensorInfo[];
  readonly #session: InferenceSession;

  constructor(session: InferenceSession) {
    this.#session = session;
    this.inputs = session.inputMetadata.map((input) =>
      input.isTensor
        ? {
            name: input.name,
            type: input.type,
            shape: input.shape.map((side) => (typeof side === 'number' ? side : -1)),
          }
        : { name: input.name, type: 'no tensor', shape: [] },
    );
  }

  async run(inputs: Tensors): Promise<Tensors> {
    const fed = Object.fromEntries(Object.entries(inputs).map(([name, tensor]) => [name, tensorOf(tensor)]));
    const outputs = await this.#session.run(fed).catch((error: unknown) => {
      throw failed(words('gateway/reason.onnxruntime', { error: messageOf(error) }), error);
    });
    // in the model's own order, on which a family may rely
    return Object.fromEntries(this.#session.outputNames.map((name) => [name, valuesOf(name, outputs[name])]));
  }

  close(): Promise<void> {
    return this.#session.release();
  }
}

function tensorOf({ data, shape }: TensorData): Tensor {
  if (data instanceof Float32Array) return new Tensor('float32', data, shape);
  if (data instanceof Uint8Array) return new Tensor('uint8', data, shape);
  if (data instanceof Int32Array) return new Tensor('int32', data, shape);
  return new Tensor('int64', data, shape);
}

function valuesOf(name: string, output: Tensor | undefined): TensorData {
  const data = output?.data;
  const known =
    data instanceof Float32Array ||
    data instanceof Uint8Array ||
    data instanceof Int32Array ||
    data instanceof BigInt64Array;
  if (known) return { data, shape: output?.dims ?? [] };
  throw failed(words('gateway/reason.model-not-float', { name, type: output?.type ?? '-' }));
}

/** onnxruntime's message without the path at its beginning, which may be a temporary one. */
function wordsOf(error: unknown): string {
  return messageOf(error).replace(/^Load model from .* failed: ?/, '');
}
