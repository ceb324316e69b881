import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { unless } from '../../test/harness/unless.ts';
import { leftFiles, leftProcesses } from './leftovers.ts';

async function folderOfRun(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'forpost-leftovers-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  return folder;
}

test('files that tests leave in the temporary folder are named, except programs’ caches', async () => {
  const folder = await folderOfRun();
  await mkdir(join(folder, 'node-compile-cache'));
  expect(await leftFiles(folder)).toEqual([]);
  await writeFile(join(folder, 'forgotten.db'), '');
  await mkdir(join(folder, 'a-folder'));
  expect(await leftFiles(folder)).toEqual(['a-folder', 'forgotten.db']);
});

test('the check names the command of a forgotten process, but no process that is ending', {
  ...unless(process.platform === 'linux' ? undefined : 'only Linux lists processes in /proc'),
}, async () => {
  const folder = await folderOfRun();
  const start = async (ms: number): Promise<ChildProcess> => {
    const script = `console.log('up'); setTimeout(() => {}, ${ms})`;
    const child = spawn(process.execPath, ['-e', script], { env: { ...process.env, TMPDIR: folder } });
    onTestFinished(() => void child.kill('SIGKILL'));
    await once(child.stdout, 'data');
    return child;
  };
  await start(100);
  expect(await leftProcesses(folder)).toEqual([]);
  const { pid } = await start(600_000);
  expect(await leftProcesses(folder, 0)).toEqual([{ pid, command: expect.stringContaining('600000') }]);
});
