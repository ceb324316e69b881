/**
 * A file of real blocks beside the database, given up when the disk is full: without it SQLite's log cannot grow, and
 * then not even a DELETE or a checkpoint works. Its room is for the log, for shedding and for what has no sender.
 *
 *   laying (a chunk at a time, while the disk has room) ──► laid ── the disk is full ──► given up ── room again ──► laying
 *
 * Always: nothing here throws: a ballast that cannot be laid is a smaller one. Its bytes are random, so that a file
 * system that compresses or leaves out zeros keeps the blocks too.
 */
import { randomBytes } from 'node:crypto';
import { closeSync, fdatasyncSync, ftruncateSync, openSync, statSync, writeSync } from 'node:fs';

/** What one call writes: at 10 MB/s of an SD card 0.1 s, in which a commit waits. */
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

  /** on disk now */
  get bytes(): number {
    return this.#bytes;
  }

  get missingBytes(): number {
    return Math.max(0, this.#wantedBytes - this.#bytes);
  }

  /** Lays one chunk more. `spareBytes`: what it may take of the disk at most. */
  lay(spareBytes: number): void {
    const bytes = Math.min(chunkBytes, this.missingBytes, Math.floor(spareBytes));
    if (bytes <= 0) return;
    this.#with('a', (file) => {
      writeSync(file, randomBytes(bytes));
      fdatasyncSync(file);
    });
  }

  /** Gives all of it back to the disk; whether there was any. */
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
      // the disk took less than was asked for, or refuses: what is there counts
      return false;
    } finally {
      this.#bytes = sizeOf(this.#file);
    }
  }
}

/** 0 of what is no file: whatever stands there is no room that could be given back. */
function sizeOf(file: string): number {
  try {
    const found = statSync(file, { throwIfNoEntry: false });
    return found?.isFile() === true ? found.size : 0;
  } catch {
    // a link to itself
    return 0;
  }
}
