/**
 * Whether an error says that the outbox's file, and not the room on the disk, is at fault.
 *
 * One page that the disk does not give back once is no damage: it is asked for again (`retried`), and only a page
 * that the disk refuses again and again counts as damaged.
 */
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

/** Damaged, or unreadable after all: it is put aside. */
export function isDamage(error: unknown): boolean {
  const code = codeOf(error);
  if (error instanceof Damaged || code === 'SQLITE_NOTADB') return true;
  return code.startsWith('SQLITE_CORRUPT') || unreadable.has(code);
}

/** It may be well the next time. */
export function mayPass(error: unknown): boolean {
  const code = codeOf(error);
  return unreadable.has(code) || code.startsWith('SQLITE_BUSY') || code.startsWith('SQLITE_LOCKED');
}

const tries = 4;
const firstPauseMs = 20;

/**
 * Does it again, a few times and within a second, while what it throws may pass; once where it says damage, which is what
 * SQLite makes of some reads that fail. @throws what it threw last
 */
export function retried<T>(run: () => T): T {
  for (let n = 1; ; n++) {
    try {
      return run();
    } catch (error) {
      const most = mayPass(error) ? tries : isDamage(error) || isSenseless(error) ? 2 : 1;
      if (n >= most) throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, firstPauseMs * 4 ** (n - 1));
    }
  }
}

/**
 * What SQLite says of a file whose schema or header is altered in such a way that it makes another sense: at the opening
 * of a file that is ours nothing else brings these about.
 */
export function isSenseless(error: unknown): boolean {
  return ['SQLITE_ERROR', 'SQLITE_MISMATCH', 'SQLITE_CONSTRAINT', 'SQLITE_SCHEMA'].some((code) =>
    codeOf(error).startsWith(code),
  );
}

/** SQLite's name of an error, or an empty text. */
export function codeOf(error: unknown): string {
  return error instanceof Database.SqliteError ? error.code : '';
}

/** What a look at every page finds, through a connection that has kept none of them; undefined: nothing. */
export function damageIn(file: string): string | undefined {
  try {
    return retried(() => {
      const verdict = lookInto(file);
      if (verdict !== undefined) throw new Damaged(verdict);
      return undefined;
    });
  } catch (error) {
    if (isDamage(error) && error instanceof Error) return error.message;
    throw error;
  }
}

function lookInto(file: string): string | undefined {
  const db = new Database(file, { readonly: true, fileMustExist: true, timeout: 5000 });
  try {
    return verdictOn(db);
  } finally {
    db.close();
  }
}

/** The first thing that is wrong in an open file; undefined: nothing. */
export function verdictOn(db: Database.Database): string | undefined {
  const verdict = db.pragma('quick_check(1)', { simple: true });
  return verdict === 'ok' ? undefined : String(verdict);
}
