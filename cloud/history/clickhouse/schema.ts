/**
 * The schema moves forward, one migration after another, and says which one it is at.
 *
 * Always: a migration may run twice (a crash between it and its note), and a history that a newer Forpost has written
 * is left alone: an older one might not see what the newer one keeps there.
 */
import { ForpostError } from '@forpost/shared/errors.ts';
import type { Executor } from './executor.ts';
import { migrations, sql } from './sql.ts';

/**
 * Brings the schema to this version's and says how many migrations ran.
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
        `${all.length}): start that one, or give this one another "data"`,
    );
  for (const [index, migration] of all.entries()) {
    const version = index + 1;
    if (version <= present) continue;
    await executor.command(migration);
    await executor.insert('schema_versions', JSON.stringify({ version, applied_ms: nowMs }));
  }
  return all.length - present;
}
