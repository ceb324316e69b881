/** (skeleton, see the next commit) */
import type { Executor, Parameters } from './executor.ts';

export class HttpExecutor implements Executor {
  readonly place: string;

  /** `url`: http://user:password@host:8123/database */
  constructor(url: string) {
    this.place = url;
  }

  async open(): Promise<void> {}
  async close(): Promise<void> {}
  async command(_sql: string): Promise<void> {}
  async query<Row>(_sql: string, _parameters: Parameters): Promise<Row[]> {
    return [];
  }
  async insert(_table: string, _lines: string): Promise<void> {}
}
