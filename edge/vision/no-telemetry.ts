/**
 * Keeps onnxruntime from telling anybody anything. Left alone, its library looks up a host of its makers in each process
 * that loads it, sends them events over HTTPS, and writes a device id into the home folder; only the environment of
 * the process stops it, before the library is loaded.
 *
 * Always: `session.ts`, the one file that loads the runtime, imports this first, so nobody can forget it. A worker thread
 * has only a copy of the environment, which the native code does not see: there it must have been set by the main
 * thread, or nothing is loaded.
 */
import { isMainThread } from 'node:worker_threads';

/** For the environment of a process that will load the runtime. */
export const noTelemetry = { ORT_DISABLE_TELEMETRY: '1' } as const;

if (isMainThread) Object.assign(process.env, noTelemetry);
else if (process.env.ORT_DISABLE_TELEMETRY !== noTelemetry.ORT_DISABLE_TELEMETRY)
  throw new Error(
    'the detector’s runtime would send telemetry: import edge/vision/no-telemetry.ts in the main thread, before a thread that loads it begins',
  );
