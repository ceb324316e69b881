import { rmSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { outboxIn, recalled, temporaryFolder } from '../testing/test-support.ts';

/** The content of a file of version 5, which knew MQTT 3.1.1 only, with the hashes of its rows. */
const version5 = `
create table meta ( id integer primary key check (id = 1), epoch text not null, schema integer not null, starts
integer not null , hash integer);
create table lanes ( epoch text not null, lane text not null, start integer not null, first_seq integer not null,
next_seq integer not null, total_bytes integer not null, hash integer, primary key (epoch, lane) ) without rowid;
create table events ( epoch text not null, lane text not null, seq integer not null, type text not null, device
text, time integer not null, received integer not null, clock text not null, boot text not null, uptime real not
null, data text not null, total_bytes integer not null, hash integer, primary key (epoch, lane, seq) ) without
rowid;
create table cursors ( sink text not null, epoch text not null, lane text not null, acked integer not null,
total_bytes integer not null, hash integer, primary key (sink, epoch, lane) ) without rowid;
create table recent ( n integer primary key, device text not null, id text not null , content integer not null
default 0);
create unique index recent_by_id on recent (device, id);
create index recent_by_device on recent (device);
create table dead_letters ( n integer primary key, device text not null, topic text not null, payload blob not null,
received integer not null, reason text not null , hash integer);
create table holes ( epoch text not null, lane text not null, first integer not null, last integer not null, count
integer not null, bytes integer not null, hash integer, primary key (epoch, lane, first) ) without rowid;
create table sessions ( session integer primary key, client text not null, absent_ms integer not null , hash integer);
create table subscriptions ( session integer not null, filter text not null, qos integer not null, hash integer,
primary key (session, filter) ) without rowid;
create table queued ( session integer not null, message integer not null, topic text not null, payload blob not
null, qos integer not null, message_id integer, released integer not null, hash integer, primary key (session,
message) ) without rowid;
create table inbound ( session integer not null, message_id integer not null, hash integer, primary key (session,
message_id) ) without rowid;
create table retained ( topic text primary key, payload blob not null, qos integer not null, owner text not null ,
hash integer) without rowid;
create table redeliveries ( n integer primary key, records blob not null );
create table reused_ids ( device text primary key, count integer not null, last_at integer not null ) without rowid;
create table losses ( n integer primary key, epoch text not null, lane text not null, first integer not null, last
integer, reason text not null );
insert into meta (id, epoch, schema, starts, hash) values (1, '0123456789abcdef', 5, 1, 198217303339);
insert into lanes (epoch, lane, start, first_seq, next_seq, total_bytes, hash) values ('0123456789abcdef', 'alerts',
1, 1, 1, 0, 339731894945);
insert into lanes (epoch, lane, start, first_seq, next_seq, total_bytes, hash) values ('0123456789abcdef',
'telemetry', 1, 1, 2, 24, 356921446656);
insert into events (epoch, lane, seq, type, device, time, received, clock, boot, uptime, data, total_bytes, hash)
values ('0123456789abcdef', 'telemetry', 1, 'forpost.reading.v1', 'meter', 1700000000001, 1700000000101, 'synced',
'boot-1', 1001.5, '{"values":{"power_w":1}}', 24, 389307010359);
insert into cursors (sink, epoch, lane, acked, total_bytes, hash) values ('kafka', '0123456789abcdef', 'alerts', 0,
0, 328832120109);
insert into cursors (sink, epoch, lane, acked, total_bytes, hash) values ('kafka', '0123456789abcdef', 'telemetry',
0, 0, 339632589111);
insert into sessions (session, client, absent_ms, hash) values (1, 'panel/wall', 3600000, 218458170499);
insert into sessions (session, client, absent_ms, hash) values (2, 'meter/1', 0, 178847815812);
insert into subscriptions (session, filter, qos, hash) values (1, 'forpost/#', 2, 210386233106);
insert into queued (session, message, topic, payload, qos, message_id, released, hash) values (1, 7,
'forpost/devices/meter/readings', x'6f6e65', 1, null, 0, 477251874464);
insert into queued (session, message, topic, payload, qos, message_id, released, hash) values (1, 8,
'forpost/devices/meter/readings', x'74776f', 2, 5, 1, 462100918540);
insert into inbound (session, message_id, hash) values (2, 9, 111588816739);
insert into retained (topic, payload, qos, owner, hash) values ('forpost/devices/meter/status', x'6f6e', 1, 'meter',
362041296129);
`;

let folder: string;
beforeEach(() => {
  folder = temporaryFolder();
  const db = new Database(join(folder, 'outbox.db'));
  db.pragma('journal_mode = wal');
  db.exec(version5);
  db.close();
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const session = { expiryMs: null };
const plain = { properties: null, expiresAt: null };

test('the broker’s state in a file from before MQTT 5 is complete after each start of this version', async () => {
  for (let start = 1; start <= 2; start++) {
    const problems: unknown[] = [];
    const outbox = outboxIn(folder, { onProblem: (problem) => problems.push(problem) });
    await outbox.start();
    const { sessions, retained } = recalled(outbox);
    const text = (bytes: Uint8Array) => Buffer.from(bytes).toString();
    expect(
      sessions.map(({ queue, ...rest }) => ({
        ...rest,
        queue: queue.map(({ payload, ...item }) => ({ ...item, payload: text(payload) })),
      })),
    ).toMatchObject([
      {
        session: 1,
        client: 'panel/wall',
        absentMs: 3_600_000,
        ...session,
        inbound: [],
        subscriptions: [{ filter: 'forpost/#', qos: 2, options: null }],
        queue: [
          { message: 7, qos: 1, messageId: null, released: false, payload: 'one', ...plain },
          { message: 8, qos: 2, messageId: 5, released: true, payload: 'two', ...plain },
        ],
      },
      { session: 2, client: 'meter/1', absentMs: 0, ...session, subscriptions: [], queue: [], inbound: [9] },
    ]);
    expect(retained.map(({ payload, ...rest }) => ({ ...rest, payload: text(payload) }))).toMatchObject([
      { topic: 'forpost/devices/meter/status', payload: 'on', qos: 1, owner: 'meter', ...plain },
    ]);
    expect(problems).toEqual([]);
    await outbox.stop();
  }
});
