/**
 * Whether an error says that the disk is at fault, and neither the file nor the configuration: trying again later may
 * help.
 */
import { accessSync, constants } from 'node:fs';
import { codeOf } from './damage.ts';

/** Free bytes that SQLite needs to open a file and write one transaction. */
export const leastFreeBytes = 256 * 2 ** 10;

/** SQLite reports SQLITE_FULL for a write, but only a general error for its shared memory or a new file. */
export function isFull(error: unknown, disk: { space(): { readonly freeBytes: number } }): boolean {
  const code = sqliteCode(error);
  if (code === 'SQLITE_FULL') return true;
  const isGeneral = code.startsWith('SQLITE_IOERR') || code.startsWith('SQLITE_CANTOPEN');
  return isGeneral && disk.space().freeBytes < leastFreeBytes;
}

/** A disk that refuses writes (worn out, or its file system found errors and went read-only), or that fails in them. */
export function isFailing(error: unknown, disk: { isReadOnly(): boolean }): boolean {
  return isOfDisk(error) || sqliteCode(error).startsWith('SQLITE_IOERR') || disk.isReadOnly();
}

export function isReadOnly(folder: string): boolean {
  try {
    accessSync(folder, constants.W_OK);
    return false;
  } catch (error) {
    return isOfDisk(error);
  }
}

function isOfDisk(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return code === 'EROFS' || code === 'EIO';
}

function sqliteCode(error: unknown): string {
  return codeOf(error) || (error instanceof Error ? codeOf(error.cause) : '');
}
