import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statfsSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ForpostError } from '@forpost/shared/errors.ts';
import { expect, onTestFinished, test } from 'vitest';
import { mountSmallDisk, unmountSmallDisk, withoutSmallDisk } from '../../test/harness/small-disk.ts';
import { unless } from '../../test/harness/unless.ts';
import { RestoreStaging } from './restore-staging.ts';

const summary = { gateway: 'gw-1', site: 'home', madeAt: '2026-06-01T12:00:00Z', machine: 'pi', unsent: 4 };

function rig(problems: readonly string[] = []) {
  const folder = mkdtempSync(join(tmpdir(), 'forpost-staging-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const data = join(folder, 'data');
  mkdirSync(data);
  const configFile = join(folder, 'gateway.yaml');
  writeFileSync(configFile, 'data: data\n');
  let ended = 0;
  const make = () =>
    new RestoreStaging({
      configFile,
      data,
      now: () => 1_780_000_000_000,
      endProcess: () => ended++,
      unpack: async (file, to, _data, passphrase) => {
        if (passphrase !== 'right') throw new ForpostError('FORPOST_BACKUP_INVALID', 'the passphrase is wrong');
        mkdirSync(to, { recursive: true });
        writeFileSync(join(to, 'gateway.yaml'), `gateway: gw-1\ndata: /elsewhere\n# ${readFileSync(file, 'utf8')}\n`);
        return { ...summary, configFile: 'gateway.yaml', problems };
      },
    });
  return { data, make, staging: make(), ended: () => ended };
}
const bytes = (text: string) => Buffer.from(text);

test('a backup comes in parts; one that came twice or early only says how much is here', async () => {
  const { staging } = rig();
  expect(await staging.part(0, 6, bytes('abc'))).toEqual({ state: 'coming', received: 3, size: 6 });
  expect(await staging.part(0 + 5, 6, bytes('f'))).toEqual({ state: 'coming', received: 3, size: 6 });
  expect(await staging.part(3, 6, bytes('defg'))).toMatchObject({ received: 3 });
  expect(await staging.part(3, 6, bytes('def'))).toEqual({ state: 'here', size: 6 });
  expect(await staging.part(3, 6, bytes('def'))).toEqual({ state: 'here', size: 6 });
});

test('a wrong passphrase changes nothing, and the right one stages the gateway beside the running one', async () => {
  const { staging, data, make, ended } = rig();
  await staging.part(0, 3, bytes('abc'));
  await expect(staging.stage('wrong')).rejects.toThrow('the passphrase is wrong');
  expect(await staging.state()).toEqual({ state: 'here', size: 3 });
  await expect(staging.commit()).rejects.toThrow('no restored gateway is here');
  expect(await staging.stage('right')).toMatchObject({ state: 'staged', staged: summary });
  // after a restart of the gateway too
  expect(await make().state()).toMatchObject({ state: 'staged', staged: summary });
  await staging.commit();
  expect(ended()).toBe(1);
  // until the process has ended, another installer changes nothing any more
  for (const late of [staging.part(0, 3, bytes('xyz')), staging.stage('right'), staging.discard(), staging.commit()])
    await expect(late).rejects.toThrow('this box is becoming the restored gateway');
  expect(readFileSync(join(data, 'restore/staged/gateway.yaml'), 'utf8')).toContain('data: data\n');
  expect(existsSync(join(data, 'restore/take.json'))).toBe(true);
});

test('a restored gateway that could not start here is not taken', async () => {
  const { staging, ended } = rig(['gateway.yaml:3:1: the certificate is missing']);
  await staging.part(0, 3, bytes('abc'));
  await staging.stage('right');
  await expect(staging.commit()).rejects.toThrow('the certificate is missing');
  expect(ended()).toBe(0);
  expect(await staging.discard()).toEqual({ state: 'none' });
});

test(
  'a disk that is full while a backup arrives is said in words, and gets its room back',
  unless(withoutSmallDisk()),
  async () => {
    const { staging, data } = rig();
    mountSmallDisk(data, 'size=160m');
    try {
      expect(await staging.part(0, 1_000_000, bytes('abc'))).toMatchObject({ state: 'coming' });
      const { bavail, bsize } = statfsSync(data);
      writeFileSync(join(data, 'litter'), Buffer.alloc(bavail * bsize));
      await expect(staging.part(3, 1_000_000, Buffer.alloc(500_000))).rejects.toThrow(
        'the disk has no room for a backup of 1 MB',
      );
      expect([await staging.state(), readdirSync(data)]).toEqual([{ state: 'none' }, ['litter']]);
    } finally {
      unmountSmallDisk(data);
    }
  },
);

test('a backup that the disk cannot hold twice is refused before its first byte', async () => {
  const { staging } = rig();
  await expect(staging.part(0, 2 ** 53 - 1, bytes('a'))).rejects.toThrow('the disk has no room');
  expect(await staging.state()).toEqual({ state: 'none' });
});
