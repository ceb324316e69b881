/**
 * Every page in a database's files, whether SQLite uses it or not: the pages of the database and of all frames of its
 * log, older versions included. carving.ts decides which rows on them to believe.
 *
 * Always: the files are read a piece at a time. A piece that the disk does not return is read page by page, and an
 * unreadable page is passed over.
 */
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { frameHeaderBytes, logHeaderBytes } from './log-check.ts';

export interface PageImages {
  readonly pageBytes: number;
  /** bytes of the database and its log */
  readonly totalBytes: number;
  /** The buffer is used again for the next image. */
  all(): Iterable<Buffer>;
  /** The newest readable image of a page, by its number from 1; undefined: there is none. */
  newest(page: number): Buffer | undefined;
  close(): void;
}

const defaultPageBytes = 4096;
const pieceBytes = 2 ** 20;

/** The pages of a database file and of its log, as far as the two exist. */
export class FileImages implements PageImages {
  readonly pageBytes: number;
  readonly totalBytes: number;
  readonly #database: Source;
  readonly #log: Source;
  readonly #frameOf = new Map<number, number>();

  constructor(file: string) {
    this.#database = new Source(file);
    this.#log = new Source(`${file}-wal`);
    this.pageBytes = this.#pageBytes();
    this.totalBytes = this.#database.size + this.#log.size;
    for (let at = logHeaderBytes; at + frameHeaderBytes + this.pageBytes <= this.#log.size; at += this.#frameBytes) {
      const head = this.#log.read(at, frameHeaderBytes);
      if (head !== undefined) this.#frameOf.set(head.readUInt32BE(0), at + frameHeaderBytes);
    }
  }

  get #frameBytes(): number {
    return frameHeaderBytes + this.pageBytes;
  }

  *all(): Iterable<Buffer> {
    const { pageBytes } = this;
    yield* this.#database.pieces(0, pageBytes, 0);
    yield* this.#log.pieces(logHeaderBytes, this.#frameBytes, frameHeaderBytes);
  }

  newest(page: number): Buffer | undefined {
    const frame = this.#frameOf.get(page);
    const { pageBytes } = this;
    return frame === undefined
      ? this.#database.read((page - 1) * pageBytes, pageBytes)
      : this.#log.read(frame, pageBytes);
  }

  close(): void {
    this.#database.close();
    this.#log.close();
  }

  /** The page size by both headers, each of which may be damaged. */
  #pageBytes(): number {
    const inDatabase = this.#database.read(16, 2)?.readUInt16BE(0);
    const inLog = this.#log.read(8, 4)?.readUInt32BE(0);
    const isSize = (bytes: number | undefined) =>
      bytes !== undefined && bytes >= 512 && bytes <= 65_536 && (bytes & (bytes - 1)) === 0;
    if (isSize(inLog) && inLog !== undefined) return inLog;
    return isSize(inDatabase) && inDatabase !== undefined && inDatabase === defaultPageBytes
      ? inDatabase
      : defaultPageBytes;
  }
}

class Source {
  readonly size: number;
  readonly #descriptor: number | undefined;

  constructor(file: string) {
    let descriptor: number | undefined;
    let size = 0;
    try {
      descriptor = openSync(file, 'r');
      size = fstatSync(descriptor).size;
    } catch {
      // missing, or unreadable
    }
    this.#descriptor = descriptor;
    this.size = size;
  }

  read(at: number, length: number): Buffer | undefined {
    if (this.#descriptor === undefined || at < 0 || at + length > this.size) return undefined;
    const buffer = Buffer.allocUnsafe(length);
    try {
      return readSync(this.#descriptor, buffer, 0, length, at) === length ? buffer : undefined;
    } catch {
      return undefined;
    }
  }

  /** The pieces of `step` bytes behind `from`, each without its first `skip` bytes. */
  *pieces(from: number, step: number, skip: number): Iterable<Buffer> {
    const many = Math.max(1, Math.floor(pieceBytes / step)) * step;
    for (let at = from; at + step <= this.size; at += many) {
      const length = Math.floor(Math.min(many, this.size - at) / step) * step;
      const piece = this.read(at, length);
      for (let n = 0; n < length; n += step) {
        const one = piece?.subarray(n, n + step) ?? this.read(at + n, step);
        if (one !== undefined) yield one.subarray(skip);
      }
    }
  }

  close(): void {
    if (this.#descriptor !== undefined) closeSync(this.#descriptor);
  }
}
