/**
 * The outbox's tables: those of version 1, and the steps to each later version. A file of a newer version is refused.
 *
 * Always: numbers come from `lanes.next_seq` and never from max + 1, because a lane may be empty. `total_bytes` is the
 * sum of the lane's data up to and including a row, so that the bytes of a backlog are one subtraction and no scan.
 */
import { createRedeliveries } from './redeliveries.ts';
import { addMqtt5, createSessionTables } from './sessions.ts';

export const firstVersion = 1;
/** From here on rows have hashes. */
export const firstHashed = 5;

/** Tables of version 1. */
export const createTables = `
create table meta (
  id integer primary key check (id = 1),
  epoch text not null,
  schema integer not null,
  starts integer not null
);
create table lanes (
  epoch text not null,
  lane text not null,
  start integer not null,
  first_seq integer not null,
  next_seq integer not null,
  total_bytes integer not null,
  primary key (epoch, lane)
) without rowid;
create table events (
  epoch text not null,
  lane text not null,
  seq integer not null,
  type text not null,
  device text,
  time integer not null,
  received integer not null,
  clock text not null,
  boot text not null,
  uptime real not null,
  data text not null,
  total_bytes integer not null,
  primary key (epoch, lane, seq)
) without rowid;
create table cursors (
  sink text not null,
  epoch text not null,
  lane text not null,
  acked integer not null,
  total_bytes integer not null,
  primary key (sink, epoch, lane)
) without rowid;
create table recent (
  n integer primary key,
  device text not null,
  id text not null
);
create unique index recent_by_id on recent (device, id);
create index recent_by_device on recent (device);
create table dead_letters (
  n integer primary key,
  device text not null,
  topic text not null,
  payload blob not null,
  received integer not null,
  reason text not null
);
`;

/** From version 5 on, to each of the tables below. */
export const addHash = (table: string) => `alter table ${table} add column hash integer`;
export const hasHash = (table: string) => `select 1 from pragma_table_info('${table}') where name = 'hash'`;
/** Tables whose rows have a hash. An altered row of `recent` or `redeliveries` matches nothing. */
export const hashedTables = [
  'meta',
  'lanes',
  'events',
  'cursors',
  'holes',
  'dead_letters',
  'sessions',
  'subscriptions',
  'queued',
  'inbound',
  'retained',
] as const;

/** By version: the step from the version before. Steps are only added. */
export const migrations: Readonly<Record<number, string>> = {
  // ranges of undelivered events that were shed; bytes: of their data
  2: `
create table holes (
  epoch text not null,
  lane text not null,
  first integer not null,
  last integer not null,
  count integer not null,
  bytes integer not null,
  primary key (epoch, lane, first)
) without rowid;
`,
  3: createSessionTables + createRedeliveries,
  // content: hash of the newest content under the id; 0: the id alone counts (alerts, command results). The content of
  // ids from before this version is unknown, so they suppress no reading: better twice than lost
  4: `
alter table recent add column content integer not null default 0;
create table reused_ids (
  device text primary key,
  count integer not null,
  last_at integer not null
) without rowid;
`,
  // the hash of each row (row-hash.ts; rows of older versions have none), and which losses no gap record names yet
  5: `
create table if not exists losses (
  n integer primary key,
  epoch text not null,
  lane text not null,
  first integer not null,
  last integer,
  reason text not null
);
`,
  // what MQTT 5 has for sessions, subscriptions and messages: rows without it hash as before
  6: addMqtt5,
};
export const schemaVersion = Math.max(firstVersion, ...Object.keys(migrations).map(Number));

/** How many of the tables of version 1 a file has: a file without all of them is not ours. */
export const countTables = `
select count(*) from sqlite_schema
where type = 'table' and name in ('meta', 'lanes', 'events', 'cursors', 'recent', 'dead_letters')`;
export const tables = 6;

export const countAllTables = `select count(*) from sqlite_schema where type = 'table'`;

/** The definitions of our tables and indexes, by name. */
export const selectTables = `
select name, sql from sqlite_schema where type in ('table', 'index') and sql is not null order by name`;
