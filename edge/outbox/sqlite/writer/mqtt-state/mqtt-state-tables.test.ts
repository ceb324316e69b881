import { rmSync } from 'node:fs';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { clientKey, PackedRedeliveries, perClient } from '../../../../mqtt-state/redelivery.ts';
import { ResendFilter } from '../../../../pipeline/resend-filter.ts';
import { openReader } from '../../reader/sqlite-reader.ts';
import { registerRowHash } from '../../row-hash.ts';
import { saveMetaHash } from '../../sql/meta.ts';
import { addMqtt5 } from '../../sql/sessions.ts';
import { draft, outboxIn, recalled, temporaryFolder } from '../../testing/test-support.ts';

const client = clientKey('meter', 'meter/1');

let folder: string;
beforeEach(() => {
  folder = temporaryFolder();
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

test('a hundred thousand publishes leave a bounded redelivery log, and the newest are recognised after a restart', async () => {
  const outbox = outboxIn(folder);
  await outbox.start();
  const total = 100_000;
  for (let i = 0; i < total; i += 5000)
    await Promise.all(
      Array.from({ length: 5000 }, (_, k) =>
        outbox.append({
          events: [],
          publish: { redelivery: { client, messageId: ((i + k) % 65_535) + 1, hash: i + k } },
        }),
      ),
    );
  const db = new Database(outbox.file, { readonly: true });
  const bytes = db.prepare('select sum(length(records)) from redeliveries').pluck().get() as number;
  db.close();
  expect(bytes / 16).toBeLessThan(40_000);
  await outbox.stop();
  const later = outboxIn(folder);
  await later.start();
  const { redeliveries } = recalled(later);
  expect(redeliveries.length).toBe(16 * perClient);
  expect(PackedRedeliveries.from([redeliveries]).get(perClient - 1).hash).toBe(total - 1);
  await later.stop();
});

test('an entry that the outbox has no space for leaves neither a redelivery record nor a queued message', async () => {
  const outbox = outboxIn(folder, { limits: { maxBytes: 400_000 } });
  await outbox.start();
  const kept: number[] = [];
  const data = JSON.stringify({ text: 'x'.repeat(2000) });
  await Promise.all(
    Array.from({ length: 400 }, async (_, i) => {
      const change = { kind: 'received', session: 1, messageId: i + 1 } as const;
      const publish = { redelivery: { client, messageId: i + 1, hash: i }, changes: [change] };
      await outbox.append({ events: [draft(i, { data })], publish }).then(
        () => kept.push(i + 1),
        () => undefined,
      );
    }),
  );
  outbox.mqttState.save({ kind: 'session', session: 1, client: 'meter/1', absentMs: 0 });
  await outbox.stop();
  expect(kept.length).toBeGreaterThan(10);
  expect(kept.length).toBeLessThan(390);
  const later = outboxIn(folder);
  await later.start();
  const { sessions, redeliveries } = recalled(later);
  expect(sessions[0]?.inbound).toEqual(kept);
  expect(redeliveries.length / 16).toBe(kept.length);
  const reader = openReader(later.file);
  expect(reader.newest('telemetry', 1000).length).toBe(kept.length);
  reader.close();
  await later.stop();
});

test('a packet id that one commit releases and gives to another publish stays in use', async () => {
  const outbox = outboxIn(folder);
  await outbox.start();
  outbox.mqttState.save({ kind: 'session', session: 1, client: 'meter/1', absentMs: 0 });
  outbox.mqttState.save({ kind: 'session', session: 2, client: 'meter/2', absentMs: 0 });
  const received = (session: number) => ({ kind: 'received', session, messageId: 5 }) as const;
  await outbox.append({ events: [draft(1)], publish: { changes: [received(1), received(2)] } });
  outbox.mqttState.save({ kind: 'released', session: 1, messageId: 5 });
  outbox.mqttState.save({ kind: 'session-ended', session: 2 });
  await outbox.append({ events: [draft(2)], publish: { changes: [received(1), received(2)] } });
  const db = new Database(outbox.file, { readonly: true });
  // an ended session leaves nothing in the tables
  expect(db.prepare('select count(*) from inbound').pluck().get()).toBe(1);
  db.close();
  await outbox.stop();
  const later = outboxIn(folder);
  await later.start();
  expect(recalled(later).sessions).toMatchObject([{ session: 1, inbound: [5] }]);
  await later.stop();
});

test('the next start gets the newest ids that devices gave their events', async () => {
  const outbox = outboxIn(folder);
  await outbox.start();
  await outbox.append({ events: [1, 2, 3].map((n) => draft(n, { resendId: `id-${n}`, content: n })) });
  await outbox.stop();
  const resends = new ResendFilter();
  const later = outboxIn(folder, { onResendIds: (ids) => resends.recall(ids) });
  await later.start();
  const isNew = (id: string, content: number) => resends.isNew('meter', id, content);
  expect([isNew('id-1', 1), isNew('id-3', 3), isNew('id-3', 4), isNew('id-4', 4)]).toEqual([false, false, true, true]);
  await later.stop();
});

test('sessions of a file from before MQTT 5 survive, and keep MQTT 5 properties from then on', async () => {
  const payload = new Uint8Array([1, 2, 3]);
  const queued = { kind: 'queued', session: 1, message: 7, topic: 't', payload, qos: 2, messageId: 5 } as const;
  const first = outboxIn(folder);
  await first.start();
  const { mqttState: storage } = first;
  storage.save({ kind: 'session', session: 1, client: 'panel/1', absentMs: 0 });
  storage.save({ kind: 'subscribed', session: 1, filter: 'a/#', qos: 1 });
  storage.save({ ...queued, released: false });
  storage.save({ kind: 'retained', topic: 'r', payload, qos: 1, owner: 'meter' });
  await storage.saved();
  await first.stop();
  const db = new Database(first.file);
  registerRowHash(db);
  // the file as version 5 leaves it
  const added = [...addMqtt5.matchAll(/alter table (\w+) add column (\w+)/g)];
  expect(added.length).toBe(7);
  for (const [, table, column] of added) db.exec(`alter table ${table} drop column ${column}`);
  db.exec('update meta set schema = 5');
  db.exec(saveMetaHash);
  db.close();

  const second = outboxIn(folder);
  await second.start();
  const { sessions, retained } = recalled(second);
  expect(sessions).toMatchObject([
    { client: 'panel/1', expiryMs: null, subscriptions: [{ filter: 'a/#', qos: 1 }], queue: [{ messageId: 5 }] },
  ]);
  expect(retained).toMatchObject([{ topic: 'r', properties: null }]);
  const options = { noLocal: true, retainAsPublished: false, id: 268_435_455 };
  const extras = { properties: new Uint8Array([3, 0, 1, 97]), expiresAt: 1_800_000_000_000 };
  second.mqttState.save({ kind: 'session', session: 1, client: 'panel/1', absentMs: 0, expiryMs: 5000 });
  second.mqttState.save({ kind: 'subscribed', session: 1, filter: 'a/#', qos: 1, options });
  second.mqttState.save({ ...queued, released: false, retain: true, ...extras });
  second.mqttState.save({ kind: 'retained', topic: 'r', payload, qos: 1, owner: 'meter', ...extras });
  await second.mqttState.saved();
  // PUBREC has come: SQL computes the new hash
  second.mqttState.save({ kind: 'sent', session: 1, message: 7, messageId: 6, released: true });
  await second.mqttState.saved();
  await second.stop();

  const third = outboxIn(folder);
  await third.start();
  const later = recalled(third);
  const kept = { properties: Buffer.from(extras.properties), expiresAt: extras.expiresAt };
  expect(later.sessions).toMatchObject([
    {
      expiryMs: 5000,
      subscriptions: [{ options }],
      queue: [{ messageId: 6, released: true, retain: true, expiresAt: kept.expiresAt }],
    },
  ]);
  const [message] = later.sessions[0]?.queue ?? [];
  expect(Buffer.from(message?.properties ?? [])).toEqual(kept.properties);
  expect(Buffer.from(later.retained[0]?.properties ?? [])).toEqual(kept.properties);
  await third.stop();
});
