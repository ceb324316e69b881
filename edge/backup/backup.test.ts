import { createHash } from 'node:crypto';
import {
  chownSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventTypes } from '@forpost/shared/event/event.ts';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { mountSmallDisk, unmountSmallDisk, withoutSmallDisk } from '../../test/harness/small-disk.ts';
import { unless, withoutLinuxRoot } from '../../test/harness/unless.ts';
import { judge } from '../config/judge.ts';
import { lockFile } from '../outbox/sqlite/lock.ts';
import { readOnce } from '../outbox/sqlite/reader/sqlite-reader.ts';
import { outboxIn } from '../outbox/sqlite/testing/test-support.ts';
import { writeBackup } from './backup-file.ts';
import { checkBackup } from './check-backup.ts';
import { backupFormat, manifestName, printSums, sumsName } from './format.ts';
import { readInstance } from './instance.ts';
import { restore } from './restore.ts';
import { type Entry, seal } from './seal.ts';
import { backUp, makeGateway, passphrase, quickFactor } from './testing/gateway-folder.ts';

let base: string;
let old: string;
let file: string;
let epoch: string;
beforeAll(async () => {
  base = mkdtempSync(join(tmpdir(), 'forpost-backup-'));
  old = join(base, 'old');
  file = join(base, 'gw-1.tar.age');
  epoch = await makeGateway(old);
  await backUp(old, file);
});
afterAll(() => rmSync(base, { recursive: true }));

let count = 0;
const fresh = () => join(base, `new-${count++}`);
const restoring = (folder: string, change: object = {}) =>
  restore({ file, passphrase, folder, now: 1_780_000_100_000, ...change });
/** Every file below, with its content's hash: what «nothing was changed» means. */
function stateOf(folder: string): string {
  const names = readdirSync(folder, { recursive: true, withFileTypes: true });
  const lines = names.map((entry) => {
    const path = join(entry.parentPath, entry.name);
    const content = entry.isFile() ? createHash('sha256').update(readFileSync(path)).digest('hex') : 'folder';
    return `${path} ${content} ${lstatSync(path).mode}`;
  });
  return lines.sort().join('\n');
}

describe('a restored gateway', () => {
  test('has the configuration, its revisions, the data and the newest events of the old one', async () => {
    const folder = fresh();
    const restored = await restoring(folder);
    expect(restored).toMatchObject({ configFile: join(folder, 'gateway.yaml'), dataFolder: join(folder, 'data') });
    expect((await judge(restored.configFile)).problems).toEqual([]);
    for (const name of ['gateway.yaml', 'site.yaml', 'secrets.yaml', 'site.revisions/1.yaml', 'schemas/site.json'])
      expect(readFileSync(join(folder, name))).toEqual(readFileSync(join(old, name)));
    for (const name of ['channel-names.json', 'models/small.onnx'])
      expect(readFileSync(join(folder, 'data', name))).toEqual(readFileSync(join(old, 'data', name)));
    const outbox = outboxIn(join(folder, 'data'), { sinks: [] });
    await outbox.start();
    await outbox.stop();
    const kept = readOnce(outbox.file, (reader) => reader.newest('alerts', 10).map(({ type }) => type));
    expect(kept.filter((type) => type === eventTypes.gap)).toHaveLength(2);
    expect(readOnce(outbox.file, (reader) => reader.newest('telemetry', 10))).toMatchObject([{ epoch, sequence: 3 }]);
  });

  test('is readable for its owner alone, and has nothing that a backup leaves out', async () => {
    const folder = fresh();
    await restoring(folder);
    for (const name of ['gateway.yaml', 'secrets.yaml', 'data/outbox.db', 'data/instance.json'])
      expect(statSync(join(folder, name)).mode & 0o777).toBe(0o600);
    for (const name of ['', 'data']) expect(statSync(join(folder, name)).mode & 0o777).toBe(0o700);
    expect(existsSync(join(folder, 'data/evidence'))).toBe(false);
    expect(readdirSync(base).filter((name) => name.endsWith('.restoring'))).toEqual([]);
    expect(readdirSync(join(old, 'data')).filter((name) => name.startsWith('backup'))).toEqual([]);
  });

  test('is another instance each time, and knows the epoch in which the backup ended', async () => {
    const [one, two] = [fresh(), fresh()];
    await restoring(one);
    await restoring(two);
    const [first, second] = [one, two].map((folder) => readInstance(join(folder, 'data')));
    expect(first).toMatchObject({ announced: false, backup: { epoch } });
    expect(first?.instance).not.toBe(second?.instance);
  });

  test('may have its data folder elsewhere', async () => {
    const [folder, data] = [fresh(), fresh()];
    const restored = await restoring(folder, { data });
    expect(restored.dataFolder).toBe(data);
    expect(existsSync(join(data, 'outbox.db'))).toBe(true);
    const text = readFileSync(restored.configFile, 'utf8');
    expect(text).toContain(`data: ${data}`);
    expect(text).toContain('# a comment stays');
  });
});

