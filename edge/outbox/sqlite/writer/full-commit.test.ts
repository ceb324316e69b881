/**
 * One commit on a disk that becomes full at each of its blocks in turn. So few pages are in memory that SQLite writes
 * to the log long before the commit. SQLITE_FULL then occurs in the middle of a statement, and SQLite may roll back the
 * whole transaction (https://sqlite.org/lang_transaction.html, "Response To Errors Within A Transaction"). The test
 * needs a small tmpfs, and therefore root on Linux.
 */
import { copyFileSync, existsSync, mkdirSync, readdirSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { systemClock } from '@forpost/shared/clock.ts';
import { asId } from '@forpost/shared/event/ids.ts';
import Database from 'better-sqlite3';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { mountSmallDisk, unmountSmallDisk, withoutSmallDisk } from '../../../../test/harness/small-disk.ts';
import { unless } from '../../../../test/harness/unless.ts';
import type { StateChange } from '../../../mqtt-state/mqtt-state.ts';
import { InHand } from '../../in-hand.ts';
import type { EventDraft, OutboxEntry } from '../../outbox.ts';
import { CommitQueue } from '../main/commit-queue.ts';
import type { Acknowledgement, Batch, FromWriter, WriterData } from '../messages.ts';
import { draft, sink, temporaryFolder } from '../testing/test-support.ts';
import { FileWriter } from './file-writer.ts';
import { FileDisk } from './writer-disk.ts';

const cachePages = 5;
const blockBytes = 4096;
const epochs = { older: '00000000000000aa', own: '00000000000000bb' } as const;
const stamp = { received: 1_700_000_000_000, uptime: 1, clock: 'synced', boot: 'boot-1' } as const;
const maxBytes = 320 * 1024;
const outside = temporaryFolder();
const small = join(outside, 'small');
mkdirSync(small);
const prepared = join(outside, 'prepared.db');
const filler = join(small, 'filler');
const withoutDisk = withoutSmallDisk();
if (withoutDisk === undefined) mountSmallDisk(small, 'size=3m');
let running: Opened | undefined;

class SmallCacheDisk extends FileDisk {
  override open(): Database.Database {
    const db = super.open();
    db.pragma(`cache_size = ${cachePages}`);
    return db;
  }
}

interface Opened {
  readonly writer: FileWriter;
  readonly said: FromWriter[];
  readonly stop: () => void;
}

/** A writer on the small disk that has just opened the file. */
function opened(epoch: string, ballastBytes: number): Opened {
  const file = join(small, 'outbox.db');
  const said: FromWriter[] = [];
  const data: WriterData = {
    file,
    sinks: [sink],
    limits: { maxBytes, keepDeliveredMs: 0, minFreeBytes: 0, ballastBytes, shedAfterMs: 0 },
    epoch,
    stamp: 'now',
    damage: null,
    putAside: null,
    stampNow: stamp,
    inHand: InHand.for(1).buffer,
    recall: true,
  };
  const disk = new SmallCacheDisk(file, ballastBytes, 'now');
  const writer = new FileWriter(data, disk, { uptime: systemClock.uptime }, (message) => said.push(message));
  expect(writer.open()).toBe(true);
  said.length = 0;
  running = { writer, said, stop: () => void writer.handle({ kind: 'stop' }) };
  return running;
}

const text = 'x'.repeat(900);
const reading = (n: number): EventDraft =>
  draft(n, { data: `{"n":${n},"text":"${text}"}`, resendId: `id-${n}`, time: stamp.received + n });
const session: readonly StateChange[] = [
  { kind: 'session', session: 1, client: 'panel', absentMs: 1000 },
  { kind: 'subscribed', session: 1, filter: 'a/#', qos: 1 },
  {
    kind: 'queued',
    session: 1,
    message: 1,
    topic: 'a/b',
    payload: Buffer.alloc(9000, 1),
    qos: 1,
    messageId: null,
    released: false,
  },
  { kind: 'received', session: 1, messageId: 7 },
];

/** A batch with every kind of content. */
function entries(from: number, count: number): OutboxEntry[] {
  return Array.from({ length: count }, (_, i): OutboxEntry => {
    const n = from + i;
    const alert = draft(n, { lane: 'alerts', type: 'forpost.alert.v1', resendId: `alert-${n}` });
    const letter = { device: asId<'device'>('meter'), topic: 't', received: n, reason: 'unreadable' };
    return {
      events: i % 5 === 0 ? [alert, reading(n)] : [reading(n)],
      ...(i % 8 === 0 ? { deadLetter: { ...letter, payload: Buffer.alloc(2000, 2) } } : {}),
      publish: {
        redelivery: { client: 1, messageId: n + 1, hash: n },
        changes: [{ kind: 'retained', topic: `r/${n % 3}`, payload: Buffer.alloc(500, n), qos: 1, owner: 'meter' }],
      },
    };
  });
}

function batchOf(handed: readonly OutboxEntry[], more: Partial<Batch> = {}): Batch {
  const queue = new CommitQueue(1000, 2 ** 24);
  for (const entry of handed) queue.add(entry).catch(() => undefined);
  return { ...queue.nextBatch(stamp).batch, changes: { replacesState: false, changes: [] }, ...more };
}

const acknowledgements: readonly Acknowledgement[] = [
  { sink, epoch: asId(epochs.older), lane: 'telemetry', through: 20 },
];
/** A commit that moves a cursor, sheds, and fills each table. */
const large = batchOf(entries(1000, 24), { acknowledgements, changes: { replacesState: true, changes: session } });
const next = batchOf(entries(2000, 5));

/** The content of the file after a kill at this moment. */
function afterKill(): Record<string, unknown[]> {
  const copy = join(outside, 'copy.db');
  for (const suffix of ['', '-wal', '-shm']) {
    rmSync(copy + suffix, { force: true });
    const file = join(small, `outbox.db${suffix}`);
    if (suffix !== '-shm' && existsSync(file)) copyFileSync(file, copy + suffix);
  }
  const db = new Database(copy);
  expect(db.pragma('integrity_check', { simple: true })).toBe('ok');
  const names = db.prepare<[], string>(`select name from sqlite_schema where type = 'table' order by name`).pluck();
  const found = Object.fromEntries(names.all().map((name) => [name, db.prepare(`select * from ${name}`).all()]));
  db.close();
  return found;
}

/** Fills the disk except for a number of blocks. */
function fillBut(blocks: number): void {
  const { bavail, bsize } = statfsSync(small);
  expect(bsize).toBe(blockBytes);
  writeFileSync(filler, Buffer.alloc(Math.max(0, bavail - blocks) * blockBytes, 1));
}

function begin(ballastBytes: number): Opened {
  for (const name of readdirSync(small)) rmSync(join(small, name));
  copyFileSync(prepared, join(small, 'outbox.db'));
  const begun = opened(epochs.own, ballastBytes);
  // the ballast exists
  commit(begun, batchOf([]));
  return begun;
}

function commit({ writer, said }: Opened, batch: Batch): FromWriter {
  expect(writer.handle({ kind: 'commit', batch })).toBe(true);
  const [answer] = said.splice(0);
  if (answer === undefined) throw new Error('no answer');
  return answer;
}

function committed(one: Opened, batch: Batch): object {
  const answer = commit(one, batch);
  if (answer.kind !== 'committed') throw new Error(JSON.stringify(answer));
  const { stored, repeated, refused } = answer.outcome;
  return { stored, repeated, refused };
}

beforeAll(() => {
  if (withoutDisk !== undefined) return;
  const first = opened(epochs.older, 0);
  committed(first, batchOf(entries(0, 100)));
  first.stop();
  copyFileSync(join(small, 'outbox.db'), prepared);
});

afterEach(() => running?.stop());

afterAll(() => {
  if (withoutDisk === undefined) unmountSmallDisk(small);
  rmSync(outside, { recursive: true });
});

/** The device's own ids of the stored events of this epoch. */
const idsIn = (found: Record<string, unknown[]>) =>
  (found.events as { epoch: string; type: string; data: string }[])
    .filter(({ epoch, type }) => epoch === epochs.own && type === 'forpost.reading.v1')
    .map(({ data }) => (JSON.parse(data) as { n: number }).n);

test(
  'wherever in a commit the disk becomes full, the commit stores nothing, and is stored whole once there is space',
  unless(withoutDisk),
  () => {
    // the content if the disk is never full
    const roomy = begin(0);
    const outcomes = [committed(roomy, next), committed(roomy, large)];
    const wanted = afterKill();
    roomy.stop();
    expect(wanted.holes).not.toEqual([]);

    let failures = 0;
    for (; ; failures++) {
      const one = begin(0);
      const before = afterKill();
      fillBut(failures);
      const answer = commit(one, large);
      if (answer.kind === 'committed') break;
      expect(answer).toMatchObject({ kind: 'commit-failed', code: 'FORPOST_OUTBOX_FULL', corrupt: false });
      expect([failures, afterKill()]).toEqual([failures, before]);
      rmSync(filler);
      expect([failures, committed(one, next), committed(one, large)]).toEqual([failures, ...outcomes]);
      expect([failures, afterKill()]).toEqual([failures, wanted]);
      one.stop();
    }
    // the log has grown before the commit
    expect(failures).toBeGreaterThan(4 * cachePages);
  },
);

test(
  'wherever in a commit the disk becomes full, the writer reports exactly what it has stored in the space of the ballast',
  unless(withoutDisk),
  () => {
    const counts = { failed: 0, inBallast: 0 };
    for (let blocks = 0; ; blocks += 3) {
      const one = begin(16 * blockBytes);
      const before = afterKill();
      fillBut(blocks);
      const answer = commit(one, large);
      if (answer.kind !== 'committed') {
        counts.failed++;
        expect([blocks, afterKill()]).toEqual([blocks, before]);
      } else {
        const { refused, state } = answer.outcome;
        if (!state.room.diskFull) break;
        counts.inBallast++;
        const stored = large.counts.flatMap((_, entry) => (refused.includes(entry) ? [] : [1000 + entry]));
        expect([blocks, idsIn(afterKill())]).toEqual([blocks, stored]);
      }
      rmSync(filler);
      expect([blocks, committed(one, next)]).toMatchObject([blocks, { refused: [], repeated: [] }]);
      one.stop();
    }
    expect(counts.failed).toBeGreaterThan(2);
    expect(counts.inBallast).toBeGreaterThan(2);
  },
);
