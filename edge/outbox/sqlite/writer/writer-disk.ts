/**
 * The writer's disk: everything besides SQL that the writer asks of the system. `FileDisk` is the real one; the
 * simulation has one in memory, so that the same writer runs on both.
 */
import { closeSync, existsSync, fsyncSync, openSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { replaceFileSync } from '@forpost/shared/files.ts';
import Database from 'better-sqlite3';
import { type EpochList, noEpochs, parseList, printList } from '../../epoch-list.ts';
import { damageIn } from '../damage.ts';
import { isReadOnly } from '../disk-trouble.ts';
import { registerRowHash } from '../row-hash.ts';
import { HighNumbersFile } from './high-numbers.ts';
import { dropAsideForRoom, openDatabase, openPlain, putAside, removeDatabase } from './opening.ts';
import { damageOfLog, type LogDamage } from './repair/log-check.ts';
import { repairLog } from './repair/log-repair.ts';
import { FileImages, type PageImages } from './repair/page-images.ts';
import { Ballast } from './space/ballast.ts';
import { type DiskSpace, diskSpace, fileBytes, writtenBytes } from './space/disk.ts';

/** The readable parts of a damaged file, and the new file. */
export interface DamagedFile {
  /** the new file: our tables without rows */
  readonly target: Database.Database;
  readonly images: PageImages;
  /** the damaged file opened by SQLite; undefined: SQLite cannot open it */
  readonly damaged: Database.Database | undefined;
}

export interface WriterDisk {
  /** the path, for messages */
  readonly file: string;
  readonly ballast: Pick<Ballast, 'bytes' | 'missingBytes' | 'lay' | 'giveUp'>;
  /** Opens the outbox's file. @throws the errors of `openDatabase` */
  open(): Database.Database;
  /**
   * Has `fill` fill a new file from the damaged one, puts the damaged file aside, and gives the new file its name.
   * After a kill at any point the next `open` or `rescue` begins again or goes on. @returns the new names of the
   * damaged file, the database first @throws where that fails: the damaged file stays in its place
   */
  rescue(fill: (from: DamagedFile) => void): readonly string[];
  /** Puts the file aside, whatever it is. @returns its new names, the database first */
  putAside(): readonly string[];
  /** Repairs flipped bits of the log, before the file is opened: see repair/log-repair.ts. @returns how many */
  repairLog(): number;
  /** Checks the log before the file is opened: see `damageOfLog` of repair/log-check.ts. */
  logDamage(): LogDamage | undefined;
  /** Checks the open file: see `damageIn` of ../damage.ts. */
  damage(): string | undefined;
  /** the list of epochs beside the file; empty where it cannot be read */
  readEpochs(): EpochList;
  /** Replaces the list. false: it cannot be written, and the older one stays. */
  writeEpochs(list: EpochList): boolean;
  /** see high-numbers.ts */
  readonly numbers: Pick<HighNumbersFile, 'read' | 'note' | 'close'>;
  space(): DiskSpace;
  /** whether the file system takes no writes */
  isReadOnly(): boolean;
  /** bytes of SQLite's log */
  logBytes(): number;
  /** see `writtenBytes` of disk.ts */
  writtenBytes(): number | null;
}

export class FileDisk implements WriterDisk {
  readonly file: string;
  readonly ballast: Ballast;
  readonly numbers: HighNumbersFile;
  readonly #stamp: string;
  readonly #epochsFile: string;

  /** @param stamp appended to the name of a file that is put aside */
  constructor(file: string, ballastBytes: number, stamp: string) {
    this.file = file;
    this.ballast = new Ballast(`${file}.ballast`, ballastBytes);
    this.#stamp = stamp;
    this.#epochsFile = `${file}.epochs`;
    this.numbers = new HighNumbersFile(`${file}.numbers`);
  }

  open(): Database.Database {
    removeDatabase(`${this.file}.rescuing`);
    this.#finishRescue();
    return openDatabase(this.file);
  }

  rescue(fill: (from: DamagedFile) => void): readonly string[] {
    const begun = `${this.file}.rescuing`;
    removeDatabase(begun);
    dropAsideForRoom(this.file, this.space().freeBytes);
    const target = openPlain(begun);
    try {
      const besides = ['-wal', '-shm'].map((suffix) => this.file + suffix).filter((name) => !existsSync(name));
      const images = new FileImages(this.file);
      const damaged = attempt(() => new Database(this.file, { readonly: true, fileMustExist: true }));
      try {
        if (damaged !== undefined) registerRowHash(damaged);
        fill({ target, images, damaged });
      } finally {
        damaged?.close();
        // SQLite made these files when it opened the damaged one
        for (const name of besides) rmSync(name, { force: true });
        images.close();
      }
      target.close();
      syncFile(begun);
      renameSync(begun, `${this.file}.rescued`);
    } catch (error) {
      if (target.open) target.close();
      removeDatabase(begun);
      throw error;
    }
    return this.#finishRescue();
  }

  /** The new file is whole: puts the damaged one aside, where that is not done yet, and renames the new one. */
  #finishRescue(): readonly string[] {
    const rescued = `${this.file}.rescued`;
    if (!existsSync(rescued)) return [];
    const moved = putAside(this.file, this.#stamp);
    renameSync(rescued, this.file);
    attempt(() => syncFile(dirname(this.file)));
    return moved;
  }

  putAside(): readonly string[] {
    return putAside(this.file, this.#stamp);
  }

  repairLog(): number {
    return existsSync(`${this.file}.rescued`) ? 0 : repairLog(`${this.file}-wal`);
  }

  logDamage(): LogDamage | undefined {
    return existsSync(`${this.file}.rescued`) ? undefined : damageOfLog(`${this.file}-wal`);
  }

  damage(): string | undefined {
    return damageIn(this.file);
  }

  readEpochs(): EpochList {
    try {
      return parseList(readFileSync(this.#epochsFile, 'utf8'));
    } catch {
      return noEpochs;
    }
  }

  writeEpochs(list: EpochList): boolean {
    try {
      replaceFileSync(this.#epochsFile, printList(list));
      return true;
    } catch {
      return false;
    }
  }

  space(): DiskSpace {
    return diskSpace(dirname(this.file));
  }

  isReadOnly(): boolean {
    return isReadOnly(dirname(this.file));
  }

  logBytes(): number {
    return fileBytes(`${this.file}-wal`);
  }

  writtenBytes(): number | null {
    return writtenBytes();
  }
}

function syncFile(path: string): void {
  const descriptor = openSync(path, 'r');
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

function attempt<T>(run: () => T): T | undefined {
  try {
    return run();
  } catch {
    return undefined;
  }
}
