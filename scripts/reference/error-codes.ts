/** The page of error codes, from their registry. */
import { errorCodes } from '@forpost/shared/errors.ts';
import { code, madeBy, table, words } from './markdown.ts';

export function errorCodesPage(): string {
  const rows = Object.entries(errorCodes).map(([name, { retryable, means, remedy }]) => [
    code(name),
    retryable ? 'yes' : 'no',
    words(means),
    words(remedy),
  ]);
  return `# Error codes
${madeBy}

An error has a stable code beside its message. «Retry» says whether the same attempt can succeed later; Forpost retries such errors by itself where it can.

${table(['code', 'retry', 'meaning', 'what to do'], rows)}
`;
}
