/**
 * Starts the vision process.
 *
 * Always: the process leads its own process group. Ctrl-C then reaches only the gateway, which stops the process, and
 * one signal kills the whole group with every ffmpeg (shared/process-group.ts).
 */
import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { noTelemetry } from './no-telemetry.ts';

const entryPoint = fileURLToPath(new URL('./process/main.ts', import.meta.url));
/**
 * Frames arrive in chunks of 64 KB that become garbage at once. By default V8 grows its space for young objects to
 * 64 MB with them, and malloc keeps the gaps that they leave: 60 to 80 MB with 8 cameras.
 */
const memoryFlags = ['--max-semi-space-size=4'];
const memoryEnvironment = {
  MALLOC_ARENA_MAX: '2',
  MALLOC_TRIM_THRESHOLD_: '131072',
  MALLOC_MMAP_THRESHOLD_: '65536',
};

export function forkVision(logLevel: string): ChildProcess {
  return fork(entryPoint, [], {
    detached: true,
    execArgv: memoryFlags,
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    env: { ...process.env, ...memoryEnvironment, ...noTelemetry, FORPOST_LOG_LEVEL: logLevel },
  });
}
