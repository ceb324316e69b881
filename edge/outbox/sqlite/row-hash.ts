/**
 * The hash of a row, kept in the row: a row that a disk gives back altered is known by it, wherever it is read.
 *
 * CRC-32 of a row's texts, into which its numbers are mixed by steps that can all be undone, and 21 bits of the texts'
 * length above it: so it finds whatever is altered in one value within 32 bits, and of other damage all but one in 2^32.
 * It takes 0.4 µs a row on the writer’s thread, which every acknowledgement waits for; numbers written as text would
 * take three times that, 53 bits of cyrb53 1.5 µs, SHA-1 0.6 µs.
 *
 * Always: a row without a hash is of a version that had none, and is taken as it is.
 */
import { crc32 } from 'node:zlib';
import type { StoredEvent } from '@forpost/shared/event/codec.ts';
import type Database from 'better-sqlite3';

const lengthMask = 0x1fffff;

/** An event as its row has it; `totalBytes` is the row's `total_bytes`. */
export function hashOfEvent(event: StoredEvent, totalBytes: number): number {
  const { epoch, lane, sequence, type, device, time, received, clock, boot, uptime, data } = event;
  const text = `${epoch}\n${lane}\n${type}\n${device}\n${clock}\n${boot}\n${data}`;
  let hash = mixed(crc32(text), sequence);
  hash = mixed(hash, time);
  hash = mixed(hash, received);
  hash = mixed(hash, uptime);
  hash = mixed(hash, totalBytes);
  return (text.length & lengthMask) * 2 ** 32 + (hash >>> 0);
}

const double = new Float64Array(1);
const words = new Uint32Array(double.buffer);

/** Each step can be undone: where one number differs, so does what comes out. */
function mixed(hash: number, value: number): number {
  // SQLite keeps no -0
  double[0] = value + 0;
  const first = Math.imul(hash ^ (words[0] as number), 0x9e3779b1);
  return Math.imul(first ^ (first >>> 15) ^ (words[1] as number), 0x85ebca6b);
}

/** Whether a row is as it was written. */
export function isAsWritten(event: StoredEvent, totalBytes: number, hash: number | null): boolean {
  return isOfItsTypes(event) && (hash === null || hash === hashOfEvent(event, totalBytes));
}

/** SQLite keeps whatever stands in a column: a bit may make bytes of a text, which read the same. */
function isOfItsTypes({ type, device, time, received, clock, boot, uptime, data }: StoredEvent): boolean {
  return (
    typeof type === 'string' &&
    (device === null || typeof device === 'string') &&
    typeof time === 'number' &&
    typeof received === 'number' &&
    typeof clock === 'string' &&
    typeof boot === 'string' &&
    typeof uptime === 'number' &&
    typeof data === 'string'
  );
}

/** Of the other tables: the name, then every value in the order of the columns. */
export function hashOfRow(table: string, values: readonly unknown[]): number {
  return hashOfText(`${table}\n${values.map(inText).join('\n')}`);
}

/** The same for SQL: `row_hash(table, value, …)`. */
export function registerRowHash(db: Database.Database): void {
  db.function('row_hash', { deterministic: true, varargs: true }, (table: unknown, ...values: unknown[]) =>
    hashOfRow(String(table), values),
  );
}

function inText(value: unknown): string {
  return value instanceof Uint8Array ? `bytes ${crc32(value)} ${value.length}` : `${typeof value} ${value}`;
}

function hashOfText(text: string): number {
  return (text.length & lengthMask) * 2 ** 32 + crc32(text);
}

/** Whether a flipped bit makes one whole number of the other. */
export function isOneBitAway(one: number, other: number): boolean {
  if (!Number.isSafeInteger(one) || !Number.isSafeInteger(other)) return false;
  const difference = BigInt(one) ^ BigInt(other);
  return difference !== 0n && (difference & (difference - 1n)) === 0n;
}
