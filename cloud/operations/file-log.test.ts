import { appendFile, mkdir, mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FakeClock } from '@forpost/shared/clock.ts';
import { expect, onTestFinished, test } from 'vitest';
import { FileOperationsLog } from './file-log.ts';

const operation = { operation: 'evidence-viewed', by: 'anna', gateway: 'gw-1', subject: 'gate/yard/-/1' };

async function rig(maxBytes?: number) {
  const folder = await mkdtemp(join(tmpdir(), 'forpost-operations-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const file = join(folder, 'operations.jsonl');
  const lines = async (path = file) =>
    (await readFile(path, 'utf8'))
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { data: { by: string } });
  return { folder, file, lines, log: new FileOperationsLog(file, new FakeClock(), maxBytes) };
}

test('each operation is one line of a file that only its owner may read', async () => {
  const { file, lines, log } = await rig();
  await Promise.all([log.append(operation), log.append({ ...operation, by: 'ben' })]);
  expect(await lines()).toMatchObject([
    {
      specversion: '1.0',
      type: 'forpost.operation.v1',
      source: '/centre',
      subject: 'gate/yard/-/1',
      data: { operation: 'evidence-viewed', by: 'anna', gateway: 'gw-1' },
    },
    { data: { by: 'ben' } },
  ]);
  expect((await stat(file)).mode & 0o777).toBe(0o600);
});

test('the log is bounded: a full file replaces the older one of two files', async () => {
  const { file, lines, log } = await rig(700);
  for (const by of ['a', 'b', 'c', 'd', 'e']) await log.append({ ...operation, by });
  const kept = [...(await lines(`${file}.1`)), ...(await lines())].map(({ data }) => data.by);
  expect(kept.join('')).toMatch(/^[a-c]*de$/);
  expect((await stat(file)).size).toBeLessThanOrEqual(700);
});

test('an append to a full disk fails, and the next append is tried again', async () => {
  const { folder, lines, log } = await rig();
  await rm(folder, { recursive: true });
  await expect(log.append(operation)).rejects.toMatchObject({ code: 'FORPOST_FILE_FAILED' });
  await mkdir(folder);
  await log.append(operation);
  expect(await lines()).toHaveLength(1);
});

test('operations are read back from both files in order, and other lines are skipped', async () => {
  const { file, log } = await rig(700);
  for (const by of ['a', 'b', 'c']) await log.append({ ...operation, by });
  await appendFile(file, '{"half":\nnull\n{"type":"forpost.operation.v1","time":"soon"}\n');
  await log.append({ operation: 'alarm-acknowledged', by: 'd', gateway: 'gw-1', subject: 'x', alarm: 'x' });
  const kept: unknown[] = [];
  await log.read(async (some) => void kept.push(...some));
  expect(kept.at(-1)).toEqual({
    operation: 'alarm-acknowledged',
    by: 'd',
    gateway: 'gw-1',
    subject: 'x',
    alarm: 'x',
    at: new FakeClock().now(),
  });
  expect(kept.map((one) => (one as { by: string }).by).join('')).toMatch(/^a?b?cd$/);
});
