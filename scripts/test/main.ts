/**
 * `npm test`, on Node 24: types, lint, layers, then every test there is, or those whose path contains one of the arguments.
 * Ends with the plain line `N passed, N failed[, N skipped]`, in which types, lint and layers are one each, and with status 1
 * where anything failed, also when vitest itself does, or when a file or a process is left behind.
 */
import { spawn } from 'node:child_process';
import { chmod, mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { requireNode } from '@forpost/shared/node-version.ts';
import { KafkaSetupError } from '../kafka/java.ts';
import { makeClassArchive } from '../kafka/make-class-archive.ts';
import { leftFiles, leftProcesses } from './leftovers.ts';
import type { Counts } from './reporter.ts';
import { bin, layers, lint, root, run, secondsSince, types } from './steps.ts';

requireNode();
const begun = performance.now();
// whatever a test starts by the name `node` is this one
const env = {
  ...process.env,
  // of this process alone: what a test starts with an empty standard input would stop at once
  FORPOST_STOP_WITH_PARENT: undefined,
  PATH: `${dirname(process.execPath)}:${join(root, 'node_modules/.bin')}:${process.env.PATH}`,
};
const [typesGood, lintGood, layersGood] = await Promise.all([
  run(types(), env),
  run(lint(), env),
  run(layers(), env),
  quickerKafka(),
]);
const steps = [typesGood, lintGood, layersGood];
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
  // tests put their temporary files here and nowhere else, so that what they leave can be told
  const temporary = join(folder, 'tmp');
  await mkdir(temporary);
  // as open as /tmp: some tests are another user for a while
  await chmod(folder, 0o755);
  await chmod(temporary, 0o1777);
  const reporter = `--reporter=${join(root, 'scripts/test/reporter.ts')}`;
  const code = await new Promise<number | string>((resolve) => {
    const child = spawn(bin('vitest'), ['run', reporter, '--allowOnly=false', ...paths], {
      cwd: root,
      env: { ...env, TMPDIR: temporary, FORPOST_TEST_RESULT: result },
      stdio: ['ignore', 'inherit', 'inherit'],
    });
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => child.kill(signal));
    child.once('error', (error) => resolve(error.message));
    child.once('close', (status, signal) => resolve(status ?? signal ?? 'nothing'));
  });
  const counts: Counts | undefined = await readFile(result, 'utf8').then(JSON.parse, () => undefined);
  const left = await leftBehind(temporary);
  await rm(folder, { recursive: true, force: true });
  process.stdout.write(`tests: ${code === 0 && left === 0 ? 'good' : 'FAILED'}, ${secondsSince(start)} s\n`);
  if (counts === undefined) process.stdout.write(`vitest ended (${code}) before it could count: one failed\n`);
  else if (code !== 0 && counts.failed === 0)
    process.stdout.write(`vitest ended with ${code} although no test failed: one failed\n`);
  else return { ...counts, failed: counts.failed + left };
  return { passed: counts?.passed ?? 0, failed: 1 + left, skipped: counts?.skipped ?? 0 };
}

/** Names what the tests left behind, and ends the processes among it. 1 where there is any: it counts as one that failed. */
async function leftBehind(temporary: string): Promise<number> {
  const processes = await leftProcesses(temporary);
  const files = await leftFiles(temporary);
  for (const { pid, command } of processes) {
    process.stdout.write(`a test left this process behind: ${pid} ${command}\n`);
    try {
      process.kill(pid, 'SIGKILL');
    } catch {
      // it has just ended
    }
  }
  if (files.length > 0)
    process.stdout.write(`tests left these files behind in their temporary folder: ${files.join(', ')}\n`);
  return processes.length + files.length === 0 ? 0 : 1;
}
