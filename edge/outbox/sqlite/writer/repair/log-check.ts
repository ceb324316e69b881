/**
 * Checks SQLite's write-ahead log before SQLite opens it: SQLite takes the first damaged frame for the end of the log
 * and silently drops all commits behind it. (File format: https://www.sqlite.org/fileformat2.html#walformat)
 *
 *   header │ frame │ frame │ damaged frame │ frame of the same salts: was written after it, so the log is damaged
 *                                          └ frames of other salts are of an older log: the damaged one was its end
 *
 * Always: the check only reads, a piece at a time. SQLite reads a log to its end if the check calls it whole.
 */

import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { words } from '@forpost/shared/texts/english.ts';

export const logHeaderBytes = 32;
export const frameHeaderBytes = 24;
const magic = 0x377f0682;
/** The most frames that are checked behind the end: the log is cut at 32 MB, and a reader may let it grow. */
const mostBehind = 100_000;

export interface LogDamage {
  /** in words */
  readonly message: string;
  /**
   * Whether more than one commit stands behind the damage. A single one may be the part of a commit that a power cut
   * left: it was never acknowledged, and SQLite rightly drops it.
   */
  readonly isSure: boolean;
}

/** What is wrong with the log; undefined: nothing, or there is no log. */
export function damageOfLog(file: string): LogDamage | undefined {
  let descriptor: number | undefined;
  try {
    descriptor = openSync(file, 'r');
    return damageIn(descriptor, fstatSync(descriptor).size);
  } catch {
    // missing or unreadable: SQLite reports it
    return undefined;
  } finally {
    if (descriptor !== undefined) closeSync(descriptor);
  }
}

function damageIn(descriptor: number, size: number): LogDamage | undefined {
  if (size < logHeaderBytes + frameHeaderBytes) return undefined;
  const header = Buffer.alloc(logHeaderBytes);
  readSync(descriptor, header, 0, logHeaderBytes, 0);
  // a power cut leaves zeros where no frame was written
  if (header.every((byte) => byte === 0)) return undefined;
  const kind = header.readUInt32BE(0);
  const isBig = kind === magic + 1;
  const pageBytes = header.readUInt32BE(8);
  if ((kind !== magic && !isBig) || !isPageSize(pageBytes)) return headerDamage;
  let sums = checksum(header, 0, 24, [0, 0], isBig);
  if (!isSame(sums, header, 24)) return headerDamage;

  const frame = Buffer.alloc(frameHeaderBytes + pageBytes);
  let brokenAt: number | undefined;
  let isBroken = false;
  let commits = 0;
  let behind = 0;
  for (let at = logHeaderBytes, n = 1; at + frame.length <= size; at += frame.length, n++) {
    readSync(descriptor, frame, 0, frame.length, at);
    const isOfThisLog = frame.compare(header, 16, 24, 8, 16) === 0;
    if (brokenAt === undefined) {
      const pageSums = checksum(frame, 0, 8, sums, isBig);
      const whole = checksum(frame, frameHeaderBytes, frame.length, pageSums, isBig);
      if (isOfThisLog && isSame(whole, frame, 16)) {
        sums = whole;
        continue;
      }
      brokenAt = n;
    } else isBroken ||= isOfThisLog;
    if (isOfThisLog && frame.readUInt32BE(4) !== 0) commits++;
    if (commits > 1 || ++behind > mostBehind) break;
  }
  if (!isBroken || brokenAt === undefined) return undefined;
  return {
    message: words('gateway/reason.outbox-frame', { frame: brokenAt }),
    isSure: commits > 1,
  };
}

const headerDamage: LogDamage = { message: words('gateway/reason.outbox-header'), isSure: true };

function isPageSize(bytes: number): boolean {
  return bytes >= 512 && bytes <= 65_536 && (bytes & (bytes - 1)) === 0;
}

type Sums = readonly [number, number];

function isSame([first, second]: Sums, bytes: Buffer, at: number): boolean {
  return first === bytes.readUInt32BE(at) && second === bytes.readUInt32BE(at + 4);
}

/** Section 4.2 of the file format: over pairs of 32-bit words, in the byte order that the magic number gives. */
function checksum(bytes: Buffer, from: number, to: number, [one, two]: Sums, isBig: boolean): Sums {
  let first = one | 0;
  let second = two | 0;
  for (let at = from; at < to; at += 8) {
    const a = isBig ? bytes.readInt32BE(at) : bytes.readInt32LE(at);
    const b = isBig ? bytes.readInt32BE(at + 4) : bytes.readInt32LE(at + 4);
    first = (first + a + second) | 0;
    second = (second + b + first) | 0;
  }
  return [first >>> 0, second >>> 0];
}
