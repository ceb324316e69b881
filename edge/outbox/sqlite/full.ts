/** Whether an error of SQLite says that the disk has no room. */
import { dirname } from 'node:path';
import { codeOf } from './damage.ts';
import { diskSpace } from './disk.ts';

/** What SQLite needs to open a file and write one transaction. */
const leastFreeBytes = 256 * 2 ** 10;

/** SQLite says SQLITE_FULL of a write, and of its shared memory or a new file only that it did not work. */
export function isFull(error: unknown, file: string): boolean {
  const code = codeOf(error) || (error instanceof Error ? codeOf(error.cause) : '');
  if (code === 'SQLITE_FULL') return true;
  const unsaid = code.startsWith('SQLITE_IOERR') || code.startsWith('SQLITE_CANTOPEN');
  return unsaid && diskSpace(dirname(file)).freeBytes < leastFreeBytes;
}
