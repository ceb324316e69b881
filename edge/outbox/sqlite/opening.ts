/**
 * Opens the outbox's file, and puts one aside that is damaged.
 *
 *   open ── ours and sound ──► opened
 *     ├── not there ──► created, or nothing of it is left
 *     ├── damaged, or not ours ──► said so: whoever opens it puts it aside (renamed with -wal and -shm, kept for
 *     │                            whoever wants to look) and opens again
 *     └── of a newer version ──► refused, untouched
 *
 * Always: nothing of a damaged file is overwritten or deleted but the oldest of those put aside; synchronous is FULL.
 */
import { existsSync, lstatSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { ForpostError, messageOf } from '@forpost/shared/errors.ts';
import Database from 'better-sqlite3';
import { Damaged, isDamage, verdictOn } from './damage.ts';
import { migrate } from './migrating.ts';
import { insertMeta, selectSchema } from './sql/meta.ts';
import { countAllTables, countTables, createTables, firstVersion, schemaVersion, tables } from './sql/schema.ts';

/** A damaged file under its new name, the database first. */
export interface PutAside {
  readonly reason: string;
  readonly files: readonly string[];
}

/** Damaged files that are kept; older ones make room. */
const keptAside = 3;
/** A file up to this size is checked page by page at its start (about 0.2 s); a larger one is found out in use. */
const checkedBytes = 64 * 2 ** 20;
/** How long the write-ahead log may stay on disk after a checkpoint, bytes. */
const walBytes = 16 * 2 ** 20;
/** KB of pages in memory. better-sqlite3 is built with 16 MB a connection; the system's own cache is behind it. */
const cacheKb = 4096;
const asideMark = '.damaged-';
const suffixes = ['', '-wal', '-shm'] as const;

/**
 * @throws an error of which `isDamage` is true; ForpostError FORPOST_OUTBOX_NEWER_SCHEMA, or FORPOST_OUTBOX_FAILED where
 * the folder cannot be written
 */
export function openDatabase(file: string): Database.Database {
  const other = suffixes.map((suffix) => noFileAt(file + suffix)).find((why) => why !== undefined);
  if (other !== undefined) throw new Damaged(other);
  if (!existsSync(file)) return create(file);
  try {
    return openExisting(file);
  } catch (error) {
    throw isDamage(error) ? error : asForpostError(error, file);
  }
}

/** What stands where a file should be and is none: SQLite would only say that it cannot open it. */
function noFileAt(path: string): string | undefined {
  try {
    return statSync(path, { throwIfNoEntry: false })?.isFile() === false ? `${path} is not a file` : undefined;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ELOOP' ? `${path} is a link to itself` : undefined;
  }
}

function openExisting(file: string): Database.Database {
  const db = connect(file);
  try {
    if (db.prepare(countAllTables).pluck().get() === 0) return initialise(db);
    if (db.prepare(countTables).pluck().get() !== tables) throw new Damaged('it is no outbox: tables are missing');
    const schema = db.prepare(selectSchema).pluck().get();
    if (typeof schema !== 'number') throw new Damaged('it does not say its version');
    if (schema > schemaVersion)
      throw new ForpostError(
        'FORPOST_OUTBOX_NEWER_SCHEMA',
        `${file} was written by a newer Forpost (version ${schema} of its tables, this one knows ${schemaVersion}): install that one, or move the file away to begin anew`,
      );
    if (statSync(file).size <= checkedBytes) {
      const verdict = verdictOn(db);
      if (verdict !== undefined) throw new Damaged(verdict);
    }
    migrate(db, schema);
    return db;
  } catch (error) {
    db.close();
    throw error;
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
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
}

/** Renames what there is of the file. `stamp`: of its new name, which is one that no other has. */
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

/** Of the files put aside the oldest go, by their names; never the one of now, whatever the clock says. */
function keepFew(file: string, newest: string): void {
  const folder = dirname(file);
  const others = readdirSync(folder)
    .filter((name) => name.startsWith(`${basename(file)}${asideMark}`) && !/-(wal|shm)$/.test(name))
    .filter((name) => name !== basename(newest))
    .sort();
  for (const name of others.slice(0, Math.max(0, others.length - (keptAside - 1))))
    for (const suffix of suffixes) rmSync(join(folder, name + suffix), { force: true });
}

function asForpostError(error: unknown, file: string): ForpostError {
  if (error instanceof ForpostError) return error;
  return new ForpostError(
    'FORPOST_OUTBOX_FAILED',
    `cannot open ${file}: ${messageOf(error)}; the folder must exist and be writable`,
    { cause: error },
  );
}
