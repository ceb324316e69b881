import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { FakeClock } from '@forpost/shared/clock.ts';
import { expect, onTestFinished, test } from 'vitest';
import { loadSite } from '../config/load-site.ts';
import type { LoadedDocument } from './change.ts';
import { SiteDocument, type SiteDocumentOptions } from './document.ts';
import { recordOf } from './record.ts';
import { sha256Of } from './revision.ts';
import { withScene } from './scene-edit.ts';
import { stoppingDisk } from './testing/stopping-disk.ts';

const text = `# the farm of the Hubers
site: { id: farm-7, timezone: Europe/Berlin }
devices: []
cameras:
  - id: gate   # at the road
    url: rtsp://10.0.0.6:554/stream
  # the one on the barn
  - id: yard
    url: rtsp://10.0.0.7:554/stream
    zones:
      # the tractor stands here
      - { id: drive, name: Drive, points: [[0, 0], [1, 0], [1, 1], [0, 1]] } # never smaller
rules:
  - { id: intruder, kind: zone-entered, camera: yard, zone: drive } # nobody at night
`;
const critical = (old: string) => old.replace('zone: drive }', 'zone: drive, severity: critical }');
/** where the check does not matter */
const unchecked = { load: () => ({}) as LoadedDocument };
const anna = { kind: 'page', name: 'anna' } as const;
const root = { kind: 'command-line', name: 'root' } as const;

