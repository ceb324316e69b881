/**
 * ClickHouse inside this process (chdb), with its data in a folder.
 *
 * Always: chdb runs statements on libuv's threads, so that the event loop never waits for a statement. But a connection
 * runs one statement at a time, chdb chains all bound queries of a process, and each running or queued statement holds
 * one of libuv's four threads. So there are two sessions, one for reads and one for writes, and each hands over one
 * statement at a time: an insert never waits for a query, and two threads stay free. One process at a time may open the
 * folder (ClickHouse locks it, and the lock ends with the process).
 */
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ForpostError } from '@forpost/shared/errors.ts';
import { words } from '@forpost/shared/texts/english.ts';
import type { Session } from 'chdb';
import { lockHolder } from '../../data-folder/lock-holder.ts';
import { openError, openingProblem } from './damage.ts';
import {
  defaultDatabase,
  type Executor,
  historyError,
  insertSettings,
  type Parameters,
  parseRows,
  querySettings,
} from './executor.ts';

/** Most statements that may wait for their turn; the next one is refused at once. */
const maxWaiting = 10_000;

/** Runs one task at a time, in order. */
class Turns {
  #last: Promise<unknown> = Promise.resolve();
  #waiting = 0;

  run<Result>(task: () => Promise<Result>): Promise<Result> {
    if (this.#waiting >= maxWaiting)
      return Promise.reject(
        new ForpostError('FORPOST_HISTORY_FAILED', words('centre/reason.history-busy', { count: String(maxWaiting) })),
      );
    this.#waiting++;
    const turn = this.#last.then(task).finally(() => {
      this.#waiting--;
    });
    this.#last = turn.catch(() => undefined);
    return turn;
  }

  idle(): Promise<unknown> {
    return this.#last;
  }
}

interface Open {
  readonly reader: Session;
  readonly writer: Session;
  readonly drain: () => Promise<void>;
}

export class EmbeddedExecutor implements Executor {
  readonly place: string;
  readonly #reads = new Turns();
  readonly #writes = new Turns();
  #open: Open | undefined;

  /** `open` creates a missing `folder`. */
  constructor(folder: string) {
    this.place = folder;
  }

  async open(): Promise<void> {
    await mkdir(this.place, { recursive: true });
    const holder = await lockHolder(join(this.place, 'status'));
    if (holder !== undefined) throw this.#heldError(`process ${holder}`);
    // imported late: a centre with a ClickHouse server must not load these 500 MB of libraries
    const chdb = await import('chdb');
    const session = async () => {
      try {
        return new chdb.Session(this.place);
      } catch (error) {
        throw await this.#openingError(error);
      }
    };
    const first = await session();
    try {
      this.#open = { reader: first, writer: await session(), drain: chdb.drainPending };
    } catch (error) {
      first.close();
      throw error;
    }
    await this.command(`CREATE DATABASE IF NOT EXISTS ${defaultDatabase}`);
    await this.command(`USE ${defaultDatabase}`);
    const { reader } = this.#sessions();
    const settings = Object.entries(querySettings).map(([name, value]) => `${name} = ${value}`);
    await reader.queryAsync(`USE ${defaultDatabase}`);
    await reader.queryAsync(`SET ${settings.join(', ')}`);
  }

  async close(): Promise<void> {
    const open = this.#open;
    if (open === undefined) return;
    this.#open = undefined;
    await Promise.all([this.#reads.idle(), this.#writes.idle()]);
    open.reader.close();
    open.writer.close();
    await open.drain();
  }

  command(sql: string): Promise<void> {
    return this.#writes.run(async () => {
      const { writer } = this.#sessions();
      try {
        await writer.queryAsync(sql);
      } catch (error) {
        throw historyError((reason) => words('centre/reason.history-statement', { reason }), error);
      }
    });
  }

  query<Row>(sql: string, parameters: Parameters): Promise<Row[]> {
    return this.#reads.run(async () => {
      const { reader } = this.#sessions();
      try {
        const result = await reader.queryBindAsync(sql, parameters, { format: 'JSONEachRow' });
        return parseRows<Row>(result.text());
      } catch (error) {
        throw historyError((reason) => words('centre/reason.history-query', { reason }), error);
      }
    });
  }

  insert(table: string, lines: string): Promise<void> {
    return this.#writes.run(async () => {
      const { writer } = this.#sessions();
      try {
        await writer.insert({
          table,
          values: Buffer.from(lines, 'utf8'),
          format: 'JSONEachRow',
          settings: insertSettings,
        });
      } catch (error) {
        throw historyError((reason) => words('centre/reason.history-insert', { reason }), error);
      }
    });
  }

  #sessions(): Open {
    if (this.#open === undefined)
      throw new ForpostError('FORPOST_HISTORY_FAILED', words('centre/reason.history-closed'));
    return this.#open;
  }

  /** chdb reports only "failed". A probe in another process finds the reason; the folder's status file names the holder. */
  async #openingError(error: unknown): Promise<ForpostError> {
    const problem = await openingProblem(this.place);
    if (/Code: \d+/.test(problem) && !problem.includes('Cannot lock file'))
      return openError(this.place, problem, error);
    const status = await readFile(join(this.place, 'status'), 'utf8').catch(() => '');
    const pid = /PID: (\d+)/.exec(status)?.[1];
    const holder = pid === undefined || pid === String(process.pid) ? 'another process' : `process ${pid}`;
    return this.#heldError(`most likely ${holder}`, error);
  }

  #heldError(holder: string, cause?: unknown): ForpostError {
    return new ForpostError(
      'FORPOST_HISTORY_FAILED',
      words('centre/reason.history-held', { folder: this.place, holder }),
      { cause },
    );
  }
}
