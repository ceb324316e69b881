/** Whether an error says that the outbox's file, and not the room on the disk, is at fault. */
import Database from 'better-sqlite3';

/** Found by us and not by SQLite. */
export class Damaged extends Error {}

/** What SQLite says where the disk does not give back what was written: a worn-out card, a broken file system. */
const unreadable = new Set([
  'SQLITE_IOERR_READ',
  'SQLITE_IOERR_SHORT_READ',
  'SQLITE_IOERR_CORRUPTFS',
  'SQLITE_IOERR_DATA',
]);

/** Damaged or unreadable: it is put aside. */
export function isDamage(error: unknown): boolean {
  const code = codeOf(error);
  if (error instanceof Damaged || code === 'SQLITE_NOTADB') return true;
  return code.startsWith('SQLITE_CORRUPT') || unreadable.has(code);
}

/** SQLite's name of an error, or an empty text. */
export function codeOf(error: unknown): string {
  return error instanceof Database.SqliteError ? error.code : '';
}

/** What a look at every page finds, through a connection that has kept none of them; undefined: nothing. */
export function damageIn(file: string): string | undefined {
  try {
    const db = new Database(file, { readonly: true, fileMustExist: true, timeout: 5000 });
    try {
      return verdictOn(db);
    } finally {
      db.close();
    }
  } catch (error) {
    if (isDamage(error) && error instanceof Error) return error.message;
    throw error;
  }
}

/** The first thing that is wrong in an open file; undefined: nothing. */
export function verdictOn(db: Database.Database): string | undefined {
  const verdict = db.pragma('quick_check(1)', { simple: true });
  return verdict === 'ok' ? undefined : String(verdict);
}
