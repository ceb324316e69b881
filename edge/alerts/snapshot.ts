/**
 * The active alarms on disk: one JSON file, replaced whole, so that a power cut leaves the old or the new one and never
 * half of it. A file that is none of ours is put aside, never trusted and never in the way.
 */
import { readFile, rename } from 'node:fs/promises';
import { messageOf } from '@forpost/shared/errors.ts';
import { idPatternText } from '@forpost/shared/event/ids.ts';
import { replaceFile } from '@forpost/shared/files.ts';
import Type from 'typebox';
import Value from 'typebox/value';
import { severitySchema } from '../site/site.ts';
import type { ActiveAlarm } from './alarms.ts';
import { evidenceSchema } from './evidence-schema.ts';

const id = Type.String({ pattern: idPatternText });
const schema = Type.Object({
  version: Type.Literal(1),
  alarms: Type.Array(
    Type.Object({
      alarm: Type.String(),
      rule: id,
      device: id,
      subject: Type.String(),
      severity: severitySchema,
      category: Type.String(),
      test: Type.Boolean(),
      cause: Type.String(),
      message: Type.String(),
      value: Type.Optional(Type.Union([Type.Number(), Type.String(), Type.Boolean()])),
      count: Type.Integer({ minimum: 1 }),
      acknowledged: Type.Boolean(),
      raised: Type.Number(),
      changed: Type.Number(),
      evidence: Type.Optional(evidenceSchema),
    }),
  ),
});

/** The alarms of the file, none where there is none; `problem`: why a file could not be used, in words. */
export async function readSnapshot(
  file: string,
): Promise<{ readonly alarms: readonly ActiveAlarm[]; readonly problem?: string }> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return { alarms: [] };
    return { alarms: [], problem: `the active alarms cannot be read: ${messageOf(error)}` };
  }
  try {
    const value: unknown = JSON.parse(text);
    if (Value.Check(schema, value)) return { alarms: value.alarms as unknown as readonly ActiveAlarm[] };
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  const aside = `${file}.broken`;
  const kept = await rename(file, aside).then(
    () => `put aside as ${aside}`,
    (error: unknown) => `and cannot be put aside: ${messageOf(error)}`,
  );
  return { alarms: [], problem: `the file of active alarms is none: ${kept}` };
}

/** @throws what the file system says */
export async function writeSnapshot(file: string, alarms: readonly ActiveAlarm[]): Promise<void> {
  await replaceFile(file, JSON.stringify({ version: 1, alarms }));
}
