/**
 * A restore from the page: the backup comes in parts, is unpacked beside the running gateway, and is taken at a restart.
 *
 *   none ── parts ──► coming ── the last part ──► here ── passphrase ──► staged ── take ──► the gateway ends; its next
 *     ▲                 └── a gap: says how much is here   ├── wrong, damaged: here              start takes it (staged-restore.ts)
 *     └───────────────── discarded ◄───────────────────────┘
 *
 * Always: until `take` the running gateway and its files are untouched; a kill leaves none, here or staged; the backup is
 * no larger than the disk can hold twice; one call at a time. The passphrase stands in no file, argument or log.
 */
import { existsSync, statSync } from 'node:fs';
import { open, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { ForpostError } from '@forpost/shared/errors.ts';
import { makeFolder, renameFile, replaceFile } from '@forpost/shared/files.ts';
import { type Words, words } from '@forpost/shared/texts/english.ts';
import { Turns } from '@forpost/shared/turns.ts';
import type { RestoreDesk, RestoreState, StagedRestore } from '../console/restore-desk.ts';
import { diskSpace } from '../outbox/sqlite/writer/space/disk.ts';
import { commitRestore, partName, restoreFolderName, stagedDataName, stagedName } from './staged-restore.ts';

export interface RestoreStagingOptions {
  /** this box's gateway.yaml */
  readonly configFile: string;
  /** the data folder */
  readonly data: string;
  /** Unpacks a backup into a new folder. @throws ForpostError with the reason in words */
  readonly unpack: (file: string, folder: string, data: string, passphrase: string) => Promise<StagedRestore>;
  /** ends the gateway, whose supervisor starts it again */
  readonly endProcess: () => void;
  readonly now: () => number;
}

/** Left free on the disk, for the gateway that goes on meanwhile. */
const spareBytes = 128 * 1024 * 1024;
const stateName = 'staged.json';
const noRoom = ['ENOSPC', 'EDQUOT'];

export class RestoreStaging implements RestoreDesk {
  readonly #options: RestoreStagingOptions;
  readonly #folder: string;
  readonly #turns = new Turns();
  /** size of the backup that is arriving; undefined: none is */
  #size: number | undefined;
  /** the process is about to end: nothing may be changed any more */
  #isCommitted = false;

  constructor(options: RestoreStagingOptions) {
    this.#options = options;
    this.#folder = join(options.data, restoreFolderName);
  }

  state(): Promise<RestoreState> {
    return this.#turns.run(() => this.#state());
  }

  /**
   * Appends a part at its place. `size`: of the whole backup. A part at 0 begins anew; another place than the end changes
   * nothing, and the answer says how much is here. @throws ForpostError FORPOST_BACKUP_FAILED: the disk has no room
   */
  part(at: number, size: number, bytes: Uint8Array): Promise<RestoreState> {
    return this.#changing(async () => {
      if (at === 0) await this.#begin(size);
      if (this.#size !== size || at !== sizeOf(this.#part) || at + bytes.length > size) return this.#state();
      await this.#append(bytes, at + bytes.length === size);
      if (at + bytes.length === size) {
        await renameFile(this.#part, this.#whole);
        this.#size = undefined;
      }
      return this.#state();
    });
  }

  /** Unpacks the backup that is here. @throws ForpostError with the reason in words: nothing was changed */
  stage(passphrase: string): Promise<RestoreState> {
    return this.#changing(async () => {
      const staged = join(this.#folder, stagedName);
      if (!existsSync(this.#whole)) throw failed(words('gateway/reason.restore-no-backup'));
      await this.#unstage();
      const restored = await this.#options.unpack(this.#whole, staged, join(staged, stagedDataName), passphrase);
      await replaceFile(join(this.#folder, stateName), JSON.stringify(restored));
      return this.#state();
    });
  }

  /** Commits what is staged, and ends the gateway. @throws ForpostError FORPOST_BACKUP_FAILED: nothing was changed */
  commit(): Promise<void> {
    return this.#changing(async () => {
      const { configFile, data, now, endProcess } = this.#options;
      const state = await this.#state();
      if (state.state !== 'staged') throw failed(words('gateway/reason.restore-not-staged'));
      const [problem] = state.staged.problems;
      if (problem !== undefined) throw failed(words('gateway/reason.restore-no-start', { reason: problem }));
      await commitRestore(configFile, data, state.staged.configFile, now());
      this.#isCommitted = true;
      endProcess();
    });
  }

  discard(): Promise<RestoreState> {
    return this.#changing(async () => {
      await this.#remove();
      return this.#state();
    });
  }

  get #part(): string {
    return join(this.#folder, partName);
  }

  get #whole(): string {
    return join(this.#folder, 'backup.tar.age');
  }

  async #begin(size: number): Promise<void> {
    // the disk holds the backup twice: as it came, and unpacked
    if (size * 2 + spareBytes > diskSpace(this.#options.data).freeBytes)
      throw failed(words('gateway/reason.restore-no-room', { mb: String(Math.ceil(size / 1e6)) }));
    await this.#remove();
    await makeFolder(this.#folder);
    this.#size = size;
  }

  /** A disk that is full meanwhile gets the room back, because the gateway needs it for its events. */
  async #append(bytes: Uint8Array, isLast: boolean): Promise<void> {
    const size = this.#size ?? 0;
    try {
      const file = await open(this.#part, 'a', 0o600);
      try {
        await file.writeFile(bytes);
        if (isLast) await file.sync();
      } finally {
        await file.close();
      }
    } catch (error) {
      if (!noRoom.includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
      await this.#remove();
      throw failed(words('gateway/reason.restore-no-room', { mb: String(Math.ceil(size / 1e6)) }));
    }
  }

  async #remove(): Promise<void> {
    this.#size = undefined;
    await rm(this.#folder, { recursive: true, force: true });
  }

  /** The description goes first: without it the folder is a leftover. */
  async #unstage(): Promise<void> {
    await rm(join(this.#folder, stateName), { force: true });
    await rm(join(this.#folder, stagedName), { recursive: true, force: true });
  }

  async #state(): Promise<RestoreState> {
    const size = sizeOf(this.#whole);
    if (existsSync(this.#whole)) {
      const staged = await this.#staged();
      return staged === undefined ? { state: 'here', size } : { state: 'staged', size, staged };
    }
    return this.#size === undefined
      ? { state: 'none' }
      : { state: 'coming', received: sizeOf(this.#part), size: this.#size };
  }

  async #staged(): Promise<StagedRestore | undefined> {
    try {
      return JSON.parse(await readFile(join(this.#folder, stateName), 'utf8')) as StagedRestore;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      throw error;
    }
  }

  /** As `#inTurn`, and refused once the process is about to become the restored gateway. */
  #changing<T>(run: () => Promise<T>): Promise<T> {
    return this.#turns.run(() => {
      if (this.#isCommitted) throw failed(words('gateway/reason.restore-committed'));
      return run();
    });
  }
}

function sizeOf(file: string): number {
  return statSync(file, { throwIfNoEntry: false })?.size ?? 0;
}

function failed(message: Words): ForpostError {
  return new ForpostError('FORPOST_BACKUP_FAILED', message);
}
