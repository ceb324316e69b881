/**
 * Locks the centre's data folder for one process: two would overwrite each other's log-ins, dead letters and commands. The
 * lock is SQLite's, on a file of its own; the system releases it when the process is killed.
 */
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { ForpostError, messageOf } from '@forpost/shared/errors.ts';
import { makeFolder } from '@forpost/shared/files.ts';
import type { Part } from '@forpost/shared/lifecycle.ts';
import { lockHolder } from './lock-holder.ts';

const busy = 5;

export class DataLock implements Part {
  readonly #folder: string;
  readonly #file: string;
  #database: DatabaseSync | undefined;

  constructor(folder: string) {
    this.#folder = folder;
    this.#file = join(folder, 'centre.lock');
  }

  /** @throws ForpostError FORPOST_DATA_FOLDER */
  async start(): Promise<void> {
    try {
      await makeFolder(this.#folder);
      this.#database = new DatabaseSync(this.#file, { timeout: 0 });
      // nothing is ever written: with a journal on disk a full disk would prevent the lock
      this.#database.exec('PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE');
    } catch (error) {
      await this.stop();
      if (error instanceof Error && 'errcode' in error && error.errcode === busy)
        throw new ForpostError(
          'FORPOST_DATA_FOLDER',
          `the data folder ${this.#folder} cannot be used: ${await this.#holder()} has it open (each centre needs its own folder: stop the other centre, or give this one another "data")`,
        );
      throw new ForpostError(
        'FORPOST_DATA_FOLDER',
        `the data folder ${this.#folder} cannot be used: ${messageOf(error)}; set "data" to a folder that can be written`,
        { cause: error },
      );
    }
  }

  async #holder(): Promise<string> {
    const pid = await lockHolder(this.#file);
    return pid === undefined ? 'another centre' : `process ${pid}`;
  }

  async stop(): Promise<void> {
    this.#database?.close();
    this.#database = undefined;
  }
}
