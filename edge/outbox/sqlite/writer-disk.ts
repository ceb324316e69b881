/**
 * The disk as the writer sees it: everything beside SQL that it asks of the system. `FileDisk` is the real one; the
 * simulation has one in memory, so that the very same writer runs on both.
 */
import { readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { replaceFileSync } from '@forpost/shared/files.ts';
import Database from 'better-sqlite3';
import { type EpochList, noEpochs, parseList, printList } from '../epoch-list.ts';
import { Ballast } from './ballast.ts';
import { damageIn } from './damage.ts';
import { type DiskSpace, diskSpace, fileBytes, writtenBytes } from './disk.ts';
import { isReadOnly } from './disk-trouble.ts';
import { openDatabase, putAside } from './opening.ts';

export interface WriterDisk {
  /** for messages */
  readonly file: string;
  readonly ballast: Pick<Ballast, 'bytes' | 'missingBytes' | 'lay' | 'giveUp'>;
  /** Opens the outbox's file. @throws as `openDatabase` does */
  open(): Database.Database;
  /** Puts the file aside, whatever it is. Returns its new names, the database first. */
  putAside(): readonly string[];
  /** see `damageIn` of damage.ts */
  damage(): string | undefined;
  /** Opens a file that was put aside, for reading. @throws where it cannot be */
  openAside(name: string): Database.Database;
  /** the list of epochs beside the file; none where it cannot be read */
  readEpochs(): EpochList;
  /** Replaces the list. false where it cannot be written: the older one has to do for now. */
  writeEpochs(list: EpochList): boolean;
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
  readonly #stamp: string;
  readonly #epochsFile: string;

  /** `stamp`: appended to the name of a file that is put aside. */
  constructor(file: string, ballastBytes: number, stamp: string) {
    this.file = file;
    this.ballast = new Ballast(`${file}.ballast`, ballastBytes);
    this.#stamp = stamp;
    this.#epochsFile = `${file}.epochs`;
  }

  open(): Database.Database {
    return openDatabase(this.file);
  }

  putAside(): readonly string[] {
    return putAside(this.file, this.#stamp);
  }

  damage(): string | undefined {
    return damageIn(this.file);
  }

  openAside(name: string): Database.Database {
    return new Database(name, { readonly: true, fileMustExist: true });
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
