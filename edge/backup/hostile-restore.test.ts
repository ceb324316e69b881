/** Backups and restores that go wrong: too much in one, in the wrong place, two at once, a disk that fills meanwhile. */
import { randomBytes } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statfsSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { mountSmallDisk, unmountSmallDisk, withoutSmallDisk } from '../../test/harness/small-disk.ts';
import { unless } from '../../test/harness/unless.ts';
import { makeBackup } from './backup.ts';
import { writeBackup } from './backup-file.ts';
import { checkBackup } from './check-backup.ts';
import { contentsOf } from './contents.ts';
import { fileEntry } from './file-entry.ts';
import { maxEntries, maxListBytes, maxNameBytes, printSums } from './format.ts';
import { restore } from './restore.ts';
import { RestoreFolder } from './restore-folder.ts';
import { unpackBackup } from './restore-process.ts';
import { backUp, makeGateway, passphrase, quickFactor } from './testing/gateway-folder.ts';

const now = 1_780_000_100_000;
let base: string;
let old: string;
let file: string;
beforeAll(async () => {
  base = mkdtempSync(join(tmpdir(), 'forpost-hostile-restore-'));
  old = join(base, 'old');
  file = join(base, 'gw-1.tar.age');
  await makeGateway(old);
  await backUp(old, file);
});
afterAll(() => rmSync(base, { recursive: true }));

const namesIn = async (backup: string) => [...(await checkBackup(backup, passphrase)).sums.keys()];

test('a backup with as many files as it may have, and the longest names, can be restored', () => {
  const name = 'x'.repeat(maxNameBytes - 8);
  const sums = new Map(Array.from({ length: maxEntries }, (_, n) => [`${n}`.padStart(8, '0') + name, '0'.repeat(64)]));
  expect(Buffer.byteLength(printSums(sums))).toBeLessThanOrEqual(maxListBytes);
  const configured = {
    configFile: join(old, 'gateway.yaml'),
    siteFile: join(old, 'site.yaml'),
    secretsFile: join(old, 'secrets.yaml'),
    dataFolder: join(old, 'data'),
    values: [],
  };
  expect(contentsOf(configured, 3).files).toHaveLength(3);
  expect(contentsOf(configured, 3).leftOut[0]).toContain('there are more than 3 files');
});

test('a backup that is kept in the folders of its gateway has no earlier backup in it, and not itself', async () => {
  const folder = join(base, 'hoarder');
  await makeGateway(folder);
  mkdirSync(join(folder, 'data/backups'));
  const [inData, besideSite, target] = ['data/backups/old.tar.age', 'site.tar.age', 'data/nightly'].map((name) =>
    join(folder, name),
  );
  for (const one of [inData, besideSite, target]) writeFileSync(one ?? '', randomBytes(1000));
  const config = join(folder, 'gateway.yaml');
  const backup = await makeBackup({ config, passphrase, now, factor: quickFactor, target: target ?? '' });
  await writeBackup(backup.stream, target ?? '', true);
  await backup.end();
  expect(backup.leftOut).toEqual([besideSite, inData].map((one) => `${one}: a backup has no earlier backups`));
  const names = await namesIn(target ?? '');
  expect(names).toContain('config/site.yaml');
  expect(names.filter((name) => /age|nightly/.test(name))).toEqual([]);
});

test('a large file that is replaced while a backup is made fails it, and is not cut to its old size', async () => {
  const path = join(base, 'large.onnx');
  const large = 17 * 2 ** 20;
  writeFileSync(path, Buffer.alloc(large, 1));
  const entry = await fileEntry({ name: 'data/models/large.onnx', path }, new Map());
  writeFileSync(path, Buffer.alloc(large + 1, 2));
  const read = async () => {
    for await (const piece of entry?.bytes ?? []) expect(piece.length).toBeGreaterThan(0);
  };
  await expect(read()).rejects.toThrow('large.onnx changed while it was read: try again');
});

test('a gateway of many devices, whose site file does not fit into the first piece of the backup, can be restored', async () => {
  const folder = join(base, 'many');
  await makeGateway(folder);
  const site = `${readFileSync(join(folder, 'site.yaml'), 'utf8')}${'# a device of many\n'.repeat(10_000)}`;
  writeFileSync(join(folder, 'site.yaml'), site);
  const backup = join(base, 'many.tar.age');
  await backUp(folder, backup);
  const to = join(base, 'many-restored');
  await restore({ file: backup, passphrase, now, folder: to });
  expect(readFileSync(join(to, 'site.yaml'), 'utf8')).toBe(site);
});

