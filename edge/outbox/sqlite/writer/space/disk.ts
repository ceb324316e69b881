/** The writer's questions to the system about its disk. */
import { readFileSync, statfsSync, statSync } from 'node:fs';

export interface DiskSpace {
  readonly freeBytes: number;
  readonly totalBytes: number;
}

/** The space of the file system that holds `folder`, for this user. Infinite where the system does not say. */
export function diskSpace(folder: string): DiskSpace {
  try {
    const { bavail, blocks, bsize } = statfsSync(folder);
    return { freeBytes: bavail * bsize, totalBytes: blocks * bsize };
  } catch {
    return { freeBytes: Number.POSITIVE_INFINITY, totalBytes: Number.POSITIVE_INFINITY };
  }
}

/**
 * Bytes that this thread has written to storage since it began, by Linux (write_bytes of proc_pid_io(5)): the database,
 * its log and the ballast, because this thread writes nothing else. null: unknown
 */
export function writtenBytes(): number | null {
  try {
    const line = /^write_bytes: (\d+)$/m.exec(readFileSync('/proc/thread-self/io', 'latin1'));
    return line === null ? null : Number(line[1]);
  } catch {
    return null;
  }
}

export function fileBytes(file: string): number {
  return statSync(file, { throwIfNoEntry: false })?.size ?? 0;
}