describe('a restore changes nothing', () => {
  const refused = async (change: object, message: RegExp | string) => {
    const before = stateOf(base);
    await expect(restoring(join(base, 'never'), change)).rejects.toThrow(message);
    expect(stateOf(base)).toBe(before);
  };

  test('where the passphrase is wrong', () => refused({ passphrase: 'wrong horse' }, 'the passphrase is not that of'));

  test('where the file is cut off anywhere', async () => {
    const whole = readFileSync(file);
    const payload = whole.indexOf('\n--- ') + 48;
    const [chunk, tag] = [65_552, 16];
    const cuts = [
      0,
      1,
      30,
      100,
      payload,
      payload + tag,
      payload + 20,
      payload + tag + chunk - 1,
      payload + tag + chunk,
    ];
    for (const length of [...cuts, payload + tag + chunk + 1, whole.length - tag, whole.length - 1]) {
      writeFileSync(join(base, 'cut'), whole.subarray(0, length));
      await refused({ file: join(base, 'cut') }, /cut off|no backup of Forpost|damaged beginning|passphrase is not/);
    }
  });

  test('where one bit of the file is flipped anywhere, or a byte is added', async () => {
    const whole = readFileSync(file);
    const header = whole.indexOf('\n--- ');
    const places = [
      0,
      25,
      32,
      60,
      header - 3,
      header + 10,
      header + 50,
      header + 70,
      whole.length >> 1,
      whole.length - 1,
    ];
    for (const place of places) {
      const flipped = Buffer.from(whole);
      flipped.writeUInt8(flipped.readUInt8(place) ^ 1, place);
      writeFileSync(join(base, 'flipped'), flipped);
      await refused({ file: join(base, 'flipped') }, /damaged|no backup of Forpost|passphrase is not/);
    }
    writeFileSync(join(base, 'longer'), Buffer.concat([whole, Buffer.alloc(1)]));
    await refused({ file: join(base, 'longer') }, /damaged or cut off/);
  });

  test('where the folder has something in it, or a gateway runs there', async () => {
    await refused({ folder: old }, 'is not empty: name a new folder, or say --replace');
    await refused({ folder: file }, 'is not a folder');
    const lock = lockFile(join(old, 'data/gateway.lock'));
    await refused({ folder: old, replace: true }, `a gateway is running in ${old}: stop it first`);
    lock?.release();
  });

  test('where the backup is missing, a folder, or another kind of file', async () => {
    await refused({ file: join(base, 'nothing') }, 'cannot be read');
    await refused({ file: base }, 'cannot be read');
    await refused({ file: join(old, 'site.yaml') }, 'is no backup of Forpost');
  });

  test('where an entry would leave the folder, or the content is not what the list says', async () => {
    const manifest = {
      format: backupFormat,
      forpost: '0.1.0',
      id: '0'.repeat(16),
      gateway: 'gw-1',
      site: 'home',
      made_at: '',
      machine: '',
      config_file: 'gateway.yaml',
      data: 'data',
      instance: '',
    };
    const made = async (entries: readonly (readonly [string, string])[], sums?: string) => {
      const hash = (text: string) => createHash('sha256').update(text).digest('hex');
      const list = sums ?? printSums(new Map(entries.map(([name, text]) => [name, hash(text)])));
      const all = [...entries, [sumsName, list] as const];
      const stream = async function* (): AsyncGenerator<Entry> {
        for (const [name, text] of all) yield { name, size: Buffer.byteLength(text), bytes: [Buffer.from(text)] };
      };
      await writeBackup(await seal(stream(), passphrase, quickFactor), join(base, 'made'), true);
      return join(base, 'made');
    };
    const first = [manifestName, JSON.stringify(manifest)] as const;
    const config = ['config/gateway.yaml', 'gateway: gw-1'] as const;
    for (const name of ['config/../../out', '/etc/passwd', 'config/gateway.yaml'])
      await refused({ file: await made([first, config, [name, 'x']]) }, /does not belong into a backup/);
    await refused({ file: await made([first]) }, /it has no config\/gateway.yaml/);
    await refused({ file: await made([config]) }, /does not begin with/);
    await refused({ file: await made([first, config], 'other') }, /does not have the sums of its entries/);
    const newer = [manifestName, JSON.stringify({ ...manifest, format: backupFormat + 1 })] as const;
    await refused({ file: await made([newer, config]) }, /a newer Forpost made it/);
  });

  test('where the disk is full', unless(withoutSmallDisk()), async () => {
    const disk = join(base, 'disk');
    mkdirSync(disk);
    mountSmallDisk(disk, 'size=8m');
    try {
      await expect(restoring(join(disk, 'new'))).rejects.toThrow(/has 9 MB free, and the backup needs \d+ MB/);
      expect(readdirSync(disk)).toEqual([]);
      writeFileSync(join(disk, 'ballast'), Buffer.alloc(8 * 2 ** 20 - 65_536));
      await expect(backUp(old, join(disk, 'gw.tar.age'))).rejects.toThrow(/cannot be written: ENOSPC/);
      expect(readdirSync(disk)).toEqual(['ballast']);
    } finally {
      unmountSmallDisk(disk);
    }
  });
});

