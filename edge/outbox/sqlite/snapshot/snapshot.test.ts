import { copyFileSync, existsSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { eventTypes, type GapData } from '@forpost/shared/event/event.ts';
import { lanes, type Sequence } from '@forpost/shared/event/ids.ts';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { restoredReason } from '../../gap.ts';
import type { SqliteOutbox } from '../main/sqlite-outbox.ts';
import { readOnce } from '../reader/sqlite-reader.ts';
import { draft, outboxIn, recalled, sink, temporaryFolder } from '../testing/test-support.ts';
import { takeSnapshot } from './snapshot.ts';

let folder: string;
let running: SqliteOutbox[] = [];
beforeEach(() => {
  folder = temporaryFolder();
  mkdirSync(join(folder, 'old'));
  mkdirSync(join(folder, 'new'));
});
afterEach(async () => {
  for (const outbox of running) await outbox.stop();
  running = [];
  rmSync(folder, { recursive: true });
});

async function started(name: string): Promise<SqliteOutbox> {
  const outbox = outboxIn(join(folder, name));
  running.push(outbox);
  await outbox.start();
  return outbox;
}

const snapshot = (file: string, spareBytes = 0) =>
  takeSnapshot({ file, to: join(folder, 'new/outbox.db'), sinks: [sink], spareBytes });

/** The sequence numbers that wait for the sink, by epoch and lane. */
function waiting(outbox: SqliteOutbox): ReadonlyMap<string, readonly Sequence[]> {
  return readOnce(outbox.file, (reader) => {
    const found = new Map<string, readonly Sequence[]>();
    for (const { epoch, lane, acknowledged } of reader.backlog(sink)) {
      const numbers: Sequence[] = [];
      for (let after = acknowledged; ; after = numbers.at(-1) ?? after) {
        const some = reader.read(epoch, lane, after, 100, 1e6);
        if (some.length === 0) break;
        numbers.push(...some.map(({ sequence }) => sequence));
      }
      found.set(`${epoch}/${lane}`, numbers);
    }
    return found;
  });
}

test('a copy of a running outbox has every unsent event under its own number, and names later events as lost', async () => {
  const old = await started('old');
  await Promise.all(Array.from({ length: 30 }, (_, n) => old.append({ events: [draft(n)] })));
  await old.append({ events: [draft(31, { lane: 'alerts' })] });
  old.acknowledge(sink, old.epoch, 'telemetry', 10);
  await old.append({ events: [draft(32)] });
  const copied = snapshot(old.file);
  expect(copied).toMatchObject({ epoch: old.epoch, starts: 1, unsent: 22, events: 22 });
  await old.append({ events: [draft(33)] });

  const restored = await started('new');
  expect(restored.epoch).not.toBe(old.epoch);
  const got = waiting(restored);
  expect(got.get(`${old.epoch}/telemetry`)).toEqual(Array.from({ length: 21 }, (_, i) => 11 + i));
  expect(got.get(`${old.epoch}/alerts`)).toEqual([1]);
  const gaps = readOnce(restored.file, (reader) => reader.read(restored.epoch, 'alerts', 0, 10, 1e6))
    .filter(({ type }) => type === eventTypes.gap)
    .map(({ data }) => JSON.parse(data) as GapData);
  expect(gaps).toEqual([
    { epoch: old.epoch, lane: 'alerts', from: '2', to: null, count: 0, reason: restoredReason },
    { epoch: old.epoch, lane: 'telemetry', from: '32', to: null, count: 0, reason: restoredReason },
  ]);
});

test('a copy leaves delivered readings out, and keeps the newest of each lane and all kept alerts', async () => {
  const old = await started('old');
  const events = (n: number) => [draft(n), draft(n, { lane: 'alerts' })];
  await Promise.all(Array.from({ length: 5 }, (_, n) => old.append({ events: events(n) })));
  for (const lane of lanes) old.acknowledge(sink, old.epoch, lane, 5);
  await old.append({ events: [draft(6, { lane: 'alerts' })] });
  expect(snapshot(old.file)).toMatchObject({ unsent: 1, events: 7 });
  const restored = await started('new');
  expect([...waiting(restored).keys()]).toEqual([`${old.epoch}/alerts`, `${restored.epoch}/alerts`]);
  const drained = readOnce(restored.file, (reader) => reader.drained(sink, 10));
  expect(drained).toMatchObject([{ epoch: old.epoch, lane: 'telemetry', assigned: 5 }]);
});

test('a restored outbox knows what devices have sent, and their sessions', async () => {
  const old = await started('old');
  await old.append({ events: [draft(1, { resendId: 'first' })] });
  old.mqttState.recall(() => undefined);
  const retained = { kind: 'retained', topic: 'home/lamp', payload: Buffer.from('on'), qos: 1, owner: 'lamp' } as const;
  await old.append({ events: [], publish: { changes: [retained] } });
  snapshot(old.file);
  const restored = await started('new');
  const again = await restored.append({ events: [draft(1, { resendId: 'first' }), draft(2)] });
  expect(again).toEqual({ stored: 1, repeated: 1 });
  expect(JSON.stringify(recalled(restored))).toContain('home/lamp');
});

test('the unsent events of every earlier start are copied too', async () => {
  const epochs: string[] = [];
  for (let life = 0; life < 3; life++) {
    const old = outboxIn(join(folder, 'old'));
    await old.start();
    await old.append({ events: [draft(life), draft(life + 10)] });
    epochs.push(old.epoch);
    await old.stop();
  }
  expect(snapshot(join(folder, 'old/outbox.db'))).toMatchObject({ epoch: epochs[2], starts: 3, unsent: 6 });
  const restored = await started('new');
  const got = waiting(restored);
  for (const epoch of epochs) expect(got.get(`${epoch}/telemetry`)).toEqual([1, 2]);
  expect(restored.status().starts).toBe(4);
});

test('a copy that does not fit on the disk fails before anything is written', async () => {
  const old = await started('old');
  await old.append({ events: [draft(1)] });
  expect(() => snapshot(old.file, 1e18)).toThrow(/has \d+ MB free, and a copy of the unsent events needs/);
  expect(existsSync(join(folder, 'new/outbox.db'))).toBe(false);
});

test('the copy of an outbox that was never started, or is of another version, fails with the reason', async () => {
  expect(() => snapshot(join(folder, 'old/outbox.db'))).toThrow('has this gateway ever been started?');
  const old = await started('old');
  await old.stop();
  const file = join(folder, 'old/outbox.db');
  copyFileSync(file, join(folder, 'other.db'));
  const db = new Database(join(folder, 'other.db'));
  db.prepare('update meta set schema = 3').run();
  db.close();
  expect(() => snapshot(join(folder, 'other.db'))).toThrow('make the backup with the version that runs the gateway');
});
