/** Memory of a process, by the system's count. */
import { readFile } from 'node:fs/promises';

/** MB (10^6 bytes) resident; NaN on a system without /proc. */
export async function residentMb(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return '';
    throw error;
  });
  const kib = /^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1];
  return kib === undefined ? Number.NaN : (Number(kib) * 1024) / 1e6;
}
