/**
 * The tables of the broker's state, and their statements: sessions, subscriptions, queued messages, QoS 2 publishes,
 * and retained messages. A session's number is never given twice, so no row of an ended session is taken for another's.
 */
export const createSessionTables = `
create table sessions (
  session integer primary key,
  client text not null,
  absent_ms integer not null
);
create table subscriptions (
  session integer not null,
  filter text not null,
  qos integer not null,
  primary key (session, filter)
) without rowid;
create table queued (
  session integer not null,
  message integer not null,
  topic text not null,
  payload blob not null,
  qos integer not null,
  message_id integer,
  released integer not null,
  primary key (session, message)
) without rowid;
create table inbound (
  session integer not null,
  message_id integer not null,
  primary key (session, message_id)
) without rowid;
create table retained (
  topic text primary key,
  payload blob not null,
  qos integer not null,
  owner text not null
) without rowid;
`;

/** From version 6 on, for MQTT 5; null: the row is as before version 6. `expires_at`: ms since 1970. */
export const addMqtt5 = `
alter table sessions add column expiry_ms integer;
alter table subscriptions add column options integer;
alter table queued add column properties blob;
alter table queued add column expires_at integer;
alter table queued add column retain integer;
alter table retained add column properties blob;
alter table retained add column expires_at integer;
`;

/** The tables with rows of one session. */
export const sessionTables = ['subscriptions', 'queued', 'inbound'] as const;

export const putSession = `
insert into sessions (session, client, absent_ms, expiry_ms, hash) values (?, ?, ?, ?, ?)
on conflict (session) do update set absent_ms = excluded.absent_ms, expiry_ms = excluded.expiry_ms, hash = excluded.hash`;
export const deleteSession = `delete from sessions where session = ?`;
export const deleteOfSession = (table: string) => `delete from ${table} where session = ?`;
export const deleteOfNoSession = (table: string) =>
  `delete from ${table} where session not in (select session from sessions)`;
export const deleteAll = (table: string) => `delete from ${table}`;
export const putSubscription = `
insert into subscriptions (session, filter, qos, options, hash) values (?, ?, ?, ?, ?)
on conflict (session, filter) do update set qos = excluded.qos, options = excluded.options, hash = excluded.hash`;
export const deleteSubscription = `delete from subscriptions where session = ? and filter = ?`;
export const putQueued = `
insert or replace into queued
  (session, message, topic, payload, qos, message_id, released, properties, expires_at, retain, hash)
values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`;
/** After its PUBREC a message keeps its packet id and loses its payload. */
export const markSent = `
update queued set message_id = @messageId, released = @released, payload = iif(@released, x'', payload),
  hash = iif(hash is null, null, iif(coalesce(properties, expires_at, retain) is null,
    row_hash('queued', session, message, topic, iif(@released, x'', payload), qos, @messageId, @released),
    row_hash('queued', session, message, topic, iif(@released, x'', payload), qos, @messageId, @released,
      properties, expires_at, retain)))
where session = @session and message = @message`;
export const deleteQueued = `delete from queued where session = ? and message = ?`;
export const putInbound = `insert into inbound (session, message_id, hash) values (?, ?, ?) on conflict do nothing`;
export const deleteInbound = `delete from inbound where session = ? and message_id = ?`;
export const putRetained = `
insert or replace into retained (topic, payload, qos, owner, properties, expires_at, hash) values (?, ?, ?, ?, ?, ?, ?)`;
export const deleteRetained = `delete from retained where topic = ?`;

export const selectSessions = `
select session, client, absent_ms as absentMs, expiry_ms as expiryMs, hash from sessions order by session`;
export const selectSubscriptions = `select session, filter, qos, options, hash from subscriptions`;
export const selectQueued = `
select session, message, topic, payload, qos, message_id as messageId, released,
  properties, expires_at as expiresAt, retain, hash
from queued order by session, message`;
export const selectInbound = `select session, message_id as messageId, hash from inbound`;
export const selectRetained = `select topic, payload, qos, owner, properties, expires_at as expiresAt, hash from retained`;
