/** The sentences of the centre's errors that reach people come from the catalogue, so that each has every language. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const cloud = join(import.meta.dirname, '..');
/** Their errors end a command or the start of the centre, whose words are English. */
const commandLine = ['cli', 'jobs', 'config', 'data-folder', 'testing', 'web'];
/** Errors that stop a start, or are defects: only the log has their words. */
const forTheLog = /FORPOST_(PART_FAILED|CONFIG_INVALID|DATA_FOLDER|ARGUMENT_INVALID)/;
const alsoAtTheStart = [
  'history/clickhouse/rebuilt-events.ts',
  'history/clickhouse/schema.ts',
  'history/start-when-reachable.ts',
  'ingest/recovery.ts',
];
const thrown = /new (?:HttpProblem|ForpostError)\(\s*(?:\d+|'(\w+)')\s*,\s*['`]|tryAgainIn\(\s*\d+,\s*\w+,\s*['`]/g;

async function productFiles(): Promise<readonly string[]> {
  const all = await readdir(cloud, { recursive: true });
  return all.filter(
    (file) =>
      /\.ts$/.test(file) &&
      !/\.test\.ts$|node_modules|[\\/]testing[\\/]/.test(file) &&
      !commandLine.includes(file.split(/[\\/]/)[0] ?? '') &&
      !alsoAtTheStart.includes(file.replaceAll('\\', '/')),
  );
}

test('no error of the centre that people may read has words outside the catalogue', async () => {
  const found: string[] = [];
  const files = await productFiles();
  for (const file of files) {
    const source = await readFile(join(cloud, file), 'utf8');
    for (const match of source.matchAll(thrown))
      if (!forTheLog.test(match[1] ?? ''))
        found.push(`${file}: ${source.slice(match.index, match.index + 90).replace(/\s+/g, ' ')}`);
  }
  expect(files.length).toBeGreaterThan(100);
  expect(found).toEqual([]);
});

test('this check finds words in an error', () => {
  for (const source of [
    "new HttpProblem(404, 'no such thing')",
    "new ForpostError(\n  'FORPOST_FILE_FAILED',\n  `x`)",
    "tryAgainIn(503, retryMs, 'later')",
  ])
    expect([...source.matchAll(thrown)]).toHaveLength(1);
});
