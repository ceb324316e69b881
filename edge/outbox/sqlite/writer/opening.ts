/**
 * Opens the outbox's file, and puts a damaged one aside.
 *
 *   open ── ours and sound ──► opened
 *     ├── not there ──► created, or nothing of it is left
 *     ├── damaged, or not ours ──► an error: the caller rescues what is readable into a new file (repair/rescue.ts),
 *     │                            puts the damaged one aside (renamed with -wal and -shm, and kept), opens again
 *     └── of a newer version ──► refused, untouched
 *
 * Always: of a damaged file nothing is overwritten or deleted, except the oldest of the files put aside. Commits use
 * synchronous=FULL.
 */

import { accessSync, constants, existsSync, lstatSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { ForpostError, messageOf } from '@forpost/shared/errors.ts';
import { words } from '@forpost/shared/texts/english.ts';
import Database from 'better-sqlite3';
import { codeOf, DamageError, isDamage, isSenseless, retried, verdictOn } from '../damage.ts';
import { isOneBitAway, registerRowHash } from '../row-hash.ts';
import { insertMeta, selectMetaIsGood, selectSchema } from '../sql/meta.ts';
import {
  countAllTables,
  countTables,
  createTables,
  firstHashed,
  firstVersion,
  schemaVersion,
  selectTables,
  tables,
} from '../sql/schema.ts';
import { migrate } from './migrating.ts';

/** Damaged files that are kept; the oldest are deleted. */
const keptAside = 3;
/**
 * A file up to this size is checked page by page and row by row at its start; damage in a larger one is found in use.
 */
export const checkedBytes = 64 * 2 ** 20;
/** The most bytes that the write-ahead log keeps on disk after a checkpoint. */
const walBytes = 16 * 2 ** 20;
/** KB of pages in memory. better-sqlite3 is built with 16 MB a connection; the system's own cache is behind it. */
const cacheKb = 4096;
const asideMark = '.damaged-';
const suffixes = ['', '-wal', '-shm'] as const;

/**
 * @throws an error of which `isDamage` is true; ForpostError FORPOST_OUTBOX_NEWER_SCHEMA, or FORPOST_OUTBOX_FAILED
 * where the folder cannot be written
 */
export function openDatabase(file: string): Database.Database {
  const other = suffixes.map((suffix) => noFileAt(file + suffix)).find((why) => why !== undefined);
  if (other !== undefined) throw new DamageError(other);
  if (!existsSync(file)) return create(file);
  try {
    return retried(() => openExisting(file));
  } catch (error) {
    // one flipped bit of the header makes SQLite open a writable file read-only
    const isBarred = codeOf(error) === 'SQLITE_READONLY' && isWritable(file);
    if (isBarred || isSenseless(error)) throw new DamageError(messageOf(error));
    throw isDamage(error) ? error : asForpostError(error, file);
  }
}

/** Names a folder, device or looping link in the file's place: SQLite says only that it cannot open the path. */
function noFileAt(path: string): string | undefined {
  try {
    return statSync(path, { throwIfNoEntry: false })?.isFile() === false
      ? words('gateway/problem.outbox-no-file', { path })
      : undefined;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ELOOP'
      ? words('gateway/problem.outbox-link', { path })
      : undefined;
  }
}

function isWritable(file: string): boolean {
  try {
    accessSync(file, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

function openExisting(file: string): Database.Database {
  const db = connect(file);
  try {
    if (db.prepare(countAllTables).pluck().get() === 0) return initialise(db);
    if (db.prepare(countTables).pluck().get() !== tables)
      throw new DamageError(words('gateway/reason.outbox-no-tables'));
    const schema = db.prepare(selectSchema).pluck().get();
    if (typeof schema !== 'number') throw new DamageError(words('gateway/reason.outbox-no-version'));
    if (!isVersion(db, schema)) throw new DamageError(words('gateway/reason.outbox-version-altered'));
    if (schema > schemaVersion)
      throw new ForpostError(
        'FORPOST_OUTBOX_NEWER_SCHEMA',
        words('gateway/problem.outbox-newer', { file, schema, known: schemaVersion }),
      );
    if (statSync(file).size <= checkedBytes) {
      const verdict = verdictOn(db);
      if (verdict !== undefined) throw new DamageError(verdict);
    }
    migrate(db, schema);
    const altered = alteredTable(db);
    if (altered !== undefined) throw new DamageError(words('gateway/reason.outbox-table-altered', { table: altered }));
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
}

/** Whether the tables have this version. A newer version is believed, unless one flipped bit explains it. */
function isVersion(db: Database.Database, schema: number): boolean {
  if (!Number.isSafeInteger(schema) || schema < firstVersion) return false;
  if (schema < firstHashed || db.prepare(selectMetaIsGood).pluck().get() === 1) return true;
  return schema > schemaVersion && !isOneBitAway(schema, schemaVersion);
}

/** The first of our tables whose definition differs: a flipped bit in it may change what a column holds. */
function alteredTable(db: Database.Database): string | undefined {
  if (db.pragma('encoding', { simple: true }) !== 'UTF-8') return 'of tables';
  const model = initialise(new Database(':memory:'));
  try {
    // SQLite formats an added column in its own way
    const tablesOf = (one: Database.Database) =>
      one
        .prepare<[], [string, string]>(selectTables)
        .raw()
        .all()
        .map(([name, sql]) => [name, sql.replace(/\s+/g, '')] as const);
    const made = new Map(tablesOf(db));
    return tablesOf(model).find(([name, sql]) => made.get(name) !== sql)?.[0];
  } finally {
    model.close();
  }
}

function create(file: string): Database.Database {
  try {
    return initialise(connect(file));
  } catch (error) {
    for (const suffix of suffixes) rmSync(file + suffix, { force: true });
    throw asForpostError(error, file);
  }
}

/** Makes the tables of a file that has none. */
export function initialise(db: Database.Database): Database.Database {
  try {
    registerRowHash(db);
    db.transaction(() => {
      db.exec(createTables);
      db.prepare(insertMeta).run(firstVersion);
    })();
    migrate(db, firstVersion);
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
}

function connect(file: string): Database.Database {
  const db = new Database(file, { timeout: 5000 });
  try {
    db.pragma('journal_mode = WAL');
    // better-sqlite3 is built with NORMAL for WAL, which loses commits at a power cut
    db.pragma('synchronous = FULL');
    db.pragma(`journal_size_limit = ${walBytes}`);
    db.pragma('temp_store = MEMORY');
    db.pragma(`cache_size = -${cacheKb}`);
    registerRowHash(db);
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
}

/** Opens a new file that need not survive a kill, because nobody reads it before it is whole. */
export function openPlain(file: string): Database.Database {
  const db = new Database(file);
  db.pragma('journal_mode = MEMORY');
  db.pragma('synchronous = OFF');
  return initialise(db);
}

export function removeDatabase(file: string): void {
  for (const suffix of [...suffixes, '-journal']) rmSync(file + suffix, { force: true });
}

/** A rescue needs space: deletes the oldest files that were put aside until there is enough, or none is left. */
export function dropAsideForRoom(file: string, freeBytes: number): void {
  const wanted = suffixes.reduce(
    (sum, suffix) => sum + (lstatSync(file + suffix, { throwIfNoEntry: false })?.size ?? 0),
    0,
  );
  let free = freeBytes;
  for (const name of asideNames(file)) {
    if (free >= wanted) return;
    for (const suffix of suffixes) {
      const one = join(dirname(file), name + suffix);
      free += lstatSync(one, { throwIfNoEntry: false })?.size ?? 0;
      rmSync(one, { force: true, recursive: true });
    }
  }
}

/** Files put aside, oldest first by their names. */
function asideNames(file: string): readonly string[] {
  return readdirSync(dirname(file))
    .filter((name) => name.startsWith(`${basename(file)}${asideMark}`) && !/-(wal|shm)$/.test(name))
    .sort();
}

/** Renames the files that exist. @param stamp makes the new name unique */
export function putAside(file: string, stamp: string): string[] {
  const taken = new Set(readdirSync(dirname(file)));
  let aside = `${file}${asideMark}${stamp}`;
  for (let n = 2; suffixes.some((suffix) => taken.has(basename(aside + suffix))); n++)
    aside = `${file}${asideMark}${stamp}-${n}`;
  const moved: string[] = [];
  for (const suffix of suffixes) {
    if (lstatSync(file + suffix, { throwIfNoEntry: false }) === undefined) continue;
    renameSync(file + suffix, aside + suffix);
    moved.push(aside + suffix);
  }
  keepFew(file, aside);
  return moved;
}

/** Deletes the oldest of the files put aside, by their names; never the newest one, whatever the clock says. */
function keepFew(file: string, newest: string): void {
  const folder = dirname(file);
  const others = asideNames(file).filter((name) => name !== basename(newest));
  for (const name of others.slice(0, Math.max(0, others.length - (keptAside - 1))))
    for (const suffix of suffixes) rmSync(join(folder, name + suffix), { force: true });
}

function asForpostError(error: unknown, file: string): ForpostError {
  if (error instanceof ForpostError) return error;
  return new ForpostError(
    'FORPOST_OUTBOX_FAILED',
    words('gateway/problem.outbox-not-opened', { file, error: messageOf(error) }),
    { cause: error },
  );
}
