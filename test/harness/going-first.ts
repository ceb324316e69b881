/**
 * The priority of a probe. Devices and displays of a real site are other machines: the time that a probe waits for a core
 * must not count as the gateway's.
 *
 * Always: afterwards the thread has the nice value that it had before, whatever the caller's priority is.
 */
import { getPriority } from 'node:os';
import { setNice } from '@forpost/shared/priority.ts';

/** nice value of a probe, as setpriority(2) counts it */
export const probeNice = -10;

/** Runs `work` with the nice value of a probe. `first` is false where the system does not allow that. */
export async function goingFirst<T>(work: () => Promise<T>): Promise<{ readonly result: T; readonly first: boolean }> {
  const before = getPriority();
  const first = setNice(probeNice);
  try {
    return { result: await work(), first };
  } finally {
    if (first) setNice(before);
  }
}
