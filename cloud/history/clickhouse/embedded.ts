/** (skeleton, see the next commit) */
import type { Executor, Parameters } from './executor.ts';

export class EmbeddedExecutor implements Executor {
  readonly place: string;

  /** `folder` is made where it is missing */
  constructor(folder: string) {
    this.place = folder;
  }

  async open(): Promise<void> {}
  async close(): Promise<void> {}
  async command(_sql: string): Promise<void> {}
  async query<Row>(_sql: string, _parameters: Parameters): Promise<Row[]> {
    return [];
  }
  async insert(_table: string, _lines: string): Promise<void> {}
}
