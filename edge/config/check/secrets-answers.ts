/** Answers questions about the secrets file, in the main thread for a small file, in a thread of its own for a large one. */
import { ForpostError } from '@forpost/shared/errors.ts';
import { isId } from '@forpost/shared/event/ids.ts';
import { parseDocument } from 'yaml';
import { listLines } from '../../site/document-lines.ts';
import { writeCredentials } from '../credential-changes.ts';
import { giveMissing } from '../passwords.ts';
import type { CheckAnswer, SecretsQuestion } from './messages.ts';

export function answerAboutSecrets(question: SecretsQuestion): CheckAnswer {
  try {
    if (question.kind === 'credentials')
      return { kind: 'changed', changed: writeCredentials(question.file, question.changes) };
    return { kind: 'given', given: listLines(giveMissing(question.file, usersIn(question.text))) };
  } catch (error) {
    if (!(error instanceof ForpostError)) throw error;
    return { kind: 'refused', code: error.code, message: error.message };
  }
}

/** The ids of all devices, bridges and consumers of a document (YAML). Entries without an id are left to its check. */
function usersIn(document: string): readonly string[] {
  const value: unknown = parseDocument(document).toJS({ maxAliasCount: 100 });
  const { devices, bridges, consumers } = (value ?? {}) as Readonly<Record<string, unknown>>;
  return [devices, bridges, consumers].flatMap((list) =>
    Array.isArray(list) ? list.flatMap((one: { id?: unknown } | null) => (isId(one?.id) ? [one.id] : [])) : [],
  );
}
