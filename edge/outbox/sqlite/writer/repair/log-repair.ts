/**
 * Repairs flipped bits of SQLite's log. Each frame carries a 64-bit checksum that continues from the frame before;
 * where it is wrong, every single bit is tried.
 *
 *   frame with a wrong checksum ── flipping one bit makes it right ──► written back, and on to the next frame
 *     ├── several bits would, all of them on the page ──► the page stays, and the checksums from here on are computed
 *     │        again: SQLite reads all commits, and the rows' hashes show which row of that page is altered
 *     └── none does (several bits, or a commit torn by a power cut) ──► left as it is
 *
 * Always: after a kill the next start repairs the log in the same way. A bit is one write in place. New checksums are
 * written from the last one back to the damaged frame, so that the log ends there until all of them are written. A
 * repair needs no space on the disk. Bounded: `mostRepairs`, each of some tenths of a second.
 */
import { closeSync, fstatSync, fsyncSync, openSync, readSync, writeSync } from 'node:fs';
import { frameHeaderBytes, logHeaderBytes } from './log-check.ts';

const mostRepairs = 8;
const magic = 0x377f0682;
/** Over the first two words of a frame's header, and over the log's header without its checksum. */
const frameHeadBytes = 8;
const logHeadBytes = 24;

/** Returns how many bits were repaired. Never throws: SQLite reports a log that cannot be read or written. */
export function repairLog(file: string): number {
  let descriptor: number | undefined;
  try {
    descriptor = openSync(file, 'r+');
    return repair(descriptor, fstatSync(descriptor).size);
  } catch {
    return 0;
  } finally {
    if (descriptor !== undefined) closeSync(descriptor);
  }
}

function repair(descriptor: number, size: number): number {
  if (size < logHeaderBytes) return 0;
  const header = Buffer.alloc(logHeaderBytes);
  readSync(descriptor, header, 0, logHeaderBytes, 0);
  let repairs = 0;
  const put = (at: number, bytes: Buffer, from: number) => {
    writeSync(descriptor, bytes, from - (from % 4), 4, at + from - (from % 4));
    fsyncSync(descriptor);
    repairs++;
  };
  if (!isRight(header, logHeadBytes, [0, 0], header)) {
    const [place, other] = flippedBits(header, logHeadBytes, [0, 0], header, logHeadBytes);
    if (place === undefined || other !== undefined) return 0;
    flip(place, logHeadBytes, header, header, logHeadBytes);
    put(0, header, place.byte);
  }
  const pageBytes = header.readUInt32BE(8);
  if (header.readUInt32BE(0) !== magic || pageBytes < 512 || pageBytes > 65_536) return repairs;

  const frameBytes = frameHeaderBytes + pageBytes;
  const frameAt = (at: number): Frame | undefined => {
    if (at + frameBytes > size) return undefined;
    const frame = Buffer.alloc(frameBytes);
    readSync(descriptor, frame, 0, frameBytes, at);
    // the bytes that the checksum covers: without the salts and the checksum itself
    return { frame, covered: Buffer.concat([frame.subarray(0, frameHeadBytes), frame.subarray(frameHeaderBytes)]) };
  };
  let sums: Sums = [header.readUInt32BE(24), header.readUInt32BE(28)];
  let at = logHeaderBytes;
  for (let read = frameAt(at); read !== undefined; at += frameBytes, read = frameAt(at)) {
    const { frame, covered } = read;
    const saltBit = oneBitBetween(frame.subarray(8, 16), header.subarray(16, 24));
    if (saltBit === 'more') return repairs;
    const right = isRight(covered, covered.length, sums, frame.subarray(16));
    if (!right || saltBit !== 'none') {
      if (repairs >= mostRepairs) return repairs;
      if (right) {
        header.copy(frame, 8, 16, 24);
        put(at, frame, 8 + (saltBit === 'none' ? 0 : saltBit));
      } else {
        if (saltBit !== 'none') return repairs;
        const places = flippedBits(covered, covered.length, sums, frame, 16);
        const [place, other] = places;
        if (place === undefined) return repairs;
        if (other === undefined) {
          flip(place, covered.length, covered, frame, 16);
          // behind the head, 16 bytes of salts and checksum are left out
          const inFrame =
            place.byte >= covered.length
              ? place.byte - covered.length + 16
              : place.byte + (place.byte < frameHeadBytes ? 0 : 16);
          if (place.byte < covered.length) frame[inFrame] = covered[place.byte] as number;
          put(at, frame, inFrame);
        } else {
          if (places.some(({ byte }) => byte < frameHeadBytes || byte >= covered.length)) return repairs;
          for (const [where, bytes] of newSums(frameAt, frameBytes, at, sums, header).toReversed()) {
            writeSync(descriptor, bytes, 0, 8, where + 16);
            if (where === at) break;
          }
          fsyncSync(descriptor);
          repairs++;
          readSync(descriptor, frame, 0, frameHeaderBytes, at);
        }
      }
    }
    sums = [frame.readUInt32BE(16), frame.readUInt32BE(20)];
  }
  return repairs;
}

