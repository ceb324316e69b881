/**
 * Opens the outbox's file, or puts a damaged one aside and begins a new one.
 *
 *   open ── ours and sound ──► opened
 *     ├── not there ──► created
 *     ├── damaged, or not ours ──► renamed with -wal and -shm (kept for whoever wants to look), created
 *     └── of a newer version ──► refused, untouched
 *
 * Always: nothing of a damaged file is deleted but the oldest of those put aside; synchronous is FULL.
 */
import { existsSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { ForpostError, messageOf } from '@forpost/shared/errors.ts';
import Database from 'better-sqlite3';
import { migrate } from './migrating.ts';
import { insertMeta, selectSchema } from './sql/meta.ts';
import { countAllTables, countTables, createTables, firstVersion, schemaVersion, tables } from './sql/schema.ts';

export interface Opened {
  readonly db: Database.Database;
  readonly putAside: { readonly reason: string; readonly files: readonly string[] } | null;
}

/** Damaged files that are kept; older ones make room. */
const keptAside = 3;
/** A file up to this size is checked page by page at its start (about 0.2 s); a larger one is found out in use. */
const checkedBytes = 64 * 2 ** 20;
/** How long the write-ahead log may stay on disk after a checkpoint, bytes. */
const walBytes = 16 * 2 ** 20;

/**
 * @param reason why the file must be put aside unseen, or null
 * @throws ForpostError FORPOST_OUTBOX_NEWER_SCHEMA; FORPOST_OUTBOX_FAILED where the folder cannot be written
 */
export function openDatabase(file: string, stamp: string, reason: string | null): Opened {
  if (reason !== null) return { putAside: { reason, files: putAside(file, stamp) }, db: create(file) };
  if (!existsSync(file)) return { putAside: null, db: create(file) };
  try {
    return { putAside: null, db: openExisting(file) };
  } catch (error) {
    if (!isDamage(error)) throw asForpostError(error, file);
    return { putAside: { reason: messageOf(error), files: putAside(file, stamp) }, db: create(file) };
  }
}

/** Whether an error says that the file's content, and not the disk or the room on it, is at fault. */
export function isDamage(error: unknown): boolean {
  const code = codeOf(error);
  return error instanceof Damaged || code.startsWith('SQLITE_CORRUPT') || code === 'SQLITE_NOTADB';
}

/** SQLite's name of an error, or an empty text. */
export function codeOf(error: unknown): string {
  return error instanceof Database.SqliteError ? error.code : '';
}

class Damaged extends Error {}

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
      const verdict = db.pragma('quick_check(1)', { simple: true });
      if (verdict !== 'ok') throw new Damaged(String(verdict));
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
    throw asForpostError(error, file);
  }
}

function initialise(db: Database.Database): Database.Database {
  db.transaction(() => {
    db.exec(createTables);
    db.prepare(insertMeta).run(firstVersion);
  })();
  migrate(db, firstVersion);
  return db;
}

function connect(file: string): Database.Database {
  const db = new Database(file, { timeout: 5000 });
  try {
    db.pragma('journal_mode = WAL');
    // better-sqlite3 is built with NORMAL for WAL, which loses commits at a power cut
    db.pragma('synchronous = FULL');
    db.pragma(`journal_size_limit = ${walBytes}`);
    db.pragma('temp_store = MEMORY');
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
}

function putAside(file: string, stamp: string): string[] {
  const aside = `${file}.damaged-${stamp}`;
  const moved: string[] = [];
  for (const suffix of ['', '-wal', '-shm']) {
    if (!existsSync(file + suffix)) continue;
    renameSync(file + suffix, aside + suffix);
    moved.push(aside + suffix);
  }
  const folder = dirname(file);
  const prefix = `${basename(file)}.damaged-`;
  const kept = readdirSync(folder)
    .filter((name) => name.startsWith(prefix) && !name.endsWith('-wal') && !name.endsWith('-shm'))
    .sort();
  for (const name of kept.slice(0, Math.max(0, kept.length - keptAside)))
    for (const suffix of ['', '-wal', '-shm']) rmSync(join(folder, name + suffix), { force: true });
  return moved;
}

function asForpostError(error: unknown, file: string): ForpostError {
  if (error instanceof ForpostError) return error;
  return new ForpostError(
    'FORPOST_OUTBOX_FAILED',
    `cannot open ${file}: ${messageOf(error)}; the folder must exist and be writable`,
    { cause: error },
  );
}
