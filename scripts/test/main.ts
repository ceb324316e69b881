/**
 * `npm test`, on Node 24: types, lint and layers, then every test, or those whose path contains one of the arguments. Ends
 * with the plain line `N passed, N failed[, N skipped]`, in which types, lint and layers count one each. The exit status is
 * 1 for any failure: also when vitest itself fails, and when a test leaves a file or a process behind.
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
// tests start this Node under the name `node`
const env = {
  ...process.env,
  // for this process alone: a test's child with an empty standard input would stop at once
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

/** Tests start dozens of brokers, which an archive of classes makes quicker. Without Kafka its tests fail with the reason. */
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
  // tests write temporary files here alone, so that leftovers can be found
  const temporary = join(folder, 'tmp');
  await mkdir(temporary);
  // readable for all, as /tmp: some tests change to another user
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
  if (counts === undefined)
    process.stdout.write(`vitest ended (${code}) without a result: this counts as one failure\n`);
  else if (code !== 0 && counts.failed === 0)
    process.stdout.write(`vitest ended with ${code} although no test failed: this counts as one failure\n`);
  else return { ...counts, failed: counts.failed + left };
  return { passed: counts?.passed ?? 0, failed: 1 + left, skipped: counts?.skipped ?? 0 };
}

/** Names leftover files and processes, and ends the processes. Returns 1 when there are any: a leftover counts as a failure. */
async function leftBehind(temporary: string): Promise<number> {
  const processes = await leftProcesses(temporary);
  const files = await leftFiles(temporary);
  for (const { pid, command } of processes) {
    process.stdout.write(`a test left this process behind: ${pid} ${command}\n`);
    try {
      process.kill(pid, 'SIGKILL');
    } catch {
      // the process has ended meanwhile
    }
  }
  if (files.length > 0)
    process.stdout.write(`tests left these files behind in their temporary folder: ${files.join(', ')}\n`);
  return processes.length + files.length === 0 ? 0 : 1;
}