test('a second restore into the same folder is refused until the first one has given the folder its name', async () => {
  const options = { folder: join(base, 'twice'), replace: false, backup: '0'.repeat(16), stamp: '20260601T120000' };
  const [first, second] = [new RestoreFolder(options), new RestoreFolder(options)];
  await first.open();
  // each folder is synced, which takes the first restore a while
  for (let n = 0; n < 100; n++) mkdirSync(join(first.staging, `folder-${n}`));
  const committed = first.commit();
  await expect(second.open()).rejects.toThrow('another restore is filling');
  await committed;
  expect(readdirSync(options.folder)).toHaveLength(100);
});

test('a folder within the data folder that the backup names is refused before anything is made', async () => {
  const outer = join(base, 'outer');
  mkdirSync(outer);
  const into = { file, passphrase, now, folder: join(outer, 'config'), data: outer };
  await expect(restore(into)).rejects.toThrow(`the data folder ${outer} would hold ${outer}/config`);
  expect(readdirSync(outer)).toEqual([]);
});

test('a data folder whose name begins with two dots stays within the folder', async () => {
  const folder = join(base, 'dots');
  const { configFile } = await restore({ file, passphrase, now, folder, data: join(folder, '..data') });
  expect(readFileSync(configFile, 'utf8')).toMatch(/^data: \.\.data( |$)/m);
  expect(existsSync(join(folder, '..data/outbox.db'))).toBe(true);
});

test('a disk that is full in the middle of a restore leaves nothing of it', unless(withoutSmallDisk()), async () => {
  const disk = join(base, 'small');
  mkdirSync(disk);
  mountSmallDisk(disk, 'size=80m');
  try {
    const fill = () => {
      const { bavail, bsize } = statfsSync(disk);
      writeFileSync(join(disk, 'litter'), Buffer.alloc(bavail * bsize - 32_768));
    };
    const onStep = (step: string) => (step === 'opened' ? fill() : undefined);
    const restored = restore({ file, passphrase, now, folder: join(disk, 'new'), onStep });
    await expect(restored).rejects.toThrow(/cannot be restored.*ENOSPC/);
    expect(readdirSync(disk)).toEqual(['litter']);
  } finally {
    unmountSmallDisk(disk);
  }
});

test('a link at the place of a new backup is refused, and with --replace its target is replaced', async () => {
  const [target, link] = [join(base, 'target'), join(base, 'link')];
  writeFileSync(target, 'mine');
  symlinkSync(target, link);
  const backup = async (replace: boolean) => {
    const made = await makeBackup({ config: join(old, 'gateway.yaml'), passphrase, now, factor: quickFactor });
    try {
      await writeBackup(made.stream, link, replace);
    } finally {
      await made.end();
    }
  };
  await expect(backup(false)).rejects.toThrow('exists already');
  expect(readFileSync(target, 'utf8')).toBe('mine');
  await backup(true);
  expect((await checkBackup(target, passphrase)).manifest.gateway).toBe('gw-1');
});

test('the page gets a bounded list of problems, and the site file of another gateway is one of them', async () => {
  const folder = join(base, 'broken');
  await makeGateway(folder);
  const elsewhere = join(base, 'etc-site.yaml');
  const devices = Array.from({ length: 2000 }, (_, n) => `  - { id: device-${n}, decoder: nothing-like-it }`);
  writeFileSync(elsewhere, `site: { id: home, timezone: UTC }\ndevices:\n${devices.join('\n')}\n`);
  const config = join(folder, 'gateway.yaml');
  writeFileSync(config, readFileSync(config, 'utf8').replace(/^site_file: .*$/m, `site_file: ${elsewhere}`));
  const backup = join(base, 'broken.tar.age');
  await backUp(folder, backup);
  // the new box has a document of its own at this place
  writeFileSync(elsewhere, readFileSync(elsewhere, 'utf8').replace('home', 'other'));
  const staged = join(base, 'broken-staged');
  onTestFinished(() => rmSync(staged, { recursive: true, force: true }));
  const { problems } = await unpackBackup(backup, staged, join(staged, 'data'), passphrase);
  expect(problems[0]).toBe(`${elsewhere} is that of another gateway: copy ${staged}/outside${elsewhere} there`);
  expect(problems).toHaveLength(51);
  expect(problems.at(-1)).toMatch(/^\d+ more problems$/);
});
