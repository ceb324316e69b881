import { Worker } from 'node:worker_threads';
import { expect, test } from 'vitest';

const runtime = new URL('./process/detectors/session.ts', import.meta.url);

/** Loads the detectors' runtime in a thread with this environment; resolves to how the thread ended. */
function loadedIn(env: NodeJS.ProcessEnv): Promise<string> {
  return new Promise((resolve) => {
    const worker = new Worker(runtime, { env, execArgv: [], stderr: true });
    worker.once('error', (error) => resolve((error as Error).message));
    worker.once('exit', (code) => resolve(`ended with ${code}`));
  });
}

test('a thread refuses to load the runtime unless its process has turned telemetry off', async () => {
  expect(await loadedIn({})).toMatch(/the detector’s runtime would send telemetry/);
  expect(await loadedIn({ ORT_DISABLE_TELEMETRY: '0' })).toMatch(/would send telemetry/);
  expect(await loadedIn({ ORT_DISABLE_TELEMETRY: '1' })).toBe('ended with 0');
});

test('loading the runtime turns telemetry off for the whole process, including later threads', async () => {
  const { noTelemetry } = await import('./no-telemetry.ts');
  await import('./process/detectors/session.ts');
  expect(process.env).toMatchObject(noTelemetry);
  expect(await loadedIn(process.env)).toBe('ended with 0');
});
