/**
 * Turns off onnxruntime's telemetry. By default the library looks up a host of its makers in each process that loads
 * it, sends events there over HTTPS, and writes a device id into the home folder. Only an environment variable that is
 * set before the library is loaded prevents this.
 *
 * Always: `session.ts`, the only file that loads the runtime, imports this file first. A worker thread has only a copy
 * of the environment, which native code does not see: if the main thread has not set the variable, importing this file
 * throws.
 */
import { isMainThread } from 'node:worker_threads';

/** Environment of a process that will load the runtime. */
export const noTelemetry = { ORT_DISABLE_TELEMETRY: '1' } as const;

if (isMainThread) Object.assign(process.env, noTelemetry);
else if (process.env.ORT_DISABLE_TELEMETRY !== noTelemetry.ORT_DISABLE_TELEMETRY)
  throw new Error(
    'the detector’s runtime would send telemetry: import edge/vision/no-telemetry.ts in the main thread, before a thread that loads it begins',
  );
