import { spawn } from 'node:child_process';
import { EventEmitter, once } from 'node:events';
import { existsSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { FakeClock, systemClock } from '@forpost/shared/clock.ts';
import { eventTypes, type GapData } from '@forpost/shared/event/event.ts';
import { asId } from '@forpost/shared/event/ids.ts';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Change } from '../../../mqtt-state/mqtt-state.ts';
import { forgoneReason } from '../../gap.ts';
import type { ToWriter } from '../messages.ts';
import { openReader } from '../reader/sqlite-reader.ts';
import { schemaVersion } from '../sql/schema.ts';
import { draft, outboxIn, sink, temporaryFolder } from '../testing/test-support.ts';
import type { OutboxProblem, SqliteOutboxOptions } from './outbox-options.ts';
import type { SqliteOutbox } from './sqlite-outbox.ts';

/** Waits for a condition; a machine that is busy may take its time. */
const soon = <T>(what: () => T) => expect.poll(what, { timeout: 10_000, interval: 10 });

/** of later versions than the first */
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
/** `recent` as version 1 had it */
const oldRecent = `alter table recent drop column content`;

let folder: string;
let running: SqliteOutbox[];

beforeEach(() => {
  folder = temporaryFolder();
  running = [];
});

afterEach(async () => {
  for (const outbox of running) await outbox.stop();
  rmSync(folder, { recursive: true, force: true });
});

async function started(change: Partial<SqliteOutboxOptions> = {}): Promise<SqliteOutbox> {
  const outbox = outboxIn(folder, change);
  running.push(outbox);
  await outbox.start();
  return outbox;
}

/** All that can be read of a lane. */
function everything(file: string, epoch: string, lane: 'alerts' | 'telemetry' = 'telemetry') {
  const reader = openReader(file);
  const events = reader.read(asId(epoch), lane, 0, 1_000_000, 1e9);
  reader.close();
  return events;
}

