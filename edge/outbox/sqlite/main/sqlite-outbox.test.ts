/** Commits of the outbox on SQLite: what is stored, refused and bounded. */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { asId } from '@forpost/shared/event/ids.ts';
import Database from 'better-sqlite3';
import { expect, test } from 'vitest';
import type { StateChange } from '../../../mqtt-state/mqtt-state.ts';
import { everything, folder, folderForEachTest, started } from '../testing/started-outboxes.ts';
import { draft } from '../testing/test-support.ts';

folderForEachTest();

test('every event that was confirmed before a kill -9 is in the file, in order and without gaps; resends add none', async () => {
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
  // a reader recovers the file before any writer opens it
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

test('a failed commit rejects every entry of its batch and stores none of them', async () => {
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

test('after a failed commit the next one skips no number, even if the file could not be read in between', async () => {
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

test('an event without a time is refused, and the rest of its batch is stored', async () => {
  const outbox = await started();
  const good = outbox.append({ events: [draft(1)] });
  await expect(outbox.append({ events: [draft(2, { time: Number.NaN })] })).rejects.toMatchObject({
    code: 'FORPOST_EVENT_INVALID',
  });
  expect(await good).toEqual({ stored: 1, repeated: 0 });
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

test("a consumer's publish without events counts in its share of the queue too", async () => {
  const outbox = await started({ limits: { maxQueuedEntries: 30 } });
  const change = (n: number): StateChange => ({
    kind: 'retained',
    topic: `t/${n}`,
    payload: new Uint8Array(1),
    qos: 1,
    owner: 'panel',
  });
  const many = Array.from({ length: 12 }, (_, n) => outbox.mqttState.commit([change(n)], 'panel'));
  const others = [outbox.mqttState.commit([change(20)], 'app'), outbox.append({ events: [draft(1)], sender: 'meter' })];
  const outcomes = await Promise.allSettled([...many, ...others]);
  const fulfilled = (count: number) => Array<string>(count).fill('fulfilled');
  expect(outcomes.map(({ status }) => status)).toEqual([...fulfilled(10), 'rejected', 'rejected', ...fulfilled(2)]);
  await expect(many[11]).rejects.toThrow('of panel wait for the disk');
});

test('dead letters are bounded: the oldest are deleted, and a huge payload is shortened', async () => {
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
