/**
 * The history's interface to a ClickHouse, embedded or on a server: run a statement, run a query, insert lines.
 *
 * Always: a value reaches ClickHouse as a bound parameter (`{name:Type}`) or as a line of an insert's body, never as a
 * part of the statement's text. `insert` makes one part or none: all of its lines are readable, or none.
 */
import { type ErrorCode, ForpostError, messageOf } from '@forpost/shared/errors.ts';
import { words } from '@forpost/shared/texts/english.ts';

/** A value of a `{name:Type}` placeholder. Numbers are finite; whole ones are safe integers. */
export type Parameter = string | number;
export type Parameters = Readonly<Record<string, Parameter>>;

export interface Executor {
  /** for messages: a folder, or an address without its password */
  readonly place: string;
  /** @throws ForpostError FORPOST_HISTORY_FAILED; its message is one line and says what to do */
  open(): Promise<void>;
  /** Waits for running statements. Safe to call twice, and before `open`. */
  close(): Promise<void>;
  /** A statement without an answer: CREATE, ALTER, … @throws ForpostError FORPOST_HISTORY_FAILED */
  command(sql: string): Promise<void>;
  /** The rows of a query; 64-bit integers come as text. @throws ForpostError FORPOST_HISTORY_FAILED */
  query<Row>(sql: string, parameters: Parameters): Promise<Row[]>;
  /**
   * Inserts JSON lines (JSONEachRow) into `table`; resolves when they are on disk.
   * @throws ForpostError FORPOST_HISTORY_FAILED
   */
  insert(table: string, lines: string): Promise<void>;
}

/** The name of the database, unless the address names another one. */
export const defaultDatabase = 'forpost';

/** Limits of a query's time (s) and memory (bytes), so that one careless chart does not take the centre's memory. */
export const querySettings = {
  output_format_json_quote_64bit_integers: 1,
  max_execution_time: 30,
  max_memory_usage: 2_000_000_000,
} as const;

/**
 * One insert is one block and so one part, whatever its size. ClickHouse answers when the part is on disk, because the
 * tables' settings ask for fsync.
 */
export const insertSettings = {
  async_insert: 0,
  input_format_parallel_parsing: 0,
  max_insert_block_size: 10_000_000,
  min_insert_block_size_rows: 10_000_000,
  min_insert_block_size_bytes: 1_000_000_000,
} as const;

/** JSONEachRow's text as rows. */
export function parseRows<Row>(text: string): Row[] {
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Row);
}

/** An error with ClickHouse's message in one line, without its stack trace and version. `sentence` says what failed. */
export function historyError(
  sentence: (reason: string) => string,
  error: unknown,
  code: ErrorCode = 'FORPOST_HISTORY_FAILED',
): ForpostError {
  const said = messageOf(error)
    .replace(/\s+/g, ' ')
    .replace(/ \(version .*$/, '')
    .slice(0, 500);
  const full = /NOT_ENOUGH_SPACE|No space left on device/.test(said);
  const reason = full ? words('centre/reason.history-disk-full', { said }) : said;
  return new ForpostError(code, sentence(reason), { cause: error });
}
