import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { backupProcess } from './backup-process.ts';
import { checkBackup } from './check-backup.ts';
import { makeGateway, passphrase } from './testing/gateway-folder.ts';

let folder: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'forpost-backup-process-'));
  await makeGateway(join(folder, 'site'));
});
afterAll(() => rmSync(folder, { recursive: true }));

const config = () => join(folder, 'site/gateway.yaml');
const leftovers = () => readdirSync(join(folder, 'site/data')).filter((name) => name.startsWith('backup.'));

test('the page gets a whole backup from a process of its own', async () => {
  const bytes = await buffer(await backupProcess(config())(passphrase));
  const file = join(folder, 'from-the-page');
  writeFileSync(file, bytes);
  expect((await checkBackup(file, passphrase)).manifest).toMatchObject({ gateway: 'gw-1', outbox: { starts: 1 } });
  await expect.poll(leftovers).toEqual([]);
});

test('a backup that cannot be made is refused with the words of the command', async () => {
  const missing = join(folder, 'nothing.yaml');
  await expect(backupProcess(missing)(passphrase)).rejects.toThrow(/nothing\.yaml/);
});

test('a page that goes away ends the backup, and leaves nothing of it', async () => {
  writeFileSync(join(folder, 'site/data/large.bin'), Buffer.alloc(20 * 2 ** 20));
  const stream = await backupProcess(config())(passphrase);
  expect(leftovers()).toContain('backup.lock');
  stream.destroy();
  await once(stream, 'close');
  await expect.poll(leftovers, { timeout: 20_000 }).toEqual([]);
});
