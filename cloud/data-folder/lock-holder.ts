/** Names the process that holds a file, for the message to a second process. */
import { readFile, stat } from 'node:fs/promises';

/**
 * The id of the process that holds a lock on `file`, where the system names it (Linux: proc_locks(5)); undefined where no
 * other process holds one. ClickHouse also locks its folder itself, but where that fails it writes to the terminal in its
 * own words.
 */
export async function lockHolder(file: string): Promise<string | undefined> {
  try {
    const { dev, ino } = await stat(file, { bigint: true });
    const hex = (number: bigint) => number.toString(16).padStart(2, '0');
    const major = ((dev >> 8n) & 0xfffn) | ((dev >> 32n) & ~0xfffn);
    const minor = (dev & 0xffn) | ((dev >> 12n) & ~0xffn);
    const inode = `${hex(major)}:${hex(minor)}:${ino}`;
    // 1: FLOCK  ADVISORY  WRITE 708 08:02:393233 0 EOF
    const line = (await readFile('/proc/locks', 'utf8')).split('\n').find((text) => text.split(/\s+/).includes(inode));
    const pid = line?.split(/\s+/)[4];
    return pid === String(process.pid) ? undefined : pid;
  } catch (error) {
    if (error instanceof Error && 'code' in error) return undefined;
    throw error;
  }
}
