/**
 * Whether an error says that the outbox's file is at fault, and not the space on the disk.
 *
 * One failed read of a page is no damage: the page is read again (`retried`). Only a page that the disk refuses
 * several times counts as damaged.
 */
import Database from 'better-sqlite3';

/** Damage that the outbox found, and not SQLite. */
export class DamageError extends Error {}

/** SQLite's codes where the disk does not return written data: a worn-out card, a broken file system. */
const unreadable = new Set([
  'SQLITE_IOERR_READ',
  'SQLITE_IOERR_SHORT_READ',
  'SQLITE_IOERR_CORRUPTFS',
  'SQLITE_IOERR_DATA',
]);

/** The file is damaged, or stays unreadable: it is put aside. */
export function isDamage(error: unknown): boolean {
  const code = codeOf(error);
  if (error instanceof DamageError || code === 'SQLITE_NOTADB') return true;
  return code.startsWith('SQLITE_CORRUPT') || unreadable.has(code);
}

/** Whether the error may pass: trying again may help. */
export function mayPass(error: unknown): boolean {
  const code = codeOf(error);
  return unreadable.has(code) || code.startsWith('SQLITE_BUSY') || code.startsWith('SQLITE_LOCKED');
}

const tries = 4;
const firstPauseMs = 20;

/**
 * Runs `run` again, a few times within a second, while its error may pass; once where SQLite calls the file
 * damaged, which SQLite does after some failed reads. @throws the last error
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
 * SQLite's errors for a file whose altered schema or header still has a meaning. When the outbox opens its own file,
 * nothing else causes these.
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

/** Checks every page, through a connection without cached pages. @returns what is wrong; undefined: nothing */
export function damageIn(file: string): string | undefined {
  try {
    return retried(() => {
      const verdict = checkFile(file);
      if (verdict !== undefined) throw new DamageError(verdict);
      return undefined;
    });
  } catch (error) {
    if (isDamage(error) && error instanceof Error) return error.message;
    throw error;
  }
}

function checkFile(file: string): string | undefined {
  const db = new Database(file, { readonly: true, fileMustExist: true, timeout: 5000 });
  try {
    return verdictOn(db);
  } finally {
    db.close();
  }
}

/** The first problem of an open file; undefined: none. */
export function verdictOn(db: Database.Database): string | undefined {
  const verdict = db.pragma('quick_check(1)', { simple: true });
  return verdict === 'ok' ? undefined : String(verdict);
}
