/**
 * A folder that a restore fills beside its final place and then renames.
 *
 *   free ── open ──► FOLDER.restoring, locked ── commit ──► [FOLDER ──► FOLDER.before-restore-…] ──► FOLDER, unlocked
 *     └── not empty, in use ──► refused, untouched
 *
 * Always: FOLDER is what it was, or whole. The folder of a killed restore is removed, that of a running one stays. An
 * existing empty folder keeps its mode and, for root, its owner; a new folder has mode 0700.
 */
import { existsSync, lstatSync, readdirSync, realpathSync, type Stats, statSync } from 'node:fs';
import { chmod, chown, mkdir, open, readdir, rename, rm } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { ForpostError, messageOf } from '@forpost/shared/errors.ts';
import { makeFolder, renameFile } from '@forpost/shared/files.ts';
import { type Lock, lockFile } from '../outbox/sqlite/lock.ts';
import { instanceFileName, readInstance } from './instance.ts';

const lockName = 'restore.lock';
const folderMode = 0o700;
const fileMode = 0o600;
const readByGroup = 0o050;

export interface RestoreFolderOptions {
  readonly folder: string;
  /** whether a folder with content is renamed and replaced */
  readonly replace: boolean;
  /** id of the backup: a folder that an unfinished restore of it has left may be replaced */
  readonly backup: string;
  /** YYYYMMDDTHHMMSS, for the name of a folder that is replaced */
  readonly stamp: string;
}

export class RestoreFolder {
  /** the folder itself, where a link leads to it */
  readonly folder: string;
  /** to be filled */
  readonly staging: string;
  readonly #options: RestoreFolderOptions;
  #lock: Lock | undefined;

  /** @throws ForpostError FORPOST_ARGUMENT_INVALID, FORPOST_BACKUP_FAILED: the folder cannot be taken */
  constructor(options: RestoreFolderOptions) {
    this.#options = options;
    this.folder = realOf(resolve(options.folder));
    this.staging = `${this.folder}.restoring`;
    this.#check();
  }

  /** Makes the staging folder, empty and locked. @throws ForpostError FORPOST_BACKUP_FAILED */
  async open(): Promise<void> {
    this.#checkLeftover();
    try {
      await makeFolder(dirname(this.folder));
      await mkdir(this.staging, { recursive: true, mode: folderMode });
      this.#lock = lockFile(join(this.staging, lockName));
    } catch (error) {
      const remedy = 'run this as the owner of the folder around it or as root, or name another folder';
      throw this.#failed(`${this.staging} cannot be made: ${messageOf(error)}; ${remedy}`, error);
    }
    if (this.#lock === undefined) throw this.#failed(`another restore is filling ${this.staging}: wait for its end`);
    // what a killed restore has left
    for (const name of await readdir(this.staging))
      if (!name.startsWith(lockName)) await rm(join(this.staging, name), { recursive: true, force: true });
  }

  /** A link or a folder of another user at the staging folder's place could lead the restore elsewhere. */
  #checkLeftover(): void {
    const left = statOf(this.staging);
    if (left === undefined || (left.isDirectory() && left.uid === process.geteuid?.())) return;
    throw this.#refused(`${this.staging} is in the way, and no restore of this user has left it: move it away`);
  }

