import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { init } from '../cli/init.ts';
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
    if (at === 'done') rmSync(join(data, 'restore'), { recursive: true });
    else expect(await adoptRestore(config)).toBe(true);
    expectOldGateway(fresh);
  },
);
