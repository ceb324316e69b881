/**
 * The data folder, which holds everything that the gateway keeps: made where it is missing, and locked for this process,
 * because a second gateway in the same folder would end the epochs of the first and forward its events as its own.
 *
 * Always: a disk that takes no writes stops no start, because alarms must go on; then the folder has no lock, and nothing
 * is stored. Any other obstacle is one sentence that names the folder and the setting. The lock is SQLite's on a file of
 * its own: the system releases it when the process dies, so there is never a stale one.
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
      this.#lock = await this.#acquireLock();
    } catch (error) {
      if (isFailing(error, { isReadOnly: () => isReadOnly(this.#folder) })) return;
      throw this.#unusable(`cannot be used: ${messageOf(error)}; set "data" to a folder that can be written`, error);
    }
    if (this.#lock === undefined)
      throw this.#unusable('is in use by another gateway: stop that one, or give this one a folder of its own');
  }

  /** A damaged lock file (a torn disk, a restored backup) locks nothing: it is renamed to ….damaged. */
  async #acquireLock(): Promise<Lock | undefined> {
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