test('with --replace the folder that was there is renamed, and nothing of it is lost', async () => {
  const folder = fresh();
  mkdirSync(folder);
  writeFileSync(join(folder, 'mine'), 'precious');
  const { aside } = await restoring(folder, { replace: true });
  expect(aside).toEqual([`${folder}.before-restore-20260528T202820`]);
  expect(readFileSync(join(aside[0] ?? '', 'mine'), 'utf8')).toBe('precious');
  expect(existsSync(join(folder, 'gateway.yaml'))).toBe(true);
});

test('a restore follows no link at the place of the folder that it fills', async () => {
  const [folder, victim] = [fresh(), fresh()];
  mkdirSync(victim);
  writeFileSync(join(victim, 'precious'), 'mine');
  symlinkSync(victim, `${folder}.restoring`);
  await expect(restoring(folder)).rejects.toThrow(`${folder}.restoring is in the way`);
  expect(readdirSync(victim)).toEqual(['precious']);
});

test(
  'as root, a restore into an empty folder of a service gives that service what it writes',
  unless(withoutLinuxRoot),
  async () => {
    const folder = fresh();
    mkdirSync(folder, { mode: 0o750 });
    chownSync(folder, 1234, 2345);
    await restoring(folder);
    for (const name of ['', 'secrets.yaml', 'site.revisions', 'data', 'data/outbox.db', 'data/models/small.onnx'])
      expect([name, statSync(join(folder, name)).uid, statSync(join(folder, name)).gid]).toEqual([name, 1234, 2345]);
    expect(statSync(folder).mode & 0o777).toBe(0o750);
  },
);

test('a backup reads the files that links lead to, and replaces a link in the place of its own file', async () => {
  const folder = fresh();
  await makeGateway(folder);
  const elsewhere = join(base, 'secrets-elsewhere.yaml');
  writeFileSync(elsewhere, readFileSync(join(folder, 'secrets.yaml')));
  rmSync(join(folder, 'secrets.yaml'));
  symlinkSync(elsewhere, join(folder, 'secrets.yaml'));
  const key = join(base, 'uplink.pem');
  writeFileSync(key, 'a key');
  const config = join(folder, 'gateway.yaml');
  const text = readFileSync(config, 'utf8');
  writeFileSync(
    config,
    text.replace(/^uplink: \[\].*$/m, `uplink: [{ kind: http, url: "https://c.example", tls: { ca: ${key} } }]`),
  );
  const victim = join(base, 'victim');
  writeFileSync(victim, 'untouched');
  symlinkSync(victim, join(base, 'linked.tar.age.part'));
  await backUp(folder, join(base, 'linked.tar.age'));
  expect(readFileSync(victim, 'utf8')).toBe('untouched');
  const to = fresh();
  const { outside } = await restoring(to, { file: join(base, 'linked.tar.age') });
  expect(lstatSync(join(to, 'secrets.yaml')).isFile()).toBe(true);
  expect(outside).toEqual([{ named: key, now: join(to, 'outside', key) }]);
  expect(readFileSync(join(to, 'outside', key), 'utf8')).toBe('a key');
});

test('a second backup at the same time is refused, and so is one over an existing file', async () => {
  const lock = lockFile(join(old, 'data/backup.lock'));
  await expect(backUp(old, join(base, 'second'))).rejects.toThrow(/another backup of .* is running/);
  lock?.release();
  const stream = await seal((async function* (): AsyncGenerator<Entry> {})(), passphrase, quickFactor);
  await expect(writeBackup(stream, file, false)).rejects.toThrow('exists already: name another file, or say --replace');
  expect((await checkBackup(file, passphrase)).manifest).toMatchObject({ gateway: 'gw-1', site: 'home' });
});
