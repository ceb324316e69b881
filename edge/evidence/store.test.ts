import { createHash } from 'node:crypto';
import { mkdtemp, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FakeClock } from '@forpost/shared/clock.ts';
import { silentLogger } from '@forpost/shared/logging.ts';
import { afterEach, expect, test } from 'vitest';
import { type EvidenceLimits, type EvidenceRecord, EvidenceStore } from './store.ts';

const dayMs = 86_400_000;
const folders: string[] = [];
afterEach(() => Promise.all(folders.splice(0).map((folder) => rm(folder, { recursive: true, force: true }))));

async function rig(limits: Partial<EvidenceLimits> = {}) {
  const folder = await mkdtemp(join(tmpdir(), 'forpost-evidence-'));
  folders.push(folder);
  const clock = new FakeClock();
  const world = { synced: true };
  const open = async () => {
    const store = new EvidenceStore({
      folder,
      limits: { maxBytes: 1000, keepAlarmsMs: 30 * dayMs, keepChatterMs: 3 * dayMs, minFreeBytes: 0, ...limits },
      clock,
      quality: () => (world.synced ? 'synced' : 'unsynced'),
      logger: silentLogger(),
    });
    await store.start();
    return store;
  };
  let made = 0;
  const add = async (store: EvidenceStore, more: Partial<EvidenceRecord> = {}, bytes = 100) => {
    const id = (++made).toString(16).padStart(16, '0');
    const content = Buffer.alloc(bytes, made);
    await writeFile(join(store.newFolder, `${id}.jpg`), content);
    const record: EvidenceRecord = {
      id,
      kind: 'picture',
      media: 'image/jpeg',
      size: bytes,
      time: clock.now(),
      clock: 'synced',
      sha256: createHash('sha256').update(content).digest('hex'),
      camera: 'yard',
      alarms: [`a/${made}`],
      worth: 'alarm',
      ...more,
    };
    return { id, kept: await store.add(`${id}.jpg`, record) };
  };
  return { folder, clock, world, open, add };
}

const ids = (store: EvidenceStore) => store.list(100).map(({ id }) => Number.parseInt(id, 16));

test('kept evidence is there after a restart, newest first, by alarm', async () => {
  const { open, add } = await rig();
  const before = await open();
  for (let i = 0; i < 3; i++) await add(before);
  await before.stop();
  const after = await open();
  expect(ids(after)).toEqual([3, 2, 1]);
  expect(after.bytes).toBe(300);
  expect(after.list(10, 'a/2').map(({ id }) => Number.parseInt(id, 16))).toEqual([2]);
  await after.stop();
});

test('a folder that cannot be used at the start is used as soon as it can be', async () => {
  const { folder, clock, open, add } = await rig();
  const before = await open();
  await add(before);
  await before.stop();
  const away = `${folder}-away`;
  folders.push(away);
  await rename(folder, away);
  await writeFile(folder, 'no folder');
  const store = await open();
  expect(store.problem).toContain('cannot be kept');
  await rm(folder);
  await rename(away, folder);
  clock.advance(60_000);
  await expect.poll(() => store.problem).toBe('');
  expect(ids(store)).toEqual([1]);
  expect((await add(store)).kept).toBe(true);
  await store.stop();
});

test('the next start deletes what a kill left half done, and nothing else', async () => {
  const { folder, open, add } = await rig();
  const before = await open();
  await add(before);
  await before.stop();
  // killed between the file's move and its JSON, while the JSON was written, while it was deleted, and in new/
  await writeFile(join(folder, 'aaaaaaaaaaaaaaaa.jpg'), 'x');
  await writeFile(join(folder, 'bbbbbbbbbbbbbbbb.mp4'), 'x');
  await writeFile(join(folder, 'bbbbbbbbbbbbbbbb.json.next'), '{"id":');
  await writeFile(join(folder, 'cccccccccccccccc.json'), '{"id":');
  await writeFile(join(folder, 'new', 'dddddddddddddddd.jpg'), 'x');
  await writeFile(join(folder, 'somebody-elses.txt'), 'x');
  const after = await open();
  expect(ids(after)).toEqual([1]);
  expect((await readdir(folder)).sort()).toEqual([
    '0000000000000001.jpg',
    '0000000000000001.json',
    'new',
    'somebody-elses.txt',
  ]);
  expect(await readdir(join(folder, 'new'))).toEqual([]);
  await after.stop();
});

test('without room, chatter is deleted before evidence of alarms, and older pieces before newer ones', async () => {
  const { open, add } = await rig({ maxBytes: 350 });
  const store = await open();
  await add(store);
  await add(store, { worth: 'chatter' });
  await add(store);
  await add(store);
  expect(ids(store)).toEqual([4, 3, 1]);
  await add(store);
  expect(ids(store)).toEqual([5, 4, 3]);
  expect(store.bytes).toBe(300);
  expect((await add(store, {}, 400)).kept).toBe(false);
  expect(store.problem).toMatch(/too large/);
  // a piece that never fits deletes no other one
  expect(ids(store)).toEqual([5, 4, 3]);
  expect(store.figures()).toEqual({
    bytes: 300,
    items: 3,
    maxBytes: 350,
    droppedForAge: 0,
    droppedForRoom: 2,
    notKept: 1,
  });
  await store.stop();
});

test('chatter is kept for days and evidence of alarms for a month; a piece of an unsynced clock has no age', async () => {
  const { open, add, clock, world } = await rig();
  const store = await open();
  await add(store);
  await add(store, { worth: 'chatter' });
  await add(store, { worth: 'chatter', clock: 'unsynced', time: 0 });
  clock.jump(4 * dayMs);
  world.synced = false;
  await add(store);
  expect(ids(store)).toEqual([4, 3, 2, 1]);
  world.synced = true;
  await add(store);
  expect(ids(store)).toEqual([5, 4, 3, 1]);
  clock.jump(28 * dayMs);
  await add(store);
  expect(ids(store)).toEqual([6, 5, 4, 3]);
  expect(store.figures()).toMatchObject({ items: 4, droppedForAge: 2, droppedForRoom: 0 });
  await store.stop();
});

test('on a nearly full disk no more pictures are kept, and the page says so', async () => {
  const { open, add, folder } = await rig({ minFreeBytes: Number.MAX_SAFE_INTEGER });
  const store = await open();
  expect((await add(store)).kept).toBe(false);
  expect(store.problem).toMatch(/disk is full/);
  expect(await readdir(join(folder, 'new'))).toEqual([]);
  await store.stop();
});
