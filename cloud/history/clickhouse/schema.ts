/**
 * Brings the schema forward, one migration after another, and notes each in `schema_versions`.
 *
 * Always: a migration may run twice (after a crash before its note). A history that a newer Forpost has written is
 * refused, because this version might not see everything in it.
 */
import { ForpostError } from '@forpost/shared/errors.ts';
import type { Executor } from './executor.ts';
import { migrations, sql } from './sql.ts';

/**
 * Brings the schema to this version; returns the number of migrations that ran.
 * @throws ForpostError FORPOST_HISTORY_FAILED
 */
export async function migrate(executor: Executor, nowMs: number, all = migrations): Promise<number> {
  await executor.command(sql.schemaTable);
  const [row] = await executor.query<{ readonly version: number }>(sql.schemaVersion, {});
  const present = row?.version ?? 0;
  if (present > all.length)
    throw new ForpostError(
      'FORPOST_HISTORY_FAILED',
      `the history at ${executor.place} was written by a newer Forpost (schema ${present}, this one knows ` +
        `${all.length}): start the newer Forpost, or give this one another "data"`,
    );
  for (const [index, migration] of all.entries()) {
    const version = index + 1;
    if (version <= present) continue;
    await executor.command(migration);
    await executor.insert('schema_versions', JSON.stringify({ version, applied_ms: nowMs }));
  }
  return all.length - present;
}
