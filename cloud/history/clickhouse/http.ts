/**
 * A ClickHouse server or cluster, through its HTTP interface.
 *
 * Always: values travel as `param_…` in the address, escaped as the interface requires; inserts travel as the body. The
 * server answers only when the statement is done (`wait_end_of_query`), so that status 200 means success. A proxy may
 * change statuses and a server may fail while it answers, so an answer with `X-ClickHouse-Exception-Code` or with an
 * exception in its body is an error, whatever its status. Errors carry ClickHouse's own words and never the password.
 */
import { ForpostError } from '@forpost/shared/errors.ts';
import { words } from '@forpost/shared/texts/english.ts';
import {
  defaultDatabase,
  type Executor,
  historyError,
  insertSettings,
  type Parameter,
  type Parameters,
  parseRows,
  querySettings,
} from './executor.ts';

/** How long a request waits for a server that does not answer. */
const defaultDeadlines = {
  /** for queries, which ClickHouse ends after 30 s (`querySettings`) */
  quickMs: 60_000,
  /** for statements, and for queries without a time limit of their own; fetch itself waits no longer than 300 s */
  patientMs: 290_000,
};
const withoutTimeLimit = 'max_execution_time = 0';

export class HttpExecutor implements Executor {
  readonly place: string;
  readonly #origin: string;
  readonly #database: string;
  readonly #headers: Readonly<Record<string, string>>;

  readonly #deadlines: typeof defaultDeadlines;

  /** `url`: http://user:password@host:8123/database; the default database is "forpost". */
  constructor(url: string, deadlines = defaultDeadlines) {
    this.#deadlines = deadlines;
    const parsed = new URL(url);
    this.#origin = parsed.origin;
    this.#database = decodeURIComponent(parsed.pathname.replace(/^\/+|\/+$/g, '')) || defaultDatabase;
    this.place = `${parsed.origin}/${this.#database}`;
    if (!/^[A-Za-z_][A-Za-z0-9_]{0,63}$/.test(this.#database))
      throw new ForpostError(
        'FORPOST_CONFIG_INVALID',
        `${this.place}: the database's name may contain only A-Z, a-z, 0-9 and _`,
      );
    this.#headers =
      parsed.username === ''
        ? {}
        : {
            'X-ClickHouse-User': decodeURIComponent(parsed.username),
            'X-ClickHouse-Key': decodeURIComponent(parsed.password),
          };
  }

  async open(): Promise<void> {
    await this.#post(
      { database: 'default' },
      `CREATE DATABASE IF NOT EXISTS ${this.#database}`,
      this.#deadlines.quickMs,
    );
  }

  async close(): Promise<void> {}

  async command(sql: string): Promise<void> {
    await this.#post({}, sql, this.#deadlines.patientMs);
  }

  async query<Row>(sql: string, parameters: Parameters): Promise<Row[]> {
    const search: Record<string, Parameter> = { default_format: 'JSONEachRow', ...querySettings };
    for (const [name, value] of Object.entries(parameters)) search[`param_${name}`] = escapeParameter(value);
    const { quickMs, patientMs } = this.#deadlines;
    const text = await this.#post(search, sql, sql.includes(withoutTimeLimit) ? patientMs : quickMs);
    try {
      return parseRows<Row>(text);
    } catch (error) {
      throw historyError((said) => words('centre/reason.history-no-json', { where: this.place, said }), error);
    }
  }

  async insert(table: string, lines: string): Promise<void> {
    const search = { query: `INSERT INTO ${table} FORMAT JSONEachRow`, ...insertSettings };
    await this.#post(search, lines, this.#deadlines.quickMs);
  }

  async #post(search: Readonly<Record<string, Parameter>>, body: string, deadlineMs: number): Promise<string> {
    const address = new URL(this.#origin);
    address.searchParams.set('database', this.#database);
    address.searchParams.set('wait_end_of_query', '1');
    for (const [name, value] of Object.entries(search)) address.searchParams.set(name, String(value));
    let answer: { readonly refused: boolean; readonly status: number; readonly text: string };
    try {
      const response = await fetch(address, {
        method: 'POST',
        headers: this.#headers,
        body,
        redirect: 'error',
        signal: AbortSignal.timeout(deadlineMs),
      });
      const refused = !response.ok || response.headers.has('X-ClickHouse-Exception-Code');
      answer = { refused, status: response.status, text: await response.text() };
    } catch (error) {
      const cause = error instanceof Error && error.cause !== undefined ? error.cause : error;
      throw historyError(
        (reason) => words('centre/reason.history-silent', { where: this.place, error: reason }),
        cause,
      );
    }
    const refused = (reason: string) =>
      words('centre/reason.history-refused-by', { where: this.place, status: String(answer.status), reason });
    if (answer.refused) throw historyError(refused, answer.text);
    const exception = exceptionIn(answer.text);
    if (exception !== undefined) throw historyError(refused, exception);
    return answer.text;
  }
}

/**
 * The exception of a server that failed after it had begun to answer. It stands at the end of the body, on a line of its
 * own (https://clickhouse.com/docs/interfaces/http, "HTTP response codes caveats"). No row of JSONEachRow looks like it.
 */
function exceptionIn(text: string): string | undefined {
  return /^Code: \d+\. DB::Exception: .*/ms.exec(text.slice(-maxExceptionCharacters))?.[0];
}

/** Large, because an exception may quote the query. */
const maxExceptionCharacters = 65_536;

const escapes: Readonly<Record<string, string>> = {
  '\\': '\\\\',
  '\0': '\\0',
  '\b': '\\b',
  '\f': '\\f',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
};

/** Escapes a parameter's value for ClickHouse's HTTP interface: the Escaped format, in which a tab ends the value. */
export function escapeParameter(value: Parameter): string {
  return String(value).replace(/[\\\0\b\f\n\r\t]/g, (character) => escapes[character] ?? character);
}
