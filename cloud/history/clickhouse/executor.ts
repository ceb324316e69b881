/**
 * What the history needs of a ClickHouse, embedded or a server: run a statement, ask a query, insert lines.
 *
 * Always: a value reaches ClickHouse as a bound parameter (`{name:Type}`) or as a line of an insert's body, never as a
 * part of the statement's text. `insert` makes one part or none: all of its lines are readable, or none is.
 */

/** A value of a `{name:Type}` placeholder. Numbers are finite; whole ones are safe integers. */
export type Parameter = string | number;
export type Parameters = Readonly<Record<string, Parameter>>;

export interface Executor {
  /** for messages: a folder or an address without its password */
  readonly place: string;
  /** @throws ForpostError FORPOST_HISTORY_FAILED, in one line that says what to do */
  open(): Promise<void>;
  /** Safe to call twice, and before `open`; lets what runs finish. */
  close(): Promise<void>;
  /** A statement without an answer: CREATE, ALTER, … @throws ForpostError FORPOST_HISTORY_FAILED */
  command(sql: string): Promise<void>;
  /** The rows of a query, as JSON objects with 64-bit integers as text. @throws ForpostError FORPOST_HISTORY_FAILED */
  query<Row>(sql: string, parameters: Parameters): Promise<Row[]>;
  /**
   * Inserts JSON lines (JSONEachRow) into `table`; resolves when they are on disk.
   * @throws ForpostError FORPOST_HISTORY_FAILED
   */
  insert(table: string, lines: string): Promise<void>;
}
