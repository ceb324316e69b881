/**
 * Keeps SQLite's native library in this process from its first use to the end.
 *
 * Node unloads a native library when the last thread that loaded it ends (nodejs/node#37024), and code of the library
 * that still has to run then ends the process with a segmentation fault (WiseLibs/better-sqlite3#1476). The main thread
 * outlives all others, so a library that it has loaded stays.
 */
import Database from 'better-sqlite3';

let loaded = false;

/** To be called in the main thread, before a thread that uses SQLite is started. */
export function keepSqliteLoaded(): void {
  if (loaded) return;
  new Database(':memory:').close();
  loaded = true;
}