interface Frame {
  readonly frame: Buffer;
  readonly covered: Buffer;
}

/** The new checksums of this frame and of all frames behind it, by their places in the file. */
function newSums(
  frameAt: (at: number) => Frame | undefined,
  frameBytes: number,
  from: number,
  before: Sums,
  header: Buffer,
): readonly (readonly [number, Buffer])[] {
  const made: [number, Buffer][] = [];
  let sums = before;
  let stored: Sums | undefined;
  for (let at = from, read = frameAt(at); read !== undefined; at += frameBytes, read = frameAt(at)) {
    const { frame, covered } = read;
    // the end of the frames of this log
    if (frame.compare(header, 16, 24, 8, 16) !== 0) break;
    if (stored !== undefined && !isRight(covered, covered.length, stored, frame.subarray(16))) break;
    stored = [frame.readUInt32BE(16), frame.readUInt32BE(20)];
    sums = checksum(wordsOf(covered, covered.length), sums);
    const bytes = Buffer.alloc(8);
    bytes.writeUInt32BE(sums[0], 0);
    bytes.writeUInt32BE(sums[1], 4);
    made.push([at, bytes]);
  }
  return made;
}

type Sums = readonly [number, number];

/** The log's own checksum: over pairs of little-endian words, as the magic number says. */
function checksum(bytes: Int32Array, [one, two]: Sums): Sums {
  let first = one | 0;
  let second = two | 0;
  for (let n = 0; n < bytes.length; n += 2) {
    first = (first + (bytes[n] as number) + second) | 0;
    second = (second + (bytes[n + 1] as number) + first) | 0;
  }
  return [first >>> 0, second >>> 0];
}

function wordsOf(bytes: Buffer, length: number): Int32Array {
  const copy = new Uint8Array(length);
  copy.set(bytes.subarray(0, length));
  return new Int32Array(copy.buffer);
}

/** Whether the two words of `stored` are the checksum of the first `length` bytes. */
function isRight(bytes: Buffer, length: number, sums: Sums, stored: Buffer): boolean {
  const [first, second] = checksum(wordsOf(bytes, length), sums);
  const at = stored === bytes ? length : 0;
  return first === stored.readUInt32BE(at) && second === stored.readUInt32BE(at + 4);
}

interface BitPlace {
  /** from `length` on: a bit of the checksum */
  readonly byte: number;
  readonly bit: number;
}

/**
 * Every single bit whose flip makes the checksum right: of the first `length` bytes, or of the checksum `at` in
 * `stored`. The high bits of many words have the same effect.
 */
function flippedBits(bytes: Buffer, length: number, sums: Sums, stored: Buffer, at: number): readonly BitPlace[] {
  const words = wordsOf(bytes, length);
  const [first, second] = [stored.readUInt32BE(at), stored.readUInt32BE(at + 4)];
  const [isFirst, isSecond] = checksum(words, sums);
  const computed = Buffer.alloc(8);
  computed.writeUInt32BE(isFirst, 0);
  computed.writeUInt32BE(isSecond, 4);
  const found: BitPlace[] = [];
  const ofChecksum = oneBitBetween(computed, stored.subarray(at, at + 8));
  if (typeof ofChecksum === 'number') {
    const difference = (computed[ofChecksum] as number) ^ (stored[at + ofChecksum] as number);
    found.push({ byte: length + ofChecksum, bit: 31 - Math.clz32(difference) });
  }
  for (let n = 0; n < words.length; n++)
    for (let bit = 0; bit < 32; bit++) {
      words[n] = (words[n] as number) ^ (1 << bit);
      const [one, two] = checksum(words, sums);
      if (one === first && two === second) found.push({ byte: 4 * n + (bit >> 3), bit: bit & 7 });
      words[n] = (words[n] as number) ^ (1 << bit);
    }
  return found;
}

function flip({ byte, bit }: BitPlace, length: number, bytes: Buffer, stored: Buffer, at: number): void {
  const [buffer, place] = byte < length ? ([bytes, byte] as const) : ([stored, at + byte - length] as const);
  buffer[place] = (buffer[place] as number) ^ (1 << bit);
}

/**
 * The byte in which two pieces differ by one bit. none: the pieces are equal; more: they differ in more than one bit.
 */
function oneBitBetween(one: Buffer, other: Buffer): number | 'none' | 'more' {
  let found: number | 'none' = 'none';
  for (let n = 0; n < one.length; n++) {
    const difference = (one[n] as number) ^ (other[n] as number);
    if (difference === 0) continue;
    if (found !== 'none' || (difference & (difference - 1)) !== 0) return 'more';
    found = n;
  }
  return found;
}
