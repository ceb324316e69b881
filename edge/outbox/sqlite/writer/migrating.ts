/**
 * Migrates an older file's tables, one version a step. Each step is a transaction that also sets the version, so that a
 * kill between two steps leaves a file of the version that it names. A new file takes the same steps from version 1: so
 * each start of a new outbox tests them.
 */
import type Database from 'better-sqlite3';
import { saveMetaHash, saveSchema } from '../sql/meta.ts';
import { addHash, firstHashed, hasHash, hashedTables, migrations, schemaVersion } from '../sql/schema.ts';

/** @param from the file's version, at most `schemaVersion` */
export function migrate(db: Database.Database, from: number): void {
  for (let version = from + 1; version <= schemaVersion; version++) {
    const step = migrations[version];
    if (step === undefined) throw new Error(`nothing leads to version ${version} of the outbox's tables`);
    db.transaction(() => {
      db.exec(step);
      db.prepare(saveSchema).run(version);
      if (version === firstHashed)
        for (const table of hashedTables) if (db.prepare(hasHash(table)).get() === undefined) db.exec(addHash(table));
      if (version >= firstHashed) db.prepare(saveMetaHash).run();
    })();
  }
}
