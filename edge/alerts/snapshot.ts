/**
 * The active alarms on disk: one JSON file, replaced whole, so that a power cut leaves the old or the new one and never
 * half of it. A damaged file is renamed to FILE.broken: it is never trusted and never in the way.
 */
import { readFile } from 'node:fs/promises';
import { messageOf } from '@forpost/shared/errors.ts';
import { idPatternText } from '@forpost/shared/event/ids.ts';
import { renameFile, replaceFile } from '@forpost/shared/files.ts';
import Type from 'typebox';
import Value from 'typebox/value';
import { severitySchema } from '../site/site.ts';
import type { ActiveAlarm } from './alarm.ts';
import { evidenceSchema } from './evidence-schema.ts';
import { messageSchema } from './message-schema.ts';

const id = Type.String({ pattern: idPatternText });
const value = Type.Union([Type.Number(), Type.String(), Type.Boolean()]);
const alarms = Type.Array(
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
    messageI18n: Type.Optional(messageSchema),
    value: Type.Optional(value),
    count: Type.Integer({ minimum: 1 }),
    acknowledged: Type.Boolean(),
    acknowledgement: Type.Optional(
      Type.Object({
        by: Type.String(),
        where: Type.Union([Type.Literal('site'), Type.Literal('centre')]),
        at: Type.Number(),
      }),
    ),
    raised: Type.Number(),
    changed: Type.Number(),
    ended: Type.Optional(Type.Number()),
    summary: Type.Optional(Type.String()),
    summaryI18n: Type.Optional(messageSchema),
    peak: Type.Optional(value),
    evidence: Type.Optional(evidenceSchema),
    evidenceProblem: Type.Optional(Type.String()),
  }),
);
const schema = Type.Object({
  version: Type.Literal(1),
  alarms,
  /** over and not acknowledged; absent in a file of a version that did not keep them */
  waiting: Type.Optional(alarms),
  /** how many waiting alarms were dropped for room */
  dropped: Type.Optional(Type.Integer({ minimum: 0 })),
});

export interface Snapshot {
  readonly alarms: readonly ActiveAlarm[];
  readonly waiting?: readonly ActiveAlarm[];
  readonly dropped: number;
  /** whether there was a file that could be read */
  readonly isFile: boolean;
  /** why the file could not be used, in words */
  readonly problem?: string;
}

/** What the file is made of. */
export interface SnapshotContent {
  readonly alarms: readonly ActiveAlarm[];
  readonly waiting: readonly ActiveAlarm[];
  readonly dropped: number;
}

const nothing: Snapshot = { alarms: [], dropped: 0, isFile: false };

/** The alarms of the file, none where there is none. */
export async function readSnapshot(file: string): Promise<Snapshot> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return nothing;
    return { ...nothing, problem: `the active alarms cannot be read: ${messageOf(error)}` };
  }
  try {
    const value: unknown = JSON.parse(text);
    if (Value.Check(schema, value)) {
      const known = value as unknown as Pick<Snapshot, 'alarms' | 'waiting'>;
      return { ...known, dropped: value.dropped ?? 0, isFile: true };
    }
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  const aside = `${file}.broken`;
  const kept = await renameFile(file, aside).then(
    () => `put aside as ${aside}`,
    (error: unknown) => `and cannot be put aside: ${messageOf(error)}`,
  );
  return { ...nothing, problem: `the file of active alarms is damaged: ${kept}` };
}

/** @throws what the file system says */
export async function writeSnapshot(file: string, snapshot: SnapshotContent): Promise<void> {
  await replaceFile(file, JSON.stringify({ version: 1, ...snapshot }));
}
