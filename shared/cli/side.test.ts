import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { wordsOfSide } from './side.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'forpost-side-'));
});
afterEach(() => rm(folder, { recursive: true }));

test.each([
  ['box.yaml', 'gateway: a\ndata: data\n', false],
  ['cloud.yaml', 'data: data\nmqtt: {}\n', false],
  ['staff.yaml', 'data: data\nhttp: {}\nnotify: []\n', true],
  ['cloud.yaml', 'data: [\n', true],
  ['demo-centre.yaml', '', true],
  ['x.yaml', '', false],
])('a check of %s with %j concerns the centre: %s', async (name, text, isCentre) => {
  const file = join(folder, name);
  await writeFile(file, text);
  expect(wordsOfSide(['check', file])).toEqual(isCentre ? ['cloud', 'check', file] : ['check', file]);
});

test('a missing file belongs to the centre or the gateway by its name', () => {
  expect(wordsOfSide(['check', join(folder, 'cloud.yaml')])[0]).toBe('cloud');
  expect(wordsOfSide(['check', join(folder, 'gateway.yaml')])[0]).toBe('check');
});

test('the schema of cloud.yaml belongs to the centre; other schemas and commands belong to the gateway', () => {
  expect(wordsOfSide(['schema', 'cloud'])).toEqual(['cloud', 'schema']);
  for (const words of [['schema', 'site'], ['schema'], ['check'], ['init', 'cloud'], []])
    expect(wordsOfSide(words)).toEqual(words);
});
