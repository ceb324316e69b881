import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { DataFolder } from './data-folder.ts';

function temporary(): string {
  const folder = mkdtempSync(join(tmpdir(), 'forpost-data-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return folder;
}

test('a data folder is locked by one gateway until that gateway stops', async () => {
  const folder = join(temporary(), 'new', 'data');
  const first = new DataFolder(folder);
  await first.start();
  const second = new DataFolder(folder);
  await expect(second.start()).rejects.toMatchObject({
    code: 'FORPOST_DATA_FOLDER',
    message: `the data folder ${folder} is in use by another gateway: stop that one, or give this one a folder of its own`,
  });
  await second.stop();
  await first.stop();
  await second.start();
  await second.stop();
});

test.each([
  ['a file in its place', 'data'],
  ['a file above it', 'data/deeper'],
])('%s is reported in one sentence that names the folder and the setting', async (_, path) => {
  const folder = temporary();
  writeFileSync(join(folder, 'data'), '');
  const starting = new DataFolder(join(folder, path)).start();
  await expect(starting).rejects.toMatchObject({ code: 'FORPOST_DATA_FOLDER' });
  await expect(starting).rejects.toThrow(
    new RegExp(
      `^the data folder ${join(folder, path)} cannot be used: [^\n]*; set "data" to a folder that can be written$`,
    ),
  );
});
