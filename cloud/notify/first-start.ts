/**
 * Keeps the time of the notifier's first start in `<data>/notifier.json`: people are notified about alerts from then on.
 *
 * Always: the time is on disk before the notifier does anything else, so after a kill at any moment the next start
 * notifies about the same alerts. A malformed file is replaced with the time of that start.
 */
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { replaceFile } from '@forpost/shared/files.ts';
import Type from 'typebox';
import { Value } from 'typebox/value';

const schema = Type.Object({ since: Type.String({ pattern: '^\\d{4}-\\d\\d-\\d\\dT.*Z$' }) });

/** The time of the first start, ms since 1970, as is `nowMs`. @throws where the file can be neither read nor written */
export async function firstStart(folder: string, nowMs: number): Promise<number> {
  const file = join(folder, 'notifier.json');
  const known = await readFile(file, 'utf8').then(parse, (error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error;
    return undefined;
  });
  if (known !== undefined) return known;
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await replaceFile(file, `${JSON.stringify({ since: new Date(nowMs).toISOString() })}\n`);
  return nowMs;
}

function parse(text: string): number | undefined {
  try {
    const value: unknown = JSON.parse(text);
    const since = Value.Check(schema, value) ? Date.parse(value.since) : Number.NaN;
    return Number.isNaN(since) ? undefined : since;
  } catch {
    return undefined;
  }
}
