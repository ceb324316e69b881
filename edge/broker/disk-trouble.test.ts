/** The broker on an outbox whose disk refuses writes, hangs, or has damaged the file. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { Worker } from 'node:worker_threads';
import Database from 'better-sqlite3';
import { expect, test } from 'vitest';
import type { WriterThread } from '../outbox/sqlite/main/outbox-options.ts';
import type { ToWriter } from '../outbox/sqlite/messages.ts';
import { draft, outboxIn } from '../outbox/sqlite/testing/test-support.ts';
import {
  connectPacket,
  HeldStorage,
  publishPacket,
  pubrelPacket,
  type RawClient,
  subscribePacket,
} from './testing/broker.ts';
import {
  absent,
  after,
  bench,
  durableBrokerForEachTest,
  evaluated,
  folder,
  meter,
  outbox,
  panel,
  readings,
  restart,
  restartBroker,
  restartOn,
  soon,
  start,
  stop,
  stored,
} from './testing/durable-broker.ts';

durableBrokerForEachTest();

test('while the disk refuses writes, QoS 1 messages are delivered and QoS 2 messages wait', async () => {
  const disk = new HeldStorage();
  await restartBroker({ storage: disk });
  const raw = await bench.raw();
  raw.send(connectPacket('panel', { clean: false }), subscribePacket(1, 'forpost/#', 2));
  const commit = async (error?: Error) => {
    await soon(() => disk.waiting).toBeGreaterThan(0);
    disk.end(error);
  };
  await soon(() => {
    disk.end();
    return raw.whole('suback').length;
  }).toBe(1);
  const sender = await bench.raw();
  sender.send(connectPacket('meter'), publishPacket(readings, 'two', 2, 1), publishPacket(readings, 'one', 1, 2));
  await commit(new Error('the disk is full'));
  await soon(() => raw.published().map(({ payload }) => payload)).toEqual(['one']);
  raw.socket.destroy();
  await soon(() => bench.broker.sizes().sockets).toBe(1);
  const back = await bench.raw();
  back.send(connectPacket('panel', { clean: false }));
  await soon(() => back.published().map(({ payload }) => payload)).toEqual(['one']);
  await commit();
  await soon(() => back.published().map(({ payload }) => payload)).toEqual(['one', 'two']);
});

test("while the disk hangs, a flooding device is refused, and another device's publish is admitted and acknowledged", async () => {
  const held: (() => void)[] = [];
  let hangs = false;
  const hanging = outboxIn(folder, {
    limits: { maxQueuedEntries: 60 },
    startWriter: (data) => {
      const worker = new Worker(new URL('../outbox/sqlite/writer/writer.ts', import.meta.url), { workerData: data });
      const postMessage = (message: ToWriter) => {
        if (hangs) held.push(() => worker.postMessage(message));
        else worker.postMessage(message);
      };
      return { postMessage, on: worker.on.bind(worker), once: worker.once.bind(worker) } as unknown as WriterThread;
    },
  });
  await restartOn(hanging, {
    limits: { refusalDelayMs: 20 },
    admit: async ({ device, payload, record }) => {
      const events = [draft(1, { data: JSON.stringify(String(payload)) })];
      await outbox.append({ events, sender: device, publish: record });
    },
  });
  const floods = [await meter({ clientId: 'a' }), await meter({ clientId: 'b' })];
  const other = await bench.raw();
  other.send(connectPacket('other'));
  await soon(() => other.packets().length).toBe(1);
  hangs = true;
  try {
    const flood = Array.from({ length: 60 }, (_, n) => publishPacket(readings, 'x', 1, n + 1));
    floods[0]?.send(...flood);
    await soon(() => bench.broker.counters().publishes).toBe(60);
    // its first publishes are refused, and the connection closes before the rest is read
    floods[1]?.send(...flood);
    // the first connection has used up the share; it is closed only after its earlier publishes are acknowledged
    await soon(() => floods.map(({ closed }) => closed)).toEqual([false, true]);
    expect(outbox.status().queued).toBe(20);
    other.send(publishPacket('forpost/devices/other/readings', 'mine', 1, 1));
    await soon(() => outbox.status().queued).toBe(21);
  } finally {
    hangs = false;
    for (const post of held) post();
  }
  await soon(() => after(other)).toEqual([['puback', 1]]);
  await soon(() => floods.map(({ closed }) => closed)).toEqual([true, true]);
  expect(after(floods[0] as RawClient)).toHaveLength(20);
  expect(other.closed).toBe(false);
  expect(stored()).toEqual([...Array(20).fill('x'), 'mine']);
});

test('when the file is damaged in use, the new file gets the sessions that the broker holds', async () => {
  const first = await panel();
  await first.client.subscribeAsync('forpost/#', { qos: 1 });
  await absent(first);
  const raw = await meter();
  raw.send(publishPacket(readings, 'before', 2, 1));
  await soon(() => after(raw)).toEqual([['pubrec', 1]]);
  // a write by another connection empties the writer's page cache; then all pages but the first are overwritten
  const db = new Database(outbox.file);
  db.exec('create table other (x)');
  db.pragma('wal_checkpoint(TRUNCATE)');
  db.close();
  const content = readFileSync(outbox.file);
  writeFileSync(outbox.file, Buffer.concat([content.subarray(0, 4096), Buffer.alloc(content.length - 4096, 0xa5)]));
  await expect(outbox.append({ events: [draft(1)] })).rejects.toMatchObject({ code: 'FORPOST_OUTBOX_FAILED' });
  await soon(() => outbox.append({ events: [draft(2)] })).toEqual({ stored: 1, repeated: 0 });
  await restart();
  const back = await panel();
  expect(back.present).toBe(true);
  await soon(() => back.messages).toEqual([`${readings}=before qos 1`]);
  const again = await meter();
  again.send(publishPacket(readings, 'before', 2, 1, true), pubrelPacket(1));
  await soon(() => after(again)).toEqual([
    ['pubrec', 1],
    ['pubcomp', 1],
  ]);
  expect(evaluated).toEqual(['before']);
});

test('after a start with a damaged file, clients get new sessions, and the damaged file is kept', async () => {
  const first = await panel();
  await first.client.subscribeAsync('forpost/#', { qos: 1 });
  await stop();
  writeFileSync(outbox.file, 'no database');
  await start();
  const back = await panel();
  expect(back.present).toBe(false);
  expect(bench.broker.counters()).toMatchObject({ sessions: 1, queued: 0 });
  expect(readdirSync(folder).some((name) => name.includes('damaged'))).toBe(true);
});