test('what was confirmed before a kill -9 is there, in order and without gaps, and its resends add nothing', async () => {
  const child = spawn(
    process.execPath,
    [fileURLToPath(new URL('../testing/appending-child.ts', import.meta.url)), folder],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  const lines: string[] = [];
  for await (const line of createInterface({ input: child.stdout })) {
    lines.push(line);
    if (lines.length === 500) child.kill('SIGKILL');
  }
  const [epoch, ...confirmed] = lines;
  const file = join(folder, 'outbox.db');
  // before anyone has opened it for writing: a reader alone recovers it
  const events = everything(file, epoch!);
  expect(events.map(({ sequence }) => sequence)).toEqual(events.map((_, i) => i + 1));
  expect(events.map(({ data }) => data)).toEqual(events.map((_, i) => draft(i).data));
  expect(events.length).toBeGreaterThanOrEqual(Math.max(...confirmed.map(Number)) + 1);
  const outbox = await started();
  const resent = await Promise.all(
    events.map((_, i) => outbox.append({ events: [draft(i, { resendId: `id-${i}` })] })),
  );
  expect(resent.every(({ stored, repeated }) => stored === 0 && repeated === 1)).toBe(true);
  expect(outbox.epoch).not.toBe(epoch);
  expect(outbox.status().starts).toBe(2);
});

test('a damaged database is put aside with its log, a new one is begun, and somebody is told', async () => {
  const first = await started();
  await first.append({ events: [draft(1)] });
  await first.stop();
  writeFileSync(first.file, 'this is no database, it is a poem');
  writeFileSync(`${first.file}-wal`, 'nor is this a log');
  const problems: OutboxProblem[] = [];
  const second = await started({ onProblem: (problem) => problems.push(problem) });
  expect(problems).toMatchObject([{ kind: 'put-aside' }]);
  const aside = readdirSync(folder).filter((name) => name.includes('damaged'));
  expect(aside.some((name) => readFileSync(join(folder, name), 'utf8').includes('a poem'))).toBe(true);
  expect(readFileSync(second.file, 'latin1').startsWith('SQLite format 3')).toBe(true);
  await second.append({ events: [draft(2)] });
  expect(everything(second.file, second.epoch).length).toBe(1);
  // it goes on counting: what is known apart from the file says how often it was started
  expect(second.status().starts).toBe(2);
});

test('a database that is found damaged while in use is put aside then, and the outbox goes on', async () => {
  const problems: OutboxProblem[] = [];
  const outbox = await started({ onProblem: (problem) => problems.push(problem) });
  await outbox.append({ events: [draft(1)] });
  const reader = openReader(outbox.file);
  expect(reader.backlog(sink).length).toBe(1);
  const first = outbox.epoch;
  // a write of another connection makes the writer forget its cached pages; then all but the first are overwritten
  const db = new Database(outbox.file);
  db.exec('create table other (x)');
  db.pragma('wal_checkpoint(TRUNCATE)');
  db.close();
  const content = readFileSync(outbox.file);
  writeFileSync(outbox.file, Buffer.concat([content.subarray(0, 4096), Buffer.alloc(content.length - 4096, 0xa5)]));
  await expect(outbox.append({ events: [draft(2)] })).rejects.toMatchObject({ code: 'FORPOST_OUTBOX_FAILED' });
  await soon(() => outbox.append({ events: [draft(3)] })).toEqual({ stored: 1, repeated: 0 });
  expect(problems.map(({ kind }) => kind)).toEqual(['put-aside']);
  expect(outbox.epoch).not.toBe(first);
  // the reader, too, goes over to the new file
  expect(reader.backlog(sink).find(({ lane }) => lane === 'telemetry')).toMatchObject({
    epoch: outbox.epoch,
    assigned: 1,
  });
  reader.close();
});

test('a database of a newer version is refused and left as it is', async () => {
  const first = await started();
  await first.stop();
  const db = new Database(first.file);
  db.exec('update meta set schema = 99');
  db.close();
  await expect(outboxIn(folder).start()).rejects.toMatchObject({ code: 'FORPOST_OUTBOX_NEWER_SCHEMA' });
  expect(readdirSync(folder).some((name) => name.includes('damaged'))).toBe(false);
});

test('a file of an older version is brought forward, with all that it holds', async () => {
  const first = await started();
  const result = draft(9, { lane: 'alerts', device: null, resendId: 'command\nc-1' });
  await first.append({ events: [draft(1), draft(2, { resendId: '42', content: 2 }), result] });
  const { epoch } = first;
  await first.stop();
  const db = new Database(first.file);
  // as version 1 left it
  db.exec(oldRecent);
  for (const name of addedTables) db.exec(`drop table ${name}`);
  db.exec('update meta set schema = 1');
  db.close();
  const second = await started();
  expect(everything(second.file, epoch).map(({ data }) => data)).toEqual([draft(1).data, draft(2).data]);
  const after = new Database(second.file, { readonly: true });
  expect(after.prepare('select schema from meta').pluck().get()).toBe(schemaVersion);
  after.close();
  // of a command's result the id is enough; of a device's id nobody knows the content, so that it suppresses nothing
  expect(await second.append({ events: [result, draft(3, { resendId: '42', content: 3 })] })).toEqual({
    ...{ stored: 1, repeated: 1 },
  });
  expect(second.status().reusedIds).toEqual([]);
});

test('a folder that is not there is an error that names it', async () => {
  const outbox = outboxIn(join(folder, 'nowhere'));
  await expect(outbox.start()).rejects.toMatchObject({ code: 'FORPOST_OUTBOX_FAILED', message: /nowhere/ });
});

test('a commit that fails rejects every entry of its batch and stores nothing of it', async () => {
  const outbox = await started();
  await outbox.append({ events: [draft(0)] });
  const other = new Database(outbox.file);
  other.exec(
    `create trigger refuse before insert on events when new.data = 'poison' begin select raise(abort, 'no'); end`,
  );
  const batch = [
    { events: [draft(1), draft(2)] },
    { events: [draft(3, { resendId: 'a' })] },
    { events: [draft(4, { data: 'poison' })] },
    { events: [draft(5, { lane: 'alerts' as const })] },
  ];
  const results = await Promise.allSettled(batch.map((entry) => outbox.append(entry)));
  expect(results.map((result) => result.status)).toEqual(Array(4).fill('rejected'));
  expect(outbox.status().problem).toMatch(/^nothing is stored: .*no$/);
  other.exec('drop trigger refuse');
  other.close();
  expect(everything(outbox.file, outbox.epoch).length).toBe(1);
  expect(await outbox.append({ events: [draft(6, { resendId: 'a' })] })).toEqual({ stored: 1, repeated: 0 });
  expect(everything(outbox.file, outbox.epoch).map(({ sequence }) => sequence)).toEqual([1, 2]);
  expect(everything(outbox.file, outbox.epoch, 'alerts')).toEqual([]);
  expect(outbox.status().problem).toBe('');
});

test('where a failed commit cannot even be read anew, no number is left out by the next one', async () => {
  const outbox = await started();
  await outbox.append({ events: [draft(0)] });
  const other = new Database(outbox.file);
  const [holes] = other.prepare(`select sql from sqlite_schema where name = 'holes'`).pluck().all();
  other.exec(
    `drop table holes;
     create trigger refuse before insert on events when new.data = 'poison' begin select raise(abort, 'no'); end`,
  );
  await expect(outbox.append({ events: [draft(1), draft(2, { data: 'poison' })] })).rejects.toThrow();
  await expect(outbox.append({ events: [draft(3)] })).rejects.toThrow();
  other.exec(`drop trigger refuse; ${holes}`);
  other.close();
  await outbox.append({ events: [draft(4)] });
  expect(everything(outbox.file, outbox.epoch).map(({ sequence, data }) => [sequence, data])).toEqual([
    [1, draft(0).data],
    [2, draft(4).data],
  ]);
});

test('dead letters that cannot be read are told so, and a file that is damaged there is put aside', async () => {
  const problems: OutboxProblem[] = [];
  const outbox = await started({ onProblem: (problem) => problems.push(problem) });
  const letter = { device: asId<'device'>('meter'), topic: 't', payload: new Uint8Array(9), received: 1, reason: 'no' };
  await outbox.append({ events: [draft(1)], deadLetter: letter });
  const first = outbox.epoch;
  const other = new Database(outbox.file);
  other.exec('alter table dead_letters rename to away');
  await expect(outbox.deadLetters(10)).rejects.toMatchObject({ code: 'FORPOST_OUTBOX_FAILED' });
  other.exec('alter table away rename to dead_letters');
  expect(await outbox.deadLetters(10)).toMatchObject([{ reason: 'no' }]);
  expect([outbox.epoch, problems]).toEqual([first, []]);
  // of this table alone: nothing else of the file is
  const page = other.prepare(`select rootpage from sqlite_schema where name = 'dead_letters'`).pluck().get() as number;
  other.pragma('wal_checkpoint(TRUNCATE)');
  other.close();
  const content = readFileSync(outbox.file);
  writeFileSync(outbox.file, content.fill(0xa5, (page - 1) * 4096, page * 4096));
  await expect(outbox.deadLetters(10)).rejects.toMatchObject({ code: 'FORPOST_OUTBOX_FAILED' });
  await soon(() => outbox.append({ events: [draft(2)] })).toEqual({ stored: 1, repeated: 0 });
  expect(outbox.epoch).not.toBe(first);
  expect(problems).toMatchObject([{ kind: 'put-aside' }]);
});

test('who asks for dead letters is told when the writer’s thread gives no answer, or ends; readings are stored meanwhile', async () => {
  const clock = new FakeClock();
  const workers: Worker[] = [];
  const outbox = await started({
    clock,
    startWriter: (workerData) => {
      const worker = new Worker(new URL('../writer/writer.ts', import.meta.url), { workerData });
      workers.push(worker);
      const post = worker.postMessage.bind(worker);
      // the first call is lost on its way
      worker.postMessage = (message: ToWriter) => {
        if (message.kind !== 'call') post(message);
      };
      return worker;
    },
  });
  const silent = outbox.deadLetters(10);
  expect(await outbox.append({ events: [draft(1)] })).toEqual({ stored: 1, repeated: 0 });
  clock.advance(30_000);
  await expect(silent).rejects.toMatchObject({ code: 'FORPOST_CALL_UNANSWERED' });
  const lost = outbox.deadLetters(10);
  void workers[0]!.terminate();
  await expect(lost).rejects.toMatchObject({ code: 'FORPOST_CALL_UNANSWERED' });
  clock.advance(1);
  await soon(() => workers.length).toBe(2);
});

test('an event without a time is refused alone and spoils nobody’s batch', async () => {
  const outbox = await started();
  const good = outbox.append({ events: [draft(1)] });
  await expect(outbox.append({ events: [draft(2, { time: Number.NaN })] })).rejects.toMatchObject({
    code: 'FORPOST_EVENT_INVALID',
  });
  expect(await good).toEqual({ stored: 1, repeated: 0 });
});

test('when its thread dies, what waited is rejected, and it goes on with the same file under a new epoch', async () => {
  const workers: Worker[] = [];
  const problems: OutboxProblem[] = [];
  const outbox = await started({
    onProblem: (problem) => problems.push(problem),
    startWriter: (workerData) => {
      const worker = new Worker(new URL('../writer/writer.ts', import.meta.url), { workerData });
      workers.push(worker);
      return worker;
    },
  });
  await outbox.append({ events: [draft(1)] });
  const first = outbox.epoch;
  const waiting = outbox.append({ events: [draft(2)] });
  const ended = once(workers[0]!, 'exit');
  void workers[0]!.terminate();
  await ended;
  const [outcome] = await Promise.allSettled([waiting]);
  expect(await outbox.append({ events: [draft(3)] })).toEqual({ stored: 1, repeated: 0 });
  expect(outbox.epoch).not.toBe(first);
  expect(problems.map(({ kind }) => kind)).toEqual(['writer-died']);
  expect(workers.length).toBe(2);
  const kept = everything(outbox.file, first).map(({ data }) => data);
  expect(kept[0]).toBe(draft(1).data);
  if (outcome.status === 'fulfilled') expect(kept).toContain(draft(2).data);
  expect(everything(outbox.file, outbox.epoch).map(({ data }) => data)).toEqual([draft(3).data]);
});

test('while its file cannot be opened again appends are rejected, and as soon as it can they are stored', async () => {
  const workers: Worker[] = [];
  const outbox = await started({
    startWriter: (workerData) => {
      const worker = new Worker(new URL('../writer/writer.ts', import.meta.url), { workerData });
      workers.push(worker);
      return worker;
    },
  });
  renameSync(folder, `${folder}-away`);
  void workers[0]!.terminate();
  await once(workers[0]!, 'exit');
  const outcome = () =>
    outbox.append({ events: [draft(1)] }).then(
      () => 'stored',
      (error: { code: string }) => error.code,
    );
  await soon(outcome).toBe('FORPOST_OUTBOX_FAILED');
  renameSync(`${folder}-away`, folder);
  await soon(outcome).toBe('stored');
  expect(outbox.status().starts).toBe(2);
});

test('what is handed over before the file was ever read is never in it, also while it is being opened', async () => {
  const clock = new FakeClock();
  let attempts = 0;
  const outbox = await started({
    clock,
    startWriter: (workerData) => {
      if (++attempts !== 1) return new Worker(new URL('../writer/writer.ts', import.meta.url), { workerData });
      const full = new EventEmitter();
      setImmediate(() =>
        full.emit('message', { kind: 'not-ready', code: 'FORPOST_OUTBOX_FULL', message: 'full', putAside: null }),
      );
      return full as Worker;
    },
  });
  const outcome = () =>
    outbox.append({ events: [draft(attempts)] }).then(String, (error: { code: string }) => error.code);
  expect(await outcome()).toBe('FORPOST_OUTBOX_FULL');
  clock.advance(1000);
  expect(attempts).toBe(2);
  // a broker that has not heard of the sessions in it gives its own numbers that are theirs
  expect(await outcome()).toBe('FORPOST_OUTBOX_FULL');
  expect(outbox.status().problem).toBe('nothing is stored: full');
  await soon(() => outbox.storage.isRead()).toBe(true);
  await outbox.append({ events: [draft(9)] });
  expect(everything(outbox.file, outbox.epoch).map(({ data }) => data)).toEqual([draft(9).data]);
});

test('delivered events are kept for their time and then go; what a sink has not yet called safe stays', async () => {
  const outbox = await started({ sinks: ['kafka', 'http'], limits: { keepDeliveredMs: 60_000 } });
  const now = systemClock.now();
  await outbox.append({ events: [1, 2, 3].map((n) => draft(n, { received: now - 120_000 })) });
  await outbox.append({ events: [draft(4, { received: now })] });
  const { epoch } = outbox;
  outbox.acknowledge('kafka', epoch, 'telemetry', 4);
  outbox.acknowledge('http', epoch, 'telemetry', 2);
  const kept = async () => {
    await outbox.append({ events: [draft(5, { lane: 'alerts' })] });
    return everything(outbox.file, epoch).map(({ sequence }) => sequence);
  };
  await soon(kept).toEqual([3, 4]);
  outbox.acknowledge('http', epoch, 'telemetry', 4);
  await soon(kept).toEqual([4]);
});

test('a file whose events are delivered and deleted does not grow', async () => {
  const outbox = await started({ limits: { maxBytes: 2 ** 20 } });
  let through = 0;
  for (let round = 0; round < 40; round++) {
    await outbox.append({
      events: Array.from({ length: 500 }, (_, n) => draft(n, { data: JSON.stringify('x'.repeat(100)) })),
    });
    through += 500;
    outbox.acknowledge(sink, outbox.epoch, 'telemetry', through);
  }
  expect(outbox.status().committedEvents).toBe(20_000);
  expect(outbox.status().fileBytes).toBeLessThanOrEqual(2 ** 20);
});

test('epochs of which nothing is left are forgotten, whatever the number of starts', async () => {
  for (let i = 0; i < 3; i++) {
    const outbox = await started();
    await outbox.stop();
  }
  const db = new Database(join(folder, 'outbox.db'), { readonly: true });
  expect(db.prepare('select count(*) from lanes').pluck().get()).toBe(2);
  expect(db.prepare('select count(*) from cursors').pluck().get()).toBe(2);
  expect(db.prepare('select starts from meta').pluck().get()).toBe(3);
  db.close();
});

test('a sink that is configured later gets what is still kept', async () => {
  const first = await started();
  await first.append({ events: [draft(1), draft(2)] });
  const old = first.epoch;
  first.acknowledge(sink, old, 'telemetry', 2);
  await first.stop();
  const second = await started({ sinks: [sink, 'http'] });
  const reader = openReader(second.file);
  expect(reader.backlog(sink)).toEqual([]);
  expect(reader.backlog('http')).toMatchObject([{ epoch: old, lane: 'telemetry', assigned: 2, acknowledged: 0 }]);
  reader.close();
});

test('what was no longer kept when a sink was configured, or configured again, is named once', async () => {
  const now = systemClock.now();
  const limits = { keepDeliveredMs: 60_000 };
  const gapsIn = (outbox: SqliteOutbox) =>
    everything(outbox.file, outbox.epoch, 'alerts')
      .filter(({ type }) => type === eventTypes.gap)
      .map(({ data }) => JSON.parse(data) as GapData);
  const first = await started({ sinks: [], limits });
  const { epoch } = first;
  await first.append({ events: [1, 2, 3].map((n) => draft(n, { received: now - 120_000 })) });
  await first.append({ events: [draft(4, { received: now })] });
  const kept = async () => {
    await first.append({ events: [draft(0, { lane: 'alerts', received: now })] });
    return everything(first.file, epoch).map(({ sequence }) => sequence);
  };
  await soon(kept).toEqual([4]);
  await first.stop();
  const second = await started({ limits });
  const named = { epoch, lane: 'telemetry', reason: forgoneReason };
  expect(gapsIn(second)).toMatchObject([{ ...named, from: '1', to: '3', count: 3 }]);
  await second.stop();
  const third = await started({ sinks: ['other'], limits });
  expect(gapsIn(third)).toMatchObject([{ ...named, from: '1', to: '3' }]);
  await third.stop();
  // the first sink is out of the configuration: what the other one has goes
  const fourth = await started({ sinks: ['other'], limits: { keepDeliveredMs: 0 } });
  expect(gapsIn(fourth)).toEqual([]);
  await fourth.append({ events: [draft(5), draft(6)] });
  fourth.acknowledge('other', epoch, 'telemetry', 4);
  fourth.acknowledge('other', fourth.epoch, 'telemetry', 1);
  const left = async () => {
    await fourth.append({ events: [draft(0, { lane: 'alerts' })] });
    return [everything(fourth.file, epoch).length, everything(fourth.file, fourth.epoch).length];
  };
  await soon(left).toEqual([0, 1]);
  await fourth.stop();
  const fifth = await started({ sinks: [sink, 'other'] });
  expect(gapsIn(fifth)).toMatchObject([{ epoch: fourth.epoch, lane: 'telemetry', from: '1', to: '1', count: 1 }]);
  const reader = openReader(fifth.file);
  expect(reader.backlog(sink).find((lane) => lane.epoch === fourth.epoch && lane.lane === 'telemetry')).toMatchObject({
    assigned: 2,
    acknowledged: 1,
  });
  reader.close();
});

test('the queue in front of the disk is bounded in entries and in bytes', async () => {
  const outbox = await started({ limits: { maxQueuedEntries: 10, maxQueuedBytes: 1_000_000 } });
  const many = await Promise.allSettled(Array.from({ length: 15 }, (_, n) => outbox.append({ events: [draft(n)] })));
  expect(many.map(({ status }) => status)).toEqual([...Array(9).fill('fulfilled'), ...Array(6).fill('rejected')]);
  const large = await Promise.allSettled(
    Array.from({ length: 4 }, () =>
      outbox.append({ events: [draft(0, { data: JSON.stringify('x'.repeat(290_000)) })] }),
    ),
  );
  expect(large.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'fulfilled', 'rejected']);
  expect(outbox.status().queued).toBe(0);
});