function rig(content = text) {
  const folder = mkdtempSync(join(tmpdir(), 'forpost-site-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const [file, secrets, data] = [join(folder, 'site.yaml'), join(folder, 'secrets.yaml'), join(folder, 'data')];
  writeFileSync(file, content);
  writeFileSync(secrets, 'mqtt: {}\nconsole: {}\n');
  const open = async (more: Partial<SiteDocumentOptions> = {}) => {
    const document = new SiteDocument({
      file,
      data,
      load: (next) => loadSite(file, secrets, next),
      clock: new FakeClock(),
      ...more,
    });
    await document.open();
    return document;
  };
  const read = () => readFileSync(file, 'utf8');
  /** Revisions from an earlier run, the last one in force. */
  const before = (...texts: readonly string[]) => {
    mkdirSync(`${file}.history`, { mode: 0o700 });
    for (const [index, old] of texts.entries()) {
      const known = { number: index + 1, sha256: sha256Of(old), author: { kind: 'file', name: '' } } as const;
      const revision = { ...known, at: '2026-01-01T00:00:00.000Z', why: '', changes: [], version: '0.0.0' };
      writeFileSync(`${file}.history/${String(index + 1).padStart(6, '0')}.yaml`, recordOf(revision, old));
      writeFileSync(file, old);
    }
  };
  return { folder, before, file, data, open, read, history: () => readdirSync(`${file}.history`).sort() };
}

test('a change is a new revision that says who made it, when, why and what changed', async () => {
  const { open, read, history } = rig();
  const document = await open();
  expect(document.newest).toMatchObject({ number: 1, author: { kind: 'file' }, sha256: sha256Of(text) });
  const changed = await document.change({ seen: '1', author: anna, why: 'burglars', edit: critical });
  expect(changed).toMatchObject({
    revision: {
      number: 2,
      author: anna,
      why: 'burglars',
      at: expect.stringMatching(/^\d{4}-/),
      changes: [{ message: 'rule intruder: level set to critical', message_i18n: expect.anything() }],
    },
    loaded: { site: { rules: [{ severity: 'critical' }, {}] } },
  });
  expect(read()).toBe(critical(text));
  expect(history()).toEqual(['000001.yaml', '000002.yaml']);
  const again = await open();
  expect(again.revisions()).toEqual(document.revisions());
  expect(await again.read('1')).toMatchObject({ text, revision: { number: 1 } });
});

test('of two people who save over one revision the second one sees what the first one changed', async () => {
  const { open } = rig();
  const document = await open();
  const save = (author: typeof anna | typeof root, edit: (old: string) => string) =>
    document.change({ seen: document.newest.sha256, author, why: '', edit });
  const [first, second] = await Promise.all([save(anna, critical), save(root, (old) => `${old}# mine\n`)]);
  expect(first).toHaveProperty('revision');
  expect(second).toMatchObject({
    conflict: 'seen',
    newest: { number: 2, author: anna },
    changes: [{ message: 'rule intruder: level set to critical' }],
  });
  expect(document.text).toBe(critical(text));
});

test('the same change once more, because its answer was lost, is no conflict', async () => {
  const { open } = rig();
  const document = await open();
  const change = () => document.change({ seen: '1', author: anna, why: '', edit: critical });
  expect([await change(), await change()]).toMatchObject([{ revision: { number: 2 } }, { unchanged: { number: 2 } }]);
});

test('a change over a file that was edited by hand is a conflict with that edit, until it is taken up', async () => {
  const { open, file } = rig();
  const document = await open();
  writeFileSync(file, text.replace('10.0.0.7', '10.0.0.9'));
  expect(await document.change({ seen: '1', author: anna, why: '', edit: critical })).toMatchObject({
    conflict: 'by-hand',
    changes: [{ message: 'camera yard: address rtsp://10.0.0.7:554/stream → rtsp://10.0.0.9:554/stream' }],
  });
  expect(await document.takeUp({ author: root, why: '' })).toMatchObject({ revision: { number: 2, author: root } });
  expect(await document.takeUp({ author: root, why: '' })).toMatchObject({ unchanged: { number: 2 } });
  expect(await document.change({ seen: '2', author: anna, why: '', edit: critical })).toHaveProperty('revision');
});

test('a file that was edited by hand while nothing ran is a revision of its own author at the next start', async () => {
  const { open, file } = rig();
  await open();
  writeFileSync(file, critical(text));
  expect((await open()).newest).toMatchObject({
    number: 2,
    author: { kind: 'file', name: '' },
    changes: [{ message: 'rule intruder: level set to critical' }],
  });
});

test('an undo is a new revision with the document of the old one, comments included', async () => {
  const { open, read } = rig();
  const document = await open();
  await document.change({ seen: '1', author: anna, why: '', edit: critical });
  expect(await document.undo('2', '1', { author: anna, why: 'false alarms' })).toMatchObject({
    revision: {
      number: 3,
      sha256: sha256Of(text),
      changes: [{ message: 'rule intruder: level removed, it was critical' }],
    },
  });
  expect(read()).toBe(text);
  // an author who saw revision 1 has seen the present text
  expect(await document.change({ seen: '1', author: root, why: '', edit: critical })).toHaveProperty('revision');
  expect(await document.undo('4', '99', { author: anna, why: '' })).toEqual({
    problems: [expect.stringContaining('revision 99 is not kept')],
  });
});

test('a change that the next start would refuse, or that a part refuses, is refused in words and changes nothing', async () => {
  const { open, read, history } = rig();
  const document = await open();
  const change = (edit: (old: string) => string) => document.change({ seen: '1', author: anna, why: '', edit });
  expect(await change((old) => old.replace('zone: drive }', 'zone: drvie }'))).toMatchObject({
    problems: [expect.stringMatching(/^rule "intruder": camera "yard" has no zone "drvie"/)],
  });
  expect(await change((old) => `${old}kettles: []\n`)).toMatchObject({
    problems: [expect.stringContaining('unknown key "kettles"')],
  });
  expect(
    await change((old) => withScene(old, 'yard', { zones: [], lines: [], masks: [], motion_masks: [] })),
  ).toMatchObject({
    problems: [expect.stringContaining('camera "yard" has no zone "drive"')],
  });
  const refusing = await open({ prepare: () => ({ refused: ['not today'] }) });
  expect(await refusing.change({ seen: '1', author: anna, why: '', edit: critical })).toMatchObject({
    problems: ['not today'],
  });
  expect([read(), history()]).toEqual([text, ['000001.yaml']]);
});

test('after a stop at any call of the disk the document is the old or the new revision, and its history agrees', async () => {
  let stops = 0;
  for (let calls = 0; ; calls++) {
    const { open, read, before } = rig();
    before(text);
    const document = await open({ ...unchecked, disk: stoppingDisk(calls) }).catch(() => undefined);
    const answer = await document?.change({ seen: '1', author: anna, why: '', edit: critical }).catch(() => undefined);
    const after = await open(unchecked);
    const isNew = after.newest.number === 2;
    expect(read()).toBe(isNew ? critical(text) : text);
    expect(after.newest).toMatchObject({ sha256: sha256Of(read()), author: { kind: isNew ? 'page' : 'file' } });
    expect(after.problems()).toEqual([]);
    if (calls % 8 === 0) {
      const next = await after.change({
        seen: read() === text ? '1' : '2',
        author: root,
        why: '',
        edit: (old) => `${old}# on\n`,
      });
      expect(next).toMatchObject({ revision: { number: after.revisions().length } });
    }
    if (answer !== undefined && 'revision' in answer) {
      expect(isNew).toBe(true);
      if (document?.problems().length === 0) break;
    }
    stops++;
  }
  expect(stops).toBeGreaterThan(15);
});

test.each([
  ['before the file is replaced', 'next.yaml.new', 1],
  ['after the file was replaced', '000002.yaml', 2],
])('a process that is killed %s leaves a whole revision', async (_, at, number) => {
  const { open, file, data, folder } = rig();
  await open();
  const here = (name: string) => JSON.stringify(fileURLToPath(new URL(name, import.meta.url)));
  const code = `import { SiteDocument } from ${here('./document.ts')}; import { siteDisk } from ${here('./disk.ts')};
    import { systemClock } from '@forpost/shared/clock.ts';
    const die = (where) => where.endsWith(${JSON.stringify(at.replace('.new', ''))}) && process.kill(process.pid, 'SIGKILL');
    const disk = { ...siteDisk,
      replace: async (path, text, options) => { await siteDisk.replace(path, text, options); if (${number} === 1) die(path); },
      rename: (from, to) => { if (${number} === 2) die(to); return siteDisk.rename(from, to); } };
    const document = new SiteDocument({ file: ${JSON.stringify(file)}, data: ${JSON.stringify(data)}, disk, clock: systemClock,
      load: () => ({}) });
    await document.open();
    await document.change({ seen: '1', author: { kind: 'page', name: 'anna' }, why: '', edit: (old) => old + '# more\\n' });`;
  const { signal } = spawnSync(process.execPath, ['--input-type=module-typescript', '-e', code], {
    cwd: fileURLToPath(new URL('.', import.meta.url)),
  });
  expect(signal).toBe('SIGKILL');
  const after = await open();
  expect(after.newest).toMatchObject({ number, author: { kind: number === 2 ? 'page' : 'file' } });
  expect(readFileSync(file, 'utf8')).toBe(number === 2 ? `${text}# more\n` : text);
  expect(readdirSync(folder).sort()).toEqual(['secrets.yaml', 'site.yaml', 'site.yaml.history']);
  expect(readdirSync(`${file}.history`)).not.toContain('next.yaml');
});

test('the newest hundred revisions are kept, and fewer where their documents are large', async () => {
  const small = rig();
  small.before(...Array.from({ length: 103 }, (_, n) => `${text}# ${n}\n`));
  const document = await small.open(unchecked);
  expect(await document.change({ seen: '103', author: anna, why: '', edit: critical })).toHaveProperty('revision');
  expect([small.history().length, small.history()[0]]).toEqual([100, '000005.yaml']);
  expect(await document.read('4')).toBeUndefined();

  const large = rig();
  large.before(...Array.from({ length: 5 }, (_, n) => `${text}# ${n} ${'x'.repeat(3_900_000)}\n`));
  const again = await large.open(unchecked);
  expect(await again.change({ seen: '5', author: anna, why: '', edit: () => text })).toHaveProperty('revision');
  expect(large.history()).toEqual(['000002.yaml', '000003.yaml', '000004.yaml', '000005.yaml', '000006.yaml']);
});

test('a damaged revision is skipped and reported, and its number is not given again', async () => {
  const { open, file } = rig();
  const document = await open();
  await document.change({ seen: '1', author: anna, why: '', edit: critical });
  const record = `${file}.history/000002.yaml`;
  writeFileSync(record, 'torn');
  const again = await open();
  expect(again.problems()).toEqual([expect.stringContaining('000002.yaml is damaged')]);
  expect(again.newest).toMatchObject({ number: 3, author: { kind: 'file' } });
});

test('a link stays a link, and its target is saved with its mode', async () => {
  const { open, file, folder } = rig();
  mkdirSync(join(folder, 'dotfiles'));
  const target = join(folder, 'dotfiles/site.yaml');
  renameSync(file, target);
  chmodSync(target, 0o640);
  symlinkSync('dotfiles/site.yaml', file);
  const document = await open();
  expect(await document.change({ seen: '1', author: anna, why: '', edit: critical })).toHaveProperty('revision');
  expect(lstatSync(file).isSymbolicLink()).toBe(true);
  expect(readFileSync(target, 'utf8')).toBe(critical(text));
  expect([target, `${target}.history/000002.yaml`].map((path) => statSync(path).mode & 0o777)).toEqual([0o640, 0o640]);
  expect(statSync(`${target}.history`).mode & 0o777).toBe(0o750);
});

const isRoot = process.geteuid?.() === 0;

test('a file in a folder that takes no new file is saved, and its revisions are kept with the data', async ({
  skip,
}) => {
  if (!isRoot) return skip('mounts need root');
  if (spawnSync('unshare', ['-m', 'true']).status !== 0) return skip('this machine lets nobody mount in a namespace');
  const { file, folder, data } = rig();
  const etc = join(folder, 'etc');
  for (const made of [etc, data]) mkdirSync(made);
  writeFileSync(join(etc, 'site.yaml'), '');
  const here = (name: string) => JSON.stringify(fileURLToPath(new URL(name, import.meta.url)));
  const code = `import { SiteDocument } from ${here('./document.ts')}; import { systemClock } from '@forpost/shared/clock.ts';
    const document = new SiteDocument({ file: ${JSON.stringify(join(etc, 'site.yaml'))}, data: ${JSON.stringify(data)}, clock: systemClock, load: () => ({}) });
    await document.open();
    const changed = await document.change({ seen: '1', author: { kind: 'page', name: 'anna' }, why: '', edit: (old) => old + '# more\\n' });
    console.log(changed.revision?.number, JSON.stringify(changed.problems ?? document.problems()));`;
  const script = [
    ...['set -e', 'mount --make-rprivate /', `mount --bind "${etc}" "${etc}"`, `mount -o remount,bind,ro "${etc}"`],
    ...[`mount --bind "${file}" "${etc}/site.yaml"`, `"${process.execPath}" --input-type=module-typescript -e "$CODE"`],
  ].join('\n');
  const { stdout, stderr } = spawnSync('unshare', ['-m', 'bash', '-c', script], {
    cwd: fileURLToPath(new URL('.', import.meta.url)),
    encoding: 'utf8',
    env: { ...process.env, CODE: code },
  });
  expect([stdout, stderr]).toEqual(['2 []\n', '']);
  expect(readFileSync(file, 'utf8')).toBe(`${text}# more\n`);
  expect(readdirSync(join(data, 'site-history')).sort()).toEqual(['000001.yaml', '000002.yaml']);
});

test('a disk that takes no writes stops no start, and says so', async () => {
  const { open, file } = rig();
  const full = Object.assign(new Error('no space left on device'), { code: 'ENOSPC' });
  const fails = () => Promise.reject(full);
  const { siteDisk } = await import('./disk.ts');
  const document = await open({ disk: { ...siteDisk, makeFolder: fails, replace: fails } });
  expect(document.newest).toMatchObject({ number: 1, sha256: sha256Of(text) });
  expect(document.problems()).toEqual([expect.stringContaining('no space left')]);
  expect(await document.change({ seen: '1', author: anna, why: '', edit: critical })).toEqual({
    problems: ['no space left on device'],
  });
  expect(existsSync(`${file}.history`)).toBe(false);
});

test('the line ends and the byte order mark of Windows stay, also in the history', async () => {
  const windows = `\ufeff${text.replaceAll('\n', '\r\n')}`;
  const { open, read } = rig(windows);
  const document = await open();
  const edit = (old: string) =>
    withScene(old, 'yard', {
      zones: [
        {
          id: 'drive',
          points: [
            [0, 0],
            [1, 0],
            [1, 1],
          ],
        },
      ],
      lines: [],
      masks: [],
      motion_masks: [],
    });
  expect(await document.change({ seen: '1', author: anna, why: '', edit })).toHaveProperty('revision');
  expect(read().replaceAll('\r\n', '')).not.toContain('\n');
  expect(read().startsWith('\ufeff# the farm')).toBe(true);
  expect((await document.read('1'))?.text).toBe(windows);
});
