/**
 * SQLite's native library stays in this process from its first use to the end.
 *
 * Node takes a native library out of memory when the last thread that loaded it ends (nodejs/node#37024), and whatever of
 * it is still to run then ends the whole process with a segmentation fault (WiseLibs/better-sqlite3#1476). The main
 * thread outlives every other one, so what it has loaded stays.
 */
import Database from 'better-sqlite3';

let loaded = false;

/** In the main thread, before a thread that uses SQLite is started. */
export function keepSqliteLoaded(): void {
  if (loaded) return;
  new Database(':memory:').close();
  loaded = true;
}