test('what a consumer leaves without an event counts to its share of the queue too', async () => {
  const outbox = await started({ limits: { maxQueuedEntries: 30 } });
  const change = (n: number): Change => ({
    ...{ kind: 'retained', topic: `t/${n}`, payload: new Uint8Array(1), qos: 1, owner: 'panel' },
  });
  const many = Array.from({ length: 12 }, (_, n) => outbox.storage.commit([change(n)], 'panel'));
  const others = [outbox.storage.commit([change(20)], 'app'), outbox.append({ events: [draft(1)], sender: 'meter' })];
  const outcomes = await Promise.allSettled([...many, ...others]);
  const fulfilled = (count: number) => Array<string>(count).fill('fulfilled');
  expect(outcomes.map(({ status }) => status)).toEqual([...fulfilled(10), 'rejected', 'rejected', ...fulfilled(2)]);
  await expect(many[11]).rejects.toThrow('of panel wait for the disk');
});

test('dead letters are bounded: the oldest make room, and a huge one is cut', async () => {
  const outbox = await started();
  const letter = (n: number, size: number) => ({
    events: [],
    deadLetter: {
      device: asId<'device'>('meter'),
      topic: 't',
      payload: new Uint8Array(size),
      received: n,
      reason: 'no',
    },
  });
  await Promise.all(Array.from({ length: 1100 }, (_, n) => outbox.append(letter(n, 10))));
  expect(outbox.status().deadLetters).toBe(1000);
  await outbox.append(letter(5000, 3_000_000));
  const [newest] = await outbox.deadLetters(1);
  expect(newest).toMatchObject({ received: 5000, reason: 'no (3000000 bytes, cut)' });
  expect(newest?.payload.length).toBe(2 ** 20);
  for (let n = 0; n < 5; n++) await outbox.append(letter(6000 + n, 1_000_000));
  expect(outbox.status().deadLetters).toBe(4);
});

test('commits do not wait for a reader that holds an old view of the file', async () => {
  const outbox = await started();
  await outbox.append({ events: [draft(1)] });
  const other = new Database(outbox.file, { readonly: true });
  const open = other.prepare('select * from events').iterate();
  open.next();
  expect(await outbox.append({ events: [draft(2)] })).toEqual({ stored: 1, repeated: 0 });
  open.return?.();
  other.close();
  expect(existsSync(outbox.file)).toBe(true);
});