  /** Gives the staging folder its final name. @returns the new name of the replaced folder */
  async commit(): Promise<string | undefined> {
    const old = statOf(this.folder);
    try {
      await settle(this.staging, ownerOf(old ?? statSync(dirname(this.folder))), old?.mode);
      const aside = await this.#makeRoom();
      await renameFile(this.staging, this.folder);
      // not before: another restore would take the folder for a leftover, and empty it
      await this.#unlock(this.folder);
      return aside;
    } catch (error) {
      await this.#unlock(this.staging);
      if (error instanceof ForpostError) throw error;
      const { code } = error as NodeJS.ErrnoException;
      const why = code === 'EBUSY' ? 'it is a mount: restore into a new folder within it' : messageOf(error);
      throw this.#failed(
        `${this.folder} cannot be replaced: ${why}; what was restored stands in ${this.staging}`,
        error,
      );
    }
  }

  /** Removes the staging folder, where it was opened. */
  async giveUp(): Promise<void> {
    if (this.#lock === undefined) return;
    await this.#unlock(this.staging);
    await rm(this.staging, { recursive: true, force: true });
  }

  async #unlock(folder: string): Promise<void> {
    await rm(join(folder, lockName), { force: true });
    this.#lock?.release();
    this.#lock = undefined;
  }

  /** Frees the folder's name. An empty folder may keep it, because a rename replaces that. */
  async #makeRoom(): Promise<string | undefined> {
    if (statOf(this.folder) === undefined || isEmpty(this.folder)) return undefined;
    if (this.#isUnfinished()) {
      await rm(this.folder, { recursive: true });
      return undefined;
    }
    this.#check();
    const name = `${this.folder}.before-restore-${this.#options.stamp}`;
    let aside = name;
    for (let n = 2; existsSync(aside); n++) aside = `${name}-${n}`;
    await rename(this.folder, aside);
    return aside;
  }

  #check(): void {
    const { replace } = this.#options;
    const stats = statOf(this.folder);
    if (stats === undefined || (stats.isDirectory() && isEmpty(this.folder))) return;
    if (!stats.isDirectory()) throw this.#refused(`${this.folder} is not a folder: name another one`);
    if (this.#isUnfinished()) return;
    if (!replace)
      throw this.#refused(
        `${this.folder} is not empty: name a new folder, or say --replace to rename this one and take its place`,
      );
    if (isInUse(this.folder)) throw this.#refused(`a gateway is running in ${this.folder}: stop it first`);
  }

  /** A killed restore of the same backup has renamed this data folder, and no gateway was started in it. */
  #isUnfinished(): boolean {
    const { folder } = this;
    return (
      existsSync(join(folder, instanceFileName)) &&
      !existsSync(join(folder, 'gateway.lock')) &&
      readInstance(folder)?.backup.id === this.#options.backup
    );
  }

  #refused(message: string): ForpostError {
    return new ForpostError('FORPOST_ARGUMENT_INVALID', message);
  }

  #failed(message: string, cause?: unknown): ForpostError {
    return new ForpostError('FORPOST_BACKUP_FAILED', message, { cause });
  }
}

function realOf(folder: string): string {
  try {
    return realpathSync(folder);
  } catch {
    return folder;
  }
}

function statOf(path: string): Stats | undefined {
  return lstatSync(path, { throwIfNoEntry: false });
}

function isEmpty(folder: string): boolean {
  return readdirSync(folder).length === 0;
}

/** Whether a running gateway has locked its data folder: this folder, or `data` within it. */
function isInUse(folder: string): boolean {
  return [folder, join(folder, 'data')].some((data) => {
    const file = join(data, 'gateway.lock');
    if (!existsSync(file)) return false;
    const lock = lockFile(file);
    lock?.release();
    return lock === undefined;
  });
}

interface Owner {
  readonly uid: number;
  readonly gid: number;
  /** the group may read: root owns the folder of a service */
  readonly forGroup: boolean;
}

/** The owner to set; undefined: the user who restores owns the files. */
function ownerOf({ uid, gid, mode }: Stats): Owner | undefined {
  if (process.geteuid?.() !== 0) return undefined;
  return { uid, gid, forGroup: uid === 0 && gid !== 0 && (mode & readByGroup) === readByGroup };
}

/** Gives everything in a folder its owner and mode, and syncs each folder. */
async function settle(folder: string, owner: Owner | undefined, mode = folderMode): Promise<void> {
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) await settle(path, owner);
    else if (owner !== undefined) {
      await chmod(path, owner.forGroup ? fileMode | 0o040 : fileMode);
      await chown(path, owner.uid, owner.gid);
    }
  }
  const handle = await open(folder, 'r');
  try {
    await handle.chmod((owner?.forGroup ? mode | readByGroup : mode) & 0o777);
    if (owner !== undefined) await handle.chown(owner.uid, owner.gid);
    await handle.sync();
  } finally {
    await handle.close();
  }
}
