/** The simulated disk's database: real SQLite in memory, its bytes, and its pages for repairs. */
import Database from 'better-sqlite3';
import { initialise } from '../../../edge/outbox/sqlite/writer/opening.ts';
import type { PageImages } from '../../../edge/outbox/sqlite/writer/repair/page-images.ts';

/** Small pages, so that few events fill a file. */
export const pageBytes = 512;

/** SQLite in memory; asks before each commit whether it may succeed. */
export class SimulatedDatabase extends Database {
  beforeCommit: () => void = () => undefined;

  constructor(file: Buffer) {
    // its published types do not list a Buffer: a file in memory
    super(file as unknown as string);
    // prepared once for each text: restarting gateways prepare all statements again
    const prepare = this.prepare.bind(this);
    const prepared = new Map<string, Database.Statement>();
    this.prepare = ((sql: string) => {
      const statement = prepared.get(sql) ?? prepare(sql);
      prepared.set(sql, statement);
      return statement;
    }) as typeof this.prepare;
  }

  override exec(sql: string): this {
    if (sql === 'commit') this.beforeCommit();
    return super.exec(sql);
  }

  override transaction<F extends (...args: never[]) => unknown>(run: F): Database.Transaction<F> {
    const checked = (...args: Parameters<F>) => {
      const result = run(...args);
      this.beforeCommit();
      return result;
    };
    return super.transaction(checked as unknown as F);
  }

  /** The file outlives every connection: see `end`. */
  override close(): this {
    return this;
  }

  end(): void {
    super.close();
  }
}

/** the bytes of a database with the outbox’s tables and no event */
export const newFile: Buffer = (() => {
  const db = new Database(':memory:');
  db.pragma(`page_size = ${pageBytes}`);
  initialise(db);
  const file = db.serialize();
  db.close();
  return file;
})();

/** `file`: all bytes of a database. */
export function imagesOf(file: Buffer): PageImages {
  const page = (n: number) => file.subarray((n - 1) * pageBytes, n * pageBytes);
  const pages = file.length / pageBytes;
  return {
    pageBytes,
    totalBytes: file.length,
    *all() {
      for (let n = 1; n <= pages; n++) yield page(n);
    },
    newest: (n) => (n >= 1 && n <= pages ? page(n) : undefined),
    close: () => undefined,
  };
}
