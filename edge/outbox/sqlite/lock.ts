/**
 * A file that one process at a time can hold, by SQLite's own locking: it works wherever the outbox works, and a
 * process that is killed holds nothing any more.
 */
import Database from 'better-sqlite3';
import { codeOf } from './damage.ts';
import { takeLock } from './sql/lock.ts';

export interface Lock {
  release(): void;
}

/** The lock, or undefined where another one holds it. @throws SqliteError where the file cannot be made */
export function lockFile(file: string): Lock | undefined {
  const db = new Database(file, { timeout: 0 });
  try {
    // nothing is ever written: with a journal on disk a full one would keep the lock from being taken
    db.pragma('journal_mode = MEMORY');
    db.exec(takeLock);
    return { release: () => db.close() };
  } catch (error) {
    db.close();
    if (codeOf(error) === 'SQLITE_BUSY') return undefined;
    throw error;
  }
}
