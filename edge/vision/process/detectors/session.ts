/**
 * One onnxruntime session as every detector here uses it: one thread, no spinning (a spinning pool costs a quarter of
 * a core while it waits), on the CPU. Copies of inputs are the caller's: onnxruntime refuses shared memory.
 */
import { ForpostError, messageOf } from '@forpost/shared/errors.ts';
import { InferenceSession, type Tensor } from 'onnxruntime-node';

export type { InferenceSession } from 'onnxruntime-node';
export { Tensor } from 'onnxruntime-node';

/** onnxruntime's "error": its warnings about unused initializers are not an operator's business */
const logSeverityError = 3;

/** Opens `model` (a path or the file's bytes). @throws ForpostError FORPOST_MODEL_INVALID with onnxruntime's words */
export async function openSession(model: string | Uint8Array, about: string): Promise<InferenceSession> {
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
    return typeof model === 'string'
      ? await InferenceSession.create(model, options)
      : await InferenceSession.create(model, options);
  } catch (error) {
    throw new ForpostError('FORPOST_MODEL_INVALID', `${about} is no model that onnxruntime opens: ${wordsOf(error)}`, {
      cause: error,
    });
  }
}

/** onnxruntime's own words without the path that it begins with, which may be a temporary one. */
function wordsOf(error: unknown): string {
  return messageOf(error).replace(/^Load model from .* failed: ?/, '');
}

/** The float32 values of an output. @throws ForpostError FORPOST_DETECTOR_FAILED where it is something else */
export function floatsOf(outputs: Readonly<Record<string, Tensor>>, name: string, about: string): Float32Array {
  const data = outputs[name]?.data;
  if (data instanceof Float32Array) return data;
  throw new ForpostError('FORPOST_DETECTOR_FAILED', `${about}: its output "${name}" is not float32`);
}
