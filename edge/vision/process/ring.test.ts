import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FakeClock } from '@forpost/shared/clock.ts';
import { afterEach, expect, test } from 'vitest';
import { Ring } from './ring.ts';
import { memoryRoots, removeOwn, removeRings, ringFolder, ringPath } from './ring-folder.ts';

const folders: string[] = [];
afterEach(() => Promise.all(folders.splice(0).map((folder) => rm(folder, { recursive: true, force: true }))));

async function temporary(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'forpost-ring-'));
  folders.push(folder);
  return folder;
}

async function rig(maxBytes = 10_000) {
  const folder = await temporary();
  const clock = new FakeClock();
  const ring = new Ring({ folder, keepMs: 10_000, maxBytes, clock });
  const write = (pattern: string, index: number, bytes: number) =>
    writeFile(pattern.replace('%08d', String(index).padStart(8, '0')), Buffer.alloc(bytes));
  /** plays ffmpeg: a segment every two seconds, looked at twice a second */
  const record = async (pattern: string, from: number, count: number, bytes = 100) => {
    for (let index = from; index < from + count; index++) {
      await write(pattern, index, bytes);
      for (let i = 0; i < 4; i++) {
        ring.refresh();
        clock.advance(500);
      }
    }
  };
  return { folder, clock, ring, write, record };
}

test('a clip consists of the segments around a moment, all from one run of ffmpeg', async () => {
  const { ring, record, clock } = await rig();
  const before = ring.begin();
  await record(before.pattern, 0, 2);
  const { pattern } = ring.begin();
  const began = clock.uptime();
  await record(pattern, 0, 3);
  const names = ring.covering(began - 3_000, began + 3_000).map(({ file }) => file.slice(-19));
  expect(names).toEqual(['000002-00000000.mp4', '000002-00000001.mp4']);
  expect(ring.covering(began - 3_000, began - 1_000).map(({ file }) => file.slice(-19))).toEqual([
    '000001-00000000.mp4',
    '000001-00000001.mp4',
  ]);
  expect(ring.reaches(began + 3_000)).toBe(true);
  expect(ring.reaches(began + 9_000)).toBe(false);
});

test('segments that are too old are deleted, unless a clip still waits for them', async () => {
  const { ring, record, folder } = await rig();
  const { pattern } = ring.begin();
  const first = join(folder, '000001-00000000.mp4');
  const release = ring.hold();
  await record(pattern, 0, 9);
  expect(existsSync(first)).toBe(true);
  release();
  await record(pattern, 9, 1);
  expect(existsSync(first)).toBe(false);
  expect(ring.bytes).toBeLessThanOrEqual(8 * 100);
});

test('the ring never exceeds its limit of bytes, even if a clip waits; a single segment that is too large is emptied', async () => {
  const { ring, record, write, folder, clock } = await rig(350);
  ring.hold();
  const { pattern } = ring.begin();
  await record(pattern, 0, 5);
  expect(ring.bytes).toBeLessThanOrEqual(350);
  expect(existsSync(join(folder, '000001-00000004.mp4'))).toBe(true);
  await write(pattern, 5, 100_000);
  const from = clock.uptime() - 100;
  ring.refresh();
  expect((await stat(join(folder, '000001-00000005.mp4'))).size).toBe(0);
  clock.advance(2_000);
  expect(ring.covering(from, clock.uptime())).toEqual([]);
});

const inMemory = () => ({ type: 0x01021994, bavail: 100_000, bsize: 4096 });

test('without a usable /dev/shm the ring goes to the next place in memory, and never to a disk', async () => {
  const [small, disk, good] = [await temporary(), await temporary(), await temporary()];
  const statfs = (path: string) => ({
    type: path === disk ? 0xef53 : 0x01021994,
    bavail: path === small ? 256 : 100_000,
    bsize: 4096,
  });
  const roots = [join(small, 'none'), small, disk, good];
  const known = (path: string) => {
    if (path === roots[0]) throw Object.assign(new Error('no such file'), { code: 'ENOENT' });
    return statfs(path);
  };
  expect(ringFolder('here', 2, roots, known)).toMatchObject({ path: ringPath('here', good) });
  expect(ringFolder('here', 2, roots.slice(0, 3), known)).toEqual({
    problem: expect.stringMatching(
      /^no clips are recorded: \S+none is not there; \S+ has 1 MB free; \S+ is not in memory\. Give .*--shm-size/,
    ),
  });
  expect(existsSync(ringPath('here', disk))).toBe(false);
  removeRings('here', roots);
  expect(existsSync(ringPath('here', good))).toBe(false);
});

test('systemd’s and the user’s runtime folders are places in memory', () => {
  expect(memoryRoots({ RUNTIME_DIRECTORY: '/run/forpost:/run/other', XDG_RUNTIME_DIR: '/run/user/7' })).toEqual([
    '/dev/shm',
    '/run/forpost',
    '/run/other',
    '/run/user/7',
    '/run',
    tmpdir(),
  ]);
});

test('only this user can open the ring’s folder; an existing folder is emptied, or not used if it belongs to others', async () => {
  const root = await temporary();
  const made = ringFolder('here', 2, [root], inMemory);
  if ('problem' in made) throw new Error(made.problem);
  expect((await stat(made.path)).mode & 0o777).toBe(0o700);
  await writeFile(join(made.path, 'left'), 'x');
  ringFolder('here', 2, [root], inMemory);
  expect(existsSync(join(made.path, 'left'))).toBe(false);
  removeOwn(made.path);
  expect(existsSync(made.path)).toBe(false);
  // another user put a link in the folder's place
  const elsewhere = join(root, 'elsewhere');
  await mkdir(elsewhere);
  await writeFile(join(elsewhere, 'kept'), 'x');
  await symlink(elsewhere, ringPath('here', root));
  expect(ringFolder('here', 2, [root], inMemory)).toMatchObject({
    problem: expect.stringContaining('not a folder of this user'),
  });
  expect(existsSync(join(elsewhere, 'kept'))).toBe(true);
});
