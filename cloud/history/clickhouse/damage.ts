/**
 * Finds by ClickHouse's error codes why an embedded history did not open: damaged files, or another cause, such as a full
 * disk or missing rights. Only a damaged history is put aside.
 */
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { ForpostError } from '@forpost/shared/errors.ts';
import { words } from '@forpost/shared/texts/english.ts';
import type { Message } from '@forpost/shared/texts/message.ts';
import { message } from '@forpost/shared/texts/texts.ts';
import type { Executor } from './executor.ts';
import { sql } from './sql.ts';

/**
 * ClickHouse's codes for files that are empty, torn or foreign (src/Common/ErrorCodes.cpp): CANNOT_PARSE_TEXT,
 * CANNOT_PARSE_INPUT_ASSERTION_FAILED, ATTEMPT_TO_READ_AFTER_EOF, CANNOT_READ_ALL_DATA, CHECKSUM_DOESNT_MATCH,
 * SYNTAX_ERROR, CANNOT_PARSE_NUMBER, FILE_DOESNT_EXIST, NO_FILE_IN_DATA_PART, UNEXPECTED_FILE_IN_DATA_PART,
 * BAD_SIZE_OF_FILE_IN_DATA_PART, TOO_MANY_UNEXPECTED_DATA_PARTS, CORRUPTED_DATA, CANNOT_DECOMPRESS, INCORRECT_DATA.
 */
const damageCodes = new Set([6, 27, 32, 33, 40, 62, 72, 107, 117, 226, 227, 228, 231, 246, 271]);
/** Codes that wrap another error: the code inside counts. */
const wrappers = new Set([695, 722, 1000, 1001]);

const probe = fileURLToPath(new URL('open-probe.mjs', import.meta.url));
const mostWords = 16_384;
const probeDeadlineMs = 120_000;

/** Opens `folder` in a process of its own and returns ClickHouse's words from standard error. Never rejects. */
export function openingProblem(folder: string): Promise<string> {
  const { promise, resolve } = Promise.withResolvers<string>();
  let words = '';
  const child = spawn(process.execPath, [probe, folder], {
    stdio: ['ignore', 'ignore', 'pipe'],
    timeout: probeDeadlineMs,
    killSignal: 'SIGKILL',
  });
  child.stderr.setEncoding('utf8').on('data', (piece: string) => {
    if (words.length < mostWords) words += piece.slice(0, mostWords);
  });
  child.on('error', () => resolve(words));
  child.on('close', () => resolve(words));
  return promise;
}

/** The error for a failed open of a folder that no other process is known to hold. */
export function openError(place: string, printed: string, error: unknown): ForpostError {
  const line = printed.replace(/\s+/g, ' ');
  const codes = [...line.matchAll(/Code: (\d+)/g)]
    .map(([, code]) => Number(code))
    .filter((code) => !wrappers.has(code));
  const said = sentenceOf(line);
  if (codes.some((code) => damageCodes.has(code)))
    return new ForpostError(
      'FORPOST_HISTORY_DAMAGED',
      words('centre/reason.history-damaged', { folder: place, said }),
      {
        cause: error,
      },
    );
  return new ForpostError('FORPOST_HISTORY_FAILED', words('centre/reason.history-unopened', { folder: place, said }), {
    cause: error,
  });
}

/** ClickHouse's innermost message, shortened and made printable, because it may quote a damaged file's content. */
function sentenceOf(words: string): string {
  const inner = words.slice(words.lastIndexOf('DB::Exception: ') + 'DB::Exception: '.length);
  return (words.includes('DB::Exception: ') ? inner : words)
    .replace(/[^\x20-\x7e]+/g, '?')
    .replace(/ \(version .*$/, '')
    .replace(/[\s\]:]+$/, '')
    .slice(0, 300);
}

/** Names the parts that ClickHouse leaves out because their files are damaged; undefined where there are none. */
export async function brokenParts(executor: Executor): Promise<Message | undefined> {
  const rows = await executor.query<{ readonly table: string; readonly parts: string }>(sql.brokenParts, {});
  if (rows.length === 0) return undefined;
  const parts = rows.map(({ table, parts: count }) => message('centre/reason.parts-of', { count, table }));
  return message('centre/problem.history-parts', { parts: { list: parts } });
}
