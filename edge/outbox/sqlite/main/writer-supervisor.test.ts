import { EventEmitter, once } from 'node:events';
import { readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { FakeClock } from '@forpost/shared/clock.ts';
import { asId } from '@forpost/shared/event/ids.ts';
import Database from 'better-sqlite3';
import { expect, test } from 'vitest';
import type { ToWriter } from '../messages.ts';
import { openReader } from '../reader/sqlite-reader.ts';
import { schemaVersion } from '../sql/schema.ts';
import { everything, folder, folderForEachTest, soon, started } from '../testing/started-outboxes.ts';
import { draft, outboxIn, sink } from '../testing/test-support.ts';
import type { OutboxProblem } from './outbox-options.ts';

folderForEachTest();

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
/** turns `recent` into the table of version 1 */
const oldRecent = `alter table recent drop column content`;

test('a damaged database is renamed and kept with its log, a new one is begun, and the operator learns of it', async () => {
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
  // the count of starts continues, because it is kept beside the file too
  expect(second.status().starts).toBe(2);
});

test('when a database is found damaged in use, it is renamed and kept at once, and the outbox continues with a new one', async () => {
  const problems: OutboxProblem[] = [];
  const outbox = await started({ onProblem: (problem) => problems.push(problem) });
  await outbox.append({ events: [draft(1)] });
  const reader = openReader(outbox.file);
  expect(reader.backlog(sink).length).toBe(1);
  const first = outbox.epoch;
  // a write by another connection empties the writer's page cache; then all pages but the first are overwritten
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
  // the reader changes to the new file too
  expect(reader.backlog(sink).find(({ lane }) => lane === 'telemetry')).toMatchObject({
    epoch: outbox.epoch,
    assigned: 1,
  });
  reader.close();
});

test('a database of a newer version is refused and not changed', async () => {
  const first = await started();
  await first.stop();
  const db = new Database(first.file);
  db.exec('update meta set schema = 99');
  db.close();
  await expect(outboxIn(folder).start()).rejects.toMatchObject({ code: 'FORPOST_OUTBOX_NEWER_SCHEMA' });
  expect(readdirSync(folder).some((name) => name.includes('damaged'))).toBe(false);
});

test('a file of an older version is migrated with all its content', async () => {
  const first = await started();
  const result = draft(9, { lane: 'alerts', device: null, resendId: 'command\nc-1' });
  await first.append({ events: [draft(1), draft(2, { resendId: '42', content: 2 }), result] });
  const { epoch } = first;
  await first.stop();
  const db = new Database(first.file);
  // the file as version 1 leaves it
  db.exec(oldRecent);
  for (const name of addedTables) db.exec(`drop table ${name}`);
  db.exec('update meta set schema = 1');
  db.close();
  const second = await started();
  expect(everything(second.file, epoch).map(({ data }) => data)).toEqual([draft(1).data, draft(2).data]);
  const after = new Database(second.file, { readonly: true });
  expect(after.prepare('select schema from meta').pluck().get()).toBe(schemaVersion);
  after.close();
  // the id of a command's result suffices to drop a resend; a device's id without known content drops nothing
  expect(await second.append({ events: [result, draft(3, { resendId: '42', content: 3 })] })).toEqual({
    stored: 1,
    repeated: 1,
  });
  expect(second.status().reusedIds).toEqual([]);
});

test('the error for a missing folder names the folder', async () => {
  const outbox = outboxIn(join(folder, 'nowhere'));
  await expect(outbox.start()).rejects.toMatchObject({ code: 'FORPOST_OUTBOX_FAILED', message: /nowhere/ });
});

test('if dead letters cannot be read, the request fails with the reason, and a file that is damaged there is renamed and kept', async () => {
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
  // only this table is damaged
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

test('a request for dead letters fails with the reason if the writer’s thread does not answer or ends; readings are stored meanwhile', async () => {
  const clock = new FakeClock();
  const workers: Worker[] = [];
  const outbox = await started({
    clock,
    startWriter: (workerData) => {
      const worker = new Worker(new URL('../writer/writer.ts', import.meta.url), { workerData });
      workers.push(worker);
      const post = worker.postMessage.bind(worker);
      // the first call does not reach the thread
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

test('when the writer’s thread dies, waiting entries are rejected, and the outbox continues with the same file and a new epoch', async () => {
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

test('while the file cannot be reopened, appends are rejected; as soon as it is open they are stored', async () => {
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

test('an entry is refused until the file has been read once, even while the file is being opened', async () => {
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
  // before it has read the stored sessions, the broker may use their numbers for new ones
  expect(await outcome()).toBe('FORPOST_OUTBOX_FULL');
  expect(outbox.status().problem).toBe('nothing is stored: full');
  await soon(() => outbox.mqttState.isRead()).toBe(true);
  await outbox.append({ events: [draft(9)] });
  expect(everything(outbox.file, outbox.epoch).map(({ data }) => data)).toEqual([draft(9).data]);
});
