/**
 * The hash of a row, kept in the row: a row that a disk gives back altered is known by it, wherever it is read.
 *
 * CRC-32 of everything that the row says, with the table's name, and 21 bits of its length above it: it finds every
 * flipped bit, every burst of up to 32 bits, and of other damage all but one in 2^32. `node:zlib` does it in 0.3 µs a
 * row; 53 bits of cyrb53 take 1.5 µs, SHA-1 0.6 µs, on the thread that everybody waits for.
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
  return hashOfText(
    `events\n${epoch}\n${lane}\n${sequence}\n${type}\n${device}\n${time}\n${received}\n${clock}\n${boot}\n${uptime}\n${totalBytes}\n${data}`,
  );
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
