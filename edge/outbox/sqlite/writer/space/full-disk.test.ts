/** The outbox on a file system that is really full: a small tmpfs, which needs root on Linux. */
import { appendFileSync, copyFileSync, readdirSync, readFileSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { GapData } from '@forpost/shared/event/event.ts';
import { eventTypes } from '@forpost/shared/event/event.ts';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { mountSmallDisk, unmountSmallDisk, withoutSmallDisk } from '../../../../../test/harness/small-disk.ts';
import { unless } from '../../../../../test/harness/unless.ts';
import type { OutboxProblem, SqliteOutboxOptions } from '../../main/outbox-options.ts';
import type { SqliteOutbox } from '../../main/sqlite-outbox.ts';
import type { WriterData } from '../../messages.ts';
import { openReader } from '../../reader/sqlite-reader.ts';
import { draft, outboxIn, temporaryFolder } from '../../testing/test-support.ts';

const blockBytes = 4096;
const withoutDisk = withoutSmallDisk();
let folder: string;
let running: SqliteOutbox[];

beforeEach(() => {
  folder = temporaryFolder();
  running = [];
  if (withoutDisk === undefined) mountSmallDisk(folder, 'size=6m');
});

afterEach(async () => {
  for (const outbox of running) await outbox.stop();
  if (withoutDisk === undefined) unmountSmallDisk(folder);
  rmSync(folder, { recursive: true });
});

/** Waits for a condition, long enough for a busy machine. */
const soon = <T>(what: () => T) => expect.poll(what, { timeout: 10_000, interval: 10 });

async function started(change: Partial<SqliteOutboxOptions> = {}): Promise<SqliteOutbox> {
  const outbox = outboxIn(folder, { ...change, limits: { maxBytes: 2 ** 21, minFreeBytes: 0, ...change.limits } });
  running.push(outbox);
  await outbox.start();
  return outbox;
}

function freeBytes(): number {
  const { bavail, bsize } = statfsSync(folder);
  return bavail * bsize;
}

const filler = () => join(folder, 'filler');

/** Fills the disk except for a number of bytes. */
function fillBut(bytes: number): void {
  const wanted = Math.max(0, freeBytes() - bytes);
  appendFileSync(filler(), Buffer.alloc(wanted - (wanted % blockBytes), 1));
}

const damagedFiles = () =>
  readdirSync(folder).filter((name) => /damaged-[^.]*$/.test(name) && !/-(wal|shm)$/.test(name));

function gapsOf(outbox: SqliteOutbox): GapData[] {
  const reader = openReader(outbox.file);
  const gaps = reader.newest('alerts', 100).filter(({ type }) => type === eventTypes.gap);
  reader.close();
  return gaps.map(({ data }) => JSON.parse(data) as GapData).reverse();
}

/** Starts writers, and fills the space that each leaves before the next one starts. */
const withoutRoom = (attempts: { made: number; isFull: boolean }) => (workerData: WriterData) => {
  attempts.made++;
  if (attempts.isFull) fillBut(0);
  return new Worker(new URL('../writer.ts', import.meta.url), { workerData });
};

/** Overwrites the last pages of an outbox's file with nonsense. Returns the content of the file after that. */
function damage(file: string): Buffer {
  // a write by another connection empties the writer's page cache
  const db = new Database(file);
  db.exec('create table other (x)');
  db.pragma('wal_checkpoint(TRUNCATE)');
  db.close();
  const content = readFileSync(file).fill(0xa5, 200_000);
  writeFileSync(file, content);
  return content;
}

/** tables of later versions than the first */
const addedTables = [
  'holes',
  'sessions',
  'subscriptions',
  'queued',
  'inbound',
  'retained',
  'redeliveries',
  'reused_ids',
];

test('a short lack of disk space loses no acknowledged reading, and alarms are stored meanwhile', {
  ...unless(withoutDisk),
}, async () => {
  const outbox = await started({ limits: { maxBytes: 2 ** 24, shedAfterMs: 60_000 } });
  const long = JSON.stringify('x'.repeat(1000));
  let n = 0;
  const say = (lane: 'alerts' | 'telemetry' = 'telemetry') =>
    outbox.append({ events: [draft(n++, { data: long, lane })] }).then(
      () => true,
      () => false,
    );
  let acknowledged = 300;
  await outbox.append({ events: Array.from({ length: acknowledged }, () => draft(n++, { data: long })) });
  // each check of the disk lays a part of the ballast
  const look = () => outbox.append({ events: [draft(0, { lane: 'alerts' })] });
  await expect
    .poll(() => look().then(() => outbox.status().room.ballastBytes), { timeout: 10_000, interval: 300 })
    .toBe(2 ** 21);
  fillBut(0);
  while (await say()) acknowledged++;
  const alerts = await Promise.all(Array.from({ length: 20 }, () => say('alerts')));
  expect(alerts).not.toContain(false);
  expect(await say()).toBe(false);
  expect(outbox.status().room).toMatchObject({ diskFull: true, shedEvents: 0 });
  expect(outbox.status().problem).toMatch(/^the disk is full: alerts are stored, readings/);
  rmSync(filler());
  await soon(() => say()).toBe(true);
  expect(outbox.status().room).toMatchObject({ diskFull: false, shedEvents: 0, shedsInMs: null });
  expect(gapsOf(outbox)).toEqual([]);
  const reader = openReader(outbox.file);
  expect(reader.read(outbox.epoch, 'telemetry', 0, 10_000, 1e9)).toHaveLength(acknowledged + 1);
  reader.close();
});

test.each([
  ['found at the start, and the ballast frees the space', false, true],
  ['found at the start, and a person frees space later', false, false],
  ['found in use, and the ballast frees the space', true, true],
  ['found in use, and a person frees space later', true, false],
])(
  'a damaged file stays in place while the disk has no space for the next one: %s',
  unless(withoutDisk),
  async (_, inUse, hasBallast) => {
    const attempts = { made: 0, isFull: false };
    const problems: OutboxProblem[] = [];
    const watched = {
      startWriter: withoutRoom(attempts),
      onProblem: (problem: OutboxProblem) => problems.push(problem),
    };
    const first = await started();
    const long = JSON.stringify('x'.repeat(1000));
    await first.append({ events: Array.from({ length: 300 }, (_, n) => draft(n, { data: long })) });
    await first.stop();
    let outbox = await started(watched);
    await outbox.append({ events: [draft(300)] });
    const { epoch } = outbox;
    if (!inUse) await outbox.stop();
    const content = damage(outbox.file);
    if (!hasBallast) rmSync(join(folder, 'outbox.db.ballast'));
    fillBut(0);
    Object.assign(attempts, { made: 0, isFull: true });
    if (inUse) await expect(outbox.append({ events: [draft(301)] })).rejects.toThrow();
    else outbox = await started(watched);
    if (!hasBallast) await soon(() => attempts.made).toBeGreaterThan(2);
    attempts.isFull = false;
    rmSync(filler());
    await soon(() =>
      outbox.append({ events: [draft(302)] }).then(
        () => 'stored',
        () => 'refused',
      ),
    ).toBe('stored');
    expect(damagedFiles().length).toBe(1);
    const aside = join(folder, damagedFiles()[0]!);
    expect(readFileSync(aside).equals(content)).toBe(true);
    expect(problems).toMatchObject([{ kind: 'put-aside', files: [aside] }]);
    // the readable events are kept, and gap records name the others
    const reader = openReader(outbox.file);
    const named = gapsOf(outbox).filter(({ lane }) => lane === 'telemetry');
    const saved = [first.epoch, epoch].map((one) => reader.read(one, 'telemetry', 0, 1000, 1e9).length);
    reader.close();
    const lost = [first.epoch, epoch].map((one) =>
      named.filter((gap) => gap.epoch === one).reduce((sum, { count }) => sum + count, 0),
    );
    expect(saved[0]).toBeGreaterThan(20);
    expect(saved.map((count, n) => count + lost[n]!)).toEqual([300, 1]);
  },
);

test('wherever the disk becomes full during the migration of an older file, nothing is lost, and the migration continues with space', {
  ...unless(withoutDisk),
  timeout: 60_000,
}, async () => {
  const first = await started();
  await first.append({ events: [draft(1), draft(2)] });
  await first.stop();
  const old = new Database(first.file);
  for (const name of addedTables) old.exec(`drop table ${name}`);
  old.exec('alter table recent drop column content');
  old.exec('update meta set schema = 1');
  old.close();
  const beside = temporaryFolder();
  const kept = join(beside, 'outbox.db');
  copyFileSync(first.file, kept);
  for (const blocks of [0, 2, 8, 20, 40]) {
    for (const name of readdirSync(folder)) rmSync(join(folder, name));
    copyFileSync(kept, first.file);
    fillBut(blocks * blockBytes);
    const outbox = await started();
    const outcome = await outbox.append({ events: [draft(3)] }).catch((error: { code: string }) => error.code);
    if (typeof outcome === 'string') expect([blocks, outcome]).toEqual([blocks, 'FORPOST_OUTBOX_FULL']);
    rmSync(filler());
    await soon(() =>
      outbox.append({ events: [draft(4)] }).then(
        () => 'stored',
        () => 'refused',
      ),
    ).toBe('stored');
    const reader = openReader(outbox.file);
    const numbers = reader.read(first.epoch, 'telemetry', 0, 10, 1e6).map(({ sequence }) => sequence);
    reader.close();
    expect([blocks, numbers, damagedFiles()]).toEqual([blocks, [1, 2], []]);
    await outbox.stop();
  }
  rmSync(beside, { recursive: true });
});
