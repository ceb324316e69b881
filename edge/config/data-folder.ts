/**
 * The folder that holds everything this gateway keeps: made where it is missing, and taken for this process alone,
 * because a second gateway on the same folder would end the epochs of the first and forward its events as its own.
 *
 * Always: a disk that takes no writes any more is no reason not to alert: then nobody can take the folder, and nothing
 * is stored. What else keeps the folder from being used is one sentence that names it and the setting. The lock is
 * SQLite's on a file of its own, which the system takes back from a process that is killed: there is never a stale one.
 */
import { access, constants, mkdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { ForpostError, messageOf } from '@forpost/shared/errors.ts';
import { renameFile } from '@forpost/shared/files.ts';
import type { Part } from '@forpost/shared/lifecycle.ts';
import { codeOf } from '../outbox/sqlite/damage.ts';
import { isFailing, isReadOnly } from '../outbox/sqlite/disk-trouble.ts';
import { type Lock, lockFile } from '../outbox/sqlite/lock.ts';

export class DataFolder implements Part {
  readonly #folder: string;
  readonly #lockFile: string;
  #lock: Lock | undefined;

  constructor(folder: string) {
    this.#folder = folder;
    this.#lockFile = join(folder, 'gateway.lock');
  }

  /** @throws ForpostError FORPOST_DATA_FOLDER */
  async start(): Promise<void> {
    try {
      await mkdir(this.#folder, { recursive: true, mode: 0o700 });
      await access(this.#folder, constants.W_OK | constants.X_OK);
      this.#lock = await this.#takeLock();
    } catch (error) {
      if (isFailing(error, { isReadOnly: () => isReadOnly(this.#folder) })) return;
      throw this.#unusable(`cannot be used: ${messageOf(error)}; set "data" to a folder that can be written`, error);
    }
    if (this.#lock === undefined)
      throw this.#unusable('is in use by another gateway: stop that one, or give this one a folder of its own');
  }

  /** A lock file that is none (a torn disk, a restored backup) is held by nobody, and is put aside. */
  async #takeLock(): Promise<Lock | undefined> {
    try {
      return lockFile(this.#lockFile);
    } catch (error) {
      const found = await stat(this.#lockFile).catch(({ code }: NodeJS.ErrnoException) => code);
      const isNone = found === 'ELOOP' || (typeof found === 'object' && !found.isFile());
      if (codeOf(error) !== 'SQLITE_NOTADB' && !isNone) throw error;
      await rm(`${this.#lockFile}.damaged`, { recursive: true, force: true });
      await renameFile(this.#lockFile, `${this.#lockFile}.damaged`);
      return lockFile(this.#lockFile);
    }
  }

  async stop(): Promise<void> {
    this.#lock?.release();
    this.#lock = undefined;
  }

  #unusable(why: string, cause?: unknown): ForpostError {
    return new ForpostError('FORPOST_DATA_FOLDER', `the data folder ${this.#folder} ${why}`, { cause });
  }
}
