/**
 * A file of real blocks beside the database, deleted when the disk is full. Without it SQLite's log could not grow, and
 * then neither a DELETE nor a checkpoint would work. Its space is for the log, for shedding and for entries without a
 * sender.
 *
 *   laying (in chunks, while the disk has space) ──► laid ── the disk is full ──► deleted ── space again ──► laying
 *
 * Always: nothing here throws: where the disk refuses a chunk, the ballast stays smaller. Its bytes are random,
 * so that a file system that compresses, or leaves out zeros, keeps the blocks too.
 */
import { randomBytes } from 'node:crypto';
import { closeSync, fdatasyncSync, ftruncateSync, openSync, statSync, writeSync } from 'node:fs';

/** Bytes of one call: 0.1 s at the 10 MB/s of an SD card, during which a commit waits. */
const chunkBytes = 2 ** 20;

export class Ballast {
  readonly #file: string;
  readonly #wantedBytes: number;
  #bytes: number;

  constructor(file: string, wantedBytes: number) {
    this.#file = file;
    this.#wantedBytes = wantedBytes;
    this.#bytes = sizeOf(file);
  }

  /** bytes on disk now */
  get bytes(): number {
    return this.#bytes;
  }

  get missingBytes(): number {
    return Math.max(0, this.#wantedBytes - this.#bytes);
  }

  /** Lays one more chunk. @param spareBytes of the disk that it may take */
  lay(spareBytes: number): void {
    const bytes = Math.min(chunkBytes, this.missingBytes, Math.floor(spareBytes));
    if (bytes <= 0) return;
    this.#with('a', (file) => {
      writeSync(file, randomBytes(bytes));
      fdatasyncSync(file);
    });
  }

  /** Deletes the ballast. Returns whether there was any. */
  giveUp(): boolean {
    if (this.#bytes === 0) return false;
    return this.#with('r+', (file) => {
      ftruncateSync(file, 0);
      fdatasyncSync(file);
    });
  }

  #with(flags: string, use: (file: number) => void): boolean {
    try {
      const file = openSync(this.#file, flags, 0o600);
      try {
        use(file);
      } finally {
        closeSync(file);
      }
      return true;
    } catch {
      // the disk took less than asked for, or refused: the bytes on disk count
      return false;
    } finally {
      this.#bytes = sizeOf(this.#file);
    }
  }
}

/** The bytes of the file; 0 if there is none, so that nothing can be given back. */
function sizeOf(file: string): number {
  try {
    const found = statSync(file, { throwIfNoEntry: false });
    return found?.isFile() === true ? found.size : 0;
  } catch {
    // a symbolic link to itself
    return 0;
  }
}
