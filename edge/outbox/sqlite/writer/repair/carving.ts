/**
 * Finds events on the pages of a damaged database, without its b-trees. Each page is examined by itself, and a row
 * whose hash is right is an event, wherever it stands. So a damaged page of the tree, of the schema or of the log costs
 * only the events on it. (File format: https://www.sqlite.org/fileformat2.html)
 *
 * Always: a row with a wrong hash is never an event. A row without a hash (of an older version) counts as an event only
 * where every column looks like an event's. Bounded: one page at a time; a row may be found more than once.
 */
import type { StoredEvent } from '@forpost/shared/event/codec.ts';
import { isId, isLane } from '@forpost/shared/event/ids.ts';
import type { EventRow } from '../../event-rows.ts';
import { isAsWritten } from '../../row-hash.ts';
import type { PageImages } from './page-images.ts';

const leaf = 0x0a;
const interior = 0x02;
/** Page types without event rows: tables by rowid, and overflow pages, which begin with a page number below 2^24. */
const others = new Set([0x00, 0x05, 0x0d]);
/** Columns of `events`; files before version 5 lack the last one. */
const columns = 13;
/** Longer than any event's row. */
const longestRow = 32 * 2 ** 20;

/** Finds each event on the pages. */
export function* carve(images: PageImages): Iterable<EventRow> {
  for (const page of images.all()) {
    const kind = page[0] as number;
    if (others.has(kind)) continue;
    const { rows, isWhole } = rowsByPointers(page, kind === interior ? 12 : 8, images);
    yield* rows;
    if (isWhole || (rows.length === 0 && (kind === leaf || kind === interior))) continue;
    // the page's pointers cannot be trusted: each byte at which a row may begin is tried
    for (let at = 8; at < page.length - columns; at++) {
      const row = rowAt(page, at, images);
      if (row !== undefined) yield row;
    }
  }
}

function rowsByPointers(
  page: Buffer,
  headerBytes: number,
  images: PageImages,
): { readonly rows: readonly EventRow[]; readonly isWhole: boolean } {
  const count = page.readUInt16BE(3);
  const rows: EventRow[] = [];
  if (headerBytes + 2 * count > page.length) return { rows, isWhole: false };
  for (let n = 0; n < count; n++) {
    const at = page.readUInt16BE(headerBytes + 2 * n) + (headerBytes === 12 ? 4 : 0);
    const row = rowAt(page, at, images);
    if (row !== undefined) rows.push(row);
  }
  return { rows, isWhole: rows.length === count };
}

/** The event whose cell begins there; undefined: there is no unaltered one. */
function rowAt(page: Buffer, at: number, images: PageImages): EventRow | undefined {
  const size = varint(page, at);
  if (size === undefined || size.value < columns || size.value > longestRow) return undefined;
  // an event's first three columns: 16 characters, a lane, a whole number
  const begin = at + size.bytes;
  if (page[begin + 1] !== 45 || (page[begin + 2] !== 25 && page[begin + 2] !== 31)) return undefined;
  const payload = payloadAt(page, begin, size.value, images);
  return payload === undefined ? undefined : parseRow(payload);
}

/** Section 1.6: the rest of a long row is on a chain of overflow pages. */
function payloadAt(page: Buffer, begin: number, size: number, images: PageImages): Buffer | undefined {
  const usable = page.length;
  const most = Math.floor(((usable - 12) * 64) / 255) - 23;
  if (size <= most) return begin + size <= usable ? page.subarray(begin, begin + size) : undefined;
  const least = Math.floor(((usable - 12) * 32) / 255) - 23;
  const rest = least + ((size - least) % (usable - 4));
  const local = rest <= most ? rest : least;
  if (begin + local + 4 > usable) return undefined;
  const parts = [page.subarray(begin, begin + local)];
  let missing = size - local;
  for (let next = page.readUInt32BE(begin + local); missing > 0; ) {
    const overflow = next === 0 ? undefined : images.newest(next);
    if (overflow === undefined) return undefined;
    const part = overflow.subarray(4, 4 + Math.min(missing, usable - 4));
    parts.push(part);
    missing -= part.length;
    next = overflow.readUInt32BE(0);
  }
  return Buffer.concat(parts);
}

function parseRow(payload: Buffer): EventRow | undefined {
  const header = varint(payload, 0);
  if (header === undefined || header.value > payload.length) return undefined;
  const values: unknown[] = [];
  let body = header.value;
  for (let at = header.bytes; at < header.value; ) {
    const type = varint(payload, at);
    if (type === undefined) return undefined;
    at += type.bytes;
    const value = valueAt(payload, body, type.value);
    if (value === undefined) return undefined;
    values.push(value.value);
    body += value.bytes;
  }
  if (body !== payload.length) return undefined;
  return asEvent(values);
}

function asEvent(values: readonly unknown[]): EventRow | undefined {
  if (values.length !== columns && values.length !== columns - 1) return undefined;
  const [epoch, lane, sequence, type, device, time, received, clock, boot, uptime, data, totalBytes, hash = null] =
    values;
  const texts = [type, clock, boot, data];
  const numbers = [time, received, uptime, totalBytes];
  if (!isId(epoch) || !isLane(lane) || !Number.isSafeInteger(sequence) || (sequence as number) < 1) return undefined;
  if (texts.some((value) => typeof value !== 'string') || numbers.some((value) => typeof value !== 'number'))
    return undefined;
  if ((device !== null && typeof device !== 'string') || (hash !== null && typeof hash !== 'number')) return undefined;
  const event = { epoch, lane, sequence, type, device, time, received, clock, boot, uptime, data } as StoredEvent;
  if (!isAsWritten(event, totalBytes as number, hash) || (hash === null && !isPlausible(event))) return undefined;
  return { ...event, totalBytes: totalBytes as number, hash };
}

/** Whether a row without a hash looks like an event. */
function isPlausible({ type, data }: StoredEvent): boolean {
  if (!/^forpost\.[a-z.-]+\.v[0-9]+$/.test(type)) return false;
  try {
    JSON.parse(data);
    return true;
  } catch {
    return false;
  }
}

/** Section 2.1: a value by its serial type. */
function valueAt(
  bytes: Buffer,
  at: number,
  type: number,
): { readonly value: unknown; readonly bytes: number } | undefined {
  if (type === 0) return { value: null, bytes: 0 };
  if (type === 8 || type === 9) return { value: type - 8, bytes: 0 };
  if (type === 10 || type === 11) return undefined;
  const length = type >= 12 ? (type - (type % 2 === 0 ? 12 : 13)) / 2 : ([0, 1, 2, 3, 4, 6, 8, 8][type] as number);
  if (at + length > bytes.length) return undefined;
  if (type >= 12) return type % 2 === 0 ? undefined : { value: bytes.toString('utf8', at, at + length), bytes: length };
  if (type === 7) return { value: bytes.readDoubleBE(at), bytes: 8 };
  return { value: length === 8 ? Number(bytes.readBigInt64BE(at)) : bytes.readIntBE(at, length), bytes: length };
}

/**
 * Section 1.6: seven bits a byte; the high bit says that another byte follows. No value of ours is longer than 2^53.
 */
function varint(bytes: Buffer, from: number): { readonly value: number; readonly bytes: number } | undefined {
  let value = 0;
  for (let n = 0; n < 7; n++) {
    const byte = bytes[from + n];
    if (byte === undefined) return undefined;
    value = value * 128 + (byte & 0x7f);
    if (byte < 0x80) return { value, bytes: n + 1 };
  }
  return undefined;
}
