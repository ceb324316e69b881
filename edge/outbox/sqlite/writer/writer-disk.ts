/**
 * The disk as the writer sees it: everything beside SQL that it asks of the system. `FileDisk` is the real one; the
 * simulation has one in memory, so that the very same writer runs on both.
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

/** What there is of a damaged file, and the new one. */
export interface DamagedFile {
  /** with our tables, and nothing in them */
  readonly target: Database.Database;
  readonly images: PageImages;
  /** the damaged file as SQLite reads it; undefined: it cannot be opened */
  readonly damaged: Database.Database | undefined;
}

export interface WriterDisk {
  /** for messages */
  readonly file: string;
  readonly ballast: Pick<Ballast, 'bytes' | 'missingBytes' | 'lay' | 'giveUp'>;
  /** Opens the outbox's file. @throws as `openDatabase` does */
  open(): Database.Database;
  /**
   * Has `take` fill a new file with what it can read of the damaged one, puts that one aside and the new one in its place.
   * Returns the new names of the damaged one, the database first. Killed at any point it begins or goes on again at the
   * next `open` or `rescue`. @throws where that cannot be: the damaged file is where it was
   */
  rescue(take: (from: DamagedFile) => void): readonly string[];
  /** Puts the file aside, whatever it is. Returns its new names, the database first. */
  putAside(): readonly string[];
  /** Puts flipped bits of the log right: see log-repair.ts; before the file is opened. How many those were. */
  repairLog(): number;
  /** see `damageOfLog` of log-check.ts; before the file is opened */
  logDamage(): LogDamage | undefined;
  /** see `damageIn` of damage.ts */
  damage(): string | undefined;
  /** the list of epochs beside the file; none where it cannot be read */
  readEpochs(): EpochList;
  /** Replaces the list. false where it cannot be written: the older one has to do for now. */
  writeEpochs(list: EpochList): boolean;
  /** see high-numbers.ts */
  readonly numbers: Pick<HighNumbersFile, 'read' | 'note' | 'close'>;
  space(): DiskSpace;
  /** the file system takes no writes */
  isReadOnly(): boolean;
  /** of SQLite's log */
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

  /** `stamp`: appended to the name of a file that is put aside. */
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

  rescue(take: (from: DamagedFile) => void): readonly string[] {
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
        take({ target, images, damaged });
      } finally {
        damaged?.close();
        // looking at it made these
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

  /** The new file is whole: the damaged one goes aside, as far as it has not, and the new one takes its name. */
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
