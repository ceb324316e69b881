import {
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { mountSmallDisk, unmountSmallDisk, withoutSmallDisk } from '../../test/harness/small-disk.ts';
import { unless } from '../../test/harness/unless.ts';
import { init } from '../cli/init.ts';
import { lockFile } from '../outbox/sqlite/lock.ts';
import { type AdoptStep, adoptRestore, commitRestore, isRestorePending } from './staged-restore.ts';

const now = 1_780_000_000_000;

/** A fresh gateway, with a restored one staged beside. */
async function box() {
  const folder = mkdtempSync(join(tmpdir(), 'forpost-staged-restore-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  await init(folder, { gateway: 'fresh', site: 'new', timezone: 'UTC', terminal: true });
  const config = join(folder, 'gateway.yaml');
  const data = join(folder, 'data');
  writeFileSync(join(data, 'outbox.db'), 'of the fresh one');
  writeFileSync(join(data, 'sessions.json'), 'of the fresh one');
  mkdirSync(join(folder, 'site.revisions'));
  writeFileSync(join(folder, 'site.revisions/1.yaml'), 'of the fresh one');
  mkdirSync(join(folder, 'site.yaml.history'));
  writeFileSync(join(folder, 'site.yaml.history/000001.yaml'), 'of the fresh one');
  const staged = join(data, 'restore/staged');
  await init(staged, { gateway: 'old', site: 'home', timezone: 'UTC', terminal: true });
  writeFileSync(join(staged, 'data/outbox.db'), 'of the old one');
  writeFileSync(join(staged, 'data/instance.json'), '{}');
  mkdirSync(join(staged, 'site.revisions'));
  writeFileSync(join(staged, 'site.revisions/7.yaml'), 'of the old one');
  const read = (path: string) => readFileSync(join(folder, path), 'utf8');
  return { folder, config, data, read, has: (path: string) => existsSync(join(folder, path)) };
}

function expectOldGateway({ read, has, config }: Awaited<ReturnType<typeof box>>): void {
  expect(read('gateway.yaml')).toMatch(/gateway: old/);
  expect(read('site.yaml')).toMatch(/id: home/);
  expect(read('data/outbox.db')).toBe('of the old one');
  expect(has('data/sessions.json')).toBe(false);
  expect(has('site.revisions/7.yaml')).toBe(true);
  expect(has('site.revisions/1.yaml')).toBe(false);
  // with the old revisions, the restored site would count as an edit by hand
  expect(has('site.yaml.history')).toBe(false);
  expect(isRestorePending(config)).toBe(false);
  expect(has('data/restore')).toBe(false);
}

test('the next start takes the staged gateway, and keeps the files that were there before', async () => {
  const fresh = await box();
  const { config, data, read } = fresh;
  expect(await adoptRestore(config)).toBe(false);
  await commitRestore(config, data, 'gateway.yaml', now);
  expect(read('gateway.yaml')).toMatch(/gateway: fresh/);
  expect(isRestorePending(config)).toBe(true);
  expect(await adoptRestore(config)).toBe(true);
  expectOldGateway(fresh);
  const aside = 'before-restore-20260528T202640';
  expect(read(`${aside}/gateway.yaml`)).toMatch(/gateway: fresh/);
  expect(read(`${aside}/site.revisions/1.yaml`)).toBe('of the fresh one');
  expect(read(`data/${aside}/outbox.db`)).toBe('of the fresh one');
  expect(await adoptRestore(config)).toBe(false);
});

test.each<AdoptStep>(['aside', 'moved', 'data', 'config', 'done'])(
  'a power cut while a restore is taken (%s) leaves what the next start finishes',
  async (at) => {
    const fresh = await box();
    const { config, data } = fresh;
    await commitRestore(config, data, 'gateway.yaml', now);
    const cut = adoptRestore(config, (step) => {
      if (step === at) throw new Error('the power is cut');
    });
    await expect(cut).rejects.toThrow('the power is cut');
    expect(await adoptRestore(config)).toBe(at !== 'done');
    expectOldGateway(fresh);
    expect(readdirSync(data).filter((name) => name.startsWith('restore'))).toEqual([]);
  },
);

test('a file that a link of the configuration leads to is kept before the restore writes through the link', async () => {
  const { folder, config, data, read } = await box();
  const elsewhere = join(folder, '../', `${basename(folder)}-secrets.yaml`);
  onTestFinished(() => rmSync(elsewhere));
  const before = read('secrets.yaml');
  writeFileSync(elsewhere, before);
  rmSync(join(folder, 'secrets.yaml'));
  symlinkSync(elsewhere, join(folder, 'secrets.yaml'));
  symlinkSync(join(folder, 'nothing'), join(folder, 'dangling'));
  await commitRestore(config, data, 'gateway.yaml', now);
  expect(await adoptRestore(config)).toBe(true);
  expect(lstatSync(join(folder, 'secrets.yaml')).isSymbolicLink()).toBe(true);
  expect(readFileSync(elsewhere, 'utf8')).not.toBe(before);
  expect(read('before-restore-20260528T202640/secrets.yaml')).toBe(before);
});

test('a folder of the configuration that holds the data folder stays, and what the backup replaces in it is kept', async () => {
  const { folder, config, data, read, has } = await box();
  const yaml = read('gateway.yaml').replace(/^data: .*$/m, 'data: var/lib/data');
  mkdirSync(join(folder, 'var/lib'), { recursive: true });
  renameSync(data, join(folder, 'var/lib/data'));
  writeFileSync(config, yaml);
  writeFileSync(join(folder, 'var/ca.pem'), 'of the fresh one');
  const moved = join(folder, 'var/lib/data');
  mkdirSync(join(moved, 'restore/staged/var'));
  writeFileSync(join(moved, 'restore/staged/var/ca.pem'), 'of the old one');
  await commitRestore(config, moved, 'gateway.yaml', now);
  expect(await adoptRestore(config)).toBe(true);
  expect(read('var/lib/data/outbox.db')).toBe('of the old one');
  expect(read('var/ca.pem')).toBe('of the old one');
  expect(read('before-restore-20260528T202640/var/ca.pem')).toBe('of the fresh one');
  expect([has('before-restore-20260528T202640/var/lib/data'), isRestorePending(config)]).toEqual([false, false]);
});

test('a file whose name is a folder in the backup makes room for it', async () => {
  const { folder, config, data, read } = await box();
  writeFileSync(join(folder, 'tls'), 'a file of the fresh one');
  mkdirSync(join(data, 'restore/staged/tls'));
  writeFileSync(join(data, 'restore/staged/tls/ca.pem'), 'of the old one');
  await commitRestore(config, data, 'gateway.yaml', now);
  expect(await adoptRestore(config)).toBe(true);
  expect([read('tls/ca.pem'), read('before-restore-20260528T202640/tls')]).toEqual([
    'of the old one',
    'a file of the fresh one',
  ]);
});

test('a disk for pictures that is mounted in the data folder stays', unless(withoutSmallDisk()), async () => {
  const { config, data, read } = await box();
  const evidence = join(data, 'evidence');
  mkdirSync(evidence);
  mountSmallDisk(evidence, 'size=1m');
  try {
    writeFileSync(join(evidence, 'picture.jpg'), 'a picture');
    await commitRestore(config, data, 'gateway.yaml', now);
    expect(await adoptRestore(config)).toBe(true);
    expect([read('data/evidence/picture.jpg'), read('data/outbox.db')]).toEqual(['a picture', 'of the old one']);
  } finally {
    unmountSmallDisk(evidence);
  }
});

test('the part of a backup that a kill has left is removed at the next start, and not beside a running gateway', async () => {
  const { config, data, has } = await box();
  rmSync(join(data, 'restore'), { recursive: true });
  mkdirSync(join(data, 'restore'));
  writeFileSync(join(data, 'restore/backup.part'), 'half of a backup');
  const lock = lockFile(join(data, 'gateway.lock'));
  expect([await adoptRestore(config), has('data/restore/backup.part')]).toEqual([false, true]);
  lock?.release();
  expect([await adoptRestore(config), has('data/restore/backup.part')]).toEqual([false, false]);
});
