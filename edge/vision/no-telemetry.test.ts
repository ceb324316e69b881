import { Worker } from 'node:worker_threads';
import { expect, test } from 'vitest';

const runtime = new URL('./process/detectors/session.ts', import.meta.url);

/** What becomes of a thread with this environment that loads the detectors' runtime. */
function loadedIn(env: NodeJS.ProcessEnv): Promise<string> {
  return new Promise((resolve) => {
    const worker = new Worker(runtime, { env, execArgv: [], stderr: true });
    worker.once('error', (error) => resolve((error as Error).message));
    worker.once('exit', (code) => resolve(`ended with ${code}`));
  });
}

test('a thread whose process has not turned telemetry off loads no runtime that would send it', async () => {
  expect(await loadedIn({})).toMatch(/the detector’s runtime would send telemetry/);
  expect(await loadedIn({ ORT_DISABLE_TELEMETRY: '0' })).toMatch(/would send telemetry/);
  expect(await loadedIn({ ORT_DISABLE_TELEMETRY: '1' })).toBe('ended with 0');
});

test('whoever loads the runtime has turned it off for the whole process, threads to come among them', async () => {
  const { noTelemetry } = await import('./no-telemetry.ts');
  await import('./process/detectors/session.ts');
  expect(process.env).toMatchObject(noTelemetry);
  expect(await loadedIn(process.env)).toBe('ended with 0');
});
