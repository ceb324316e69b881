import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
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
const childrenOfThisProcess = () =>
  readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => statOf(pid)[1] === String(process.pid))
    .map(Number);
/** User and system time, in clock ticks. */
const processorTimeOf = (pid: number) => statOf(pid).slice(11, 13).join();
/** The fields of proc_pid_stat(5) from the third on: the second, in brackets, may have blanks. */
const statOf = (pid: number | string) => {
  try {
    return readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.split(' ') ?? [];
  } catch {
    return [];
  }
};
const leftovers = () => readdirSync(join(folder, 'site/data')).filter((name) => name.startsWith('backup.'));

test('the page gets a whole backup from a process of its own', async () => {
  const bytes = await buffer(await backupProcess(config())(passphrase));
  const file = join(folder, 'from-the-page');
  writeFileSync(file, bytes);
  expect((await checkBackup(file, passphrase)).manifest).toMatchObject({ gateway: 'gw-1', outbox: { starts: 1 } });
  await expect.poll(leftovers).toEqual([]);
});

test('a backup for a page on a slow link is whole', async () => {
  writeFileSync(join(folder, 'site/data/large.bin'), Buffer.alloc(2 * 2 ** 20));
  const stream = await backupProcess(config())(passphrase);
  // without a reader the pipe fills: the process waits, or has given up
  let before = '';
  const isWaiting = () => {
    const now = childrenOfThisProcess().map(processorTimeOf).join();
    const isSame = now === before;
    before = now;
    return isSame;
  };
  for (let times = 0; times < 3; times++) await expect.poll(isWaiting, { interval: 200 }).toBe(true);
  const file = join(folder, 'read-slowly');
  writeFileSync(file, await buffer(stream));
  expect((await checkBackup(file, passphrase)).manifest).toMatchObject({ gateway: 'gw-1' });
});

test('a backup whose process is killed ends with an error, not as a shorter backup', async () => {
  writeFileSync(join(folder, 'site/data/large.bin'), Buffer.alloc(20 * 2 ** 20));
  const stream = await backupProcess(config())(passphrase);
  for (const child of childrenOfThisProcess()) process.kill(child, 'SIGKILL');
  await expect(buffer(stream)).rejects.toThrow(/cut off/);
  rmSync(join(folder, 'site/data/backup.lock'), { force: true });
  rmSync(join(folder, 'site/data/large.bin'));
});

test('a backup that cannot be made is refused with the words of the command', async () => {
  const missing = join(folder, 'nothing.yaml');
  await expect(backupProcess(missing)(passphrase)).rejects.toThrow(/nothing\.yaml/);
});

test('a page that disconnects ends the backup, and no file of it remains', async () => {
  writeFileSync(join(folder, 'site/data/large.bin'), Buffer.alloc(20 * 2 ** 20));
  const stream = await backupProcess(config())(passphrase);
  expect(leftovers()).toContain('backup.lock');
  stream.destroy();
  await once(stream, 'close');
  await expect.poll(leftovers, { timeout: 20_000 }).toEqual([]);
});
