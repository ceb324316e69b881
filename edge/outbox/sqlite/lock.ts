/**
 * A lock file that one process at a time can hold, by SQLite's own locking: it works wherever the outbox works, and a
 * killed process loses it.
 */
import Database from 'better-sqlite3';
import { codeOf } from './damage.ts';
import { acquireLock } from './sql/lock.ts';

export interface Lock {
  release(): void;
}

/** The lock; undefined: another process holds it. @throws SqliteError where the file cannot be made */
export function lockFile(file: string): Lock | undefined {
  const db = new Database(file, { timeout: 0 });
  try {
    // nothing is ever written: a journal on a full disk would prevent the lock
    db.pragma('journal_mode = MEMORY');
    db.exec(acquireLock);
    return { release: () => db.close() };
  } catch (error) {
    db.close();
    if (codeOf(error) === 'SQLITE_BUSY') return undefined;
    throw error;
  }
}
