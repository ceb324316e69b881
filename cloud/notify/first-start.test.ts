import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { firstStart } from './first-start.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'forpost-first-start-'));
});
afterEach(() => rm(folder, { recursive: true }));

test('later starts return the time of the first start, also where the folder did not exist', async () => {
  const inside = join(folder, 'centre');
  expect(await firstStart(inside, 1000)).toBe(1000);
  expect(await firstStart(inside, 2000)).toBe(1000);
});

test.each(['', '{', '{"since":5}', '{"since":"yesterday"}', '{"since":"2026-99-99T00:00:00Z"}'])(
  'a file with the content %j is written anew',
  async (content) => {
    await writeFile(join(folder, 'notifier.json'), content);
    expect(await firstStart(folder, 3000)).toBe(3000);
    expect(await firstStart(folder, 4000)).toBe(3000);
  },
);
