/**
 * `npm test`, on Node 24: types, lint, then every test there is, or those whose path contains one of the arguments.
 * Ends with the plain line `N passed, N failed[, N skipped]`, in which types and lint are one each, and with status 1
 * where anything failed, also when vitest itself does.
 */
import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { requireNode } from '@forpost/shared/node-version.ts';
import { prepare } from '@forpost/shared/stripping/stripped.mjs';
import { KafkaSetupError } from '../kafka/java.ts';
import { makeClassArchive } from '../kafka/make-class-archive.ts';
import type { Counts } from './reporter.ts';
import { bin, lint, root, run, secondsSince, types } from './steps.ts';

requireNode();
const begun = performance.now();
// whatever a test starts by the name `node` is this one
const env = {
  ...process.env,
  // of this process alone: what a test starts with an empty standard input would stop at once
  FORPOST_STOP_WITH_PARENT: undefined,
  PATH: `${dirname(process.execPath)}:${join(root, 'node_modules/.bin')}:${process.env.PATH}`,
};
/**
 * Prepared code for the threads and processes that tests start, as in a gateway. Without it each thread strips types by
 * a WebAssembly module of its own, and V8 now and then aborts a process whose threads with WebAssembly come and go
 * («Check failed: jit_page.has_value()»).
 */
const preparedCode =
  `${process.env.NODE_OPTIONS ?? ''} --import ${import.meta.resolve('@forpost/shared/stripping/preload.mjs')}`.trim();

const [typesGood] = await Promise.all([run(types(), env), quickerKafka()]);
const steps = [typesGood, await run(lint(), env)];
const tests = await vitest(process.argv.slice(2));
const passed = tests.passed + steps.filter((good) => good).length;
const failed = tests.failed + steps.filter((good) => !good).length;
process.stdout.write(`\n${secondsSince(begun)} s in all\n`);
process.stdout.write(`${passed} passed, ${failed} failed${tests.skipped > 0 ? `, ${tests.skipped} skipped` : ''}\n`);
process.exit(failed > 0 ? 1 : 0);

/** Tests start dozens of brokers. Where there can be none, the tests that want one say why. */
async function quickerKafka(): Promise<void> {
  await makeClassArchive().catch((error: unknown) => {
    if (!(error instanceof KafkaSetupError)) throw error;
  });
}

async function vitest(paths: readonly string[]): Promise<Counts> {
  const start = performance.now();
  process.stdout.write('tests …\n');
  const folder = await mkdtemp(join(tmpdir(), 'forpost-test-'));
  const result = join(folder, 'counts.json');
  const reporter = `--reporter=${join(root, 'scripts/test/reporter.ts')}`;
  prepare();
  const code = await new Promise<number | string>((resolve) => {
    const child = spawn(bin('vitest'), ['run', reporter, '--allowOnly=false', ...paths], {
      cwd: root,
      env: { ...env, NODE_OPTIONS: preparedCode, FORPOST_TEST_RESULT: result },
      stdio: ['ignore', 'inherit', 'inherit'],
    });
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => child.kill(signal));
    child.once('error', (error) => resolve(error.message));
    child.once('close', (status, signal) => resolve(status ?? signal ?? 'nothing'));
  });
  const counts: Counts | undefined = await readFile(result, 'utf8').then(JSON.parse, () => undefined);
  await rm(folder, { recursive: true, force: true });
  process.stdout.write(`tests: ${code === 0 ? 'good' : 'FAILED'}, ${secondsSince(start)} s\n`);
  if (counts === undefined) process.stdout.write(`vitest ended (${code}) before it could count: one failed\n`);
  else if (code !== 0 && counts.failed === 0)
    process.stdout.write(`vitest ended with ${code} although no test failed: one failed\n`);
  else return counts;
  return { passed: counts?.passed ?? 0, failed: 1, skipped: counts?.skipped ?? 0 };
}
