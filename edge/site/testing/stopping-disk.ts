/** A disk for tests that stops at a call, as a kill -9 would: that call and every later one does nothing and fails. */
import { readRecovered, renameAt, replaceAt } from '@forpost/shared/files/replacing.ts';
import { awaited, type System, waiting } from '@forpost/shared/files/system.ts';
import { type SiteDisk, siteDisk } from '../disk.ts';

/** `calls`: how many system calls are made before the stop. */
export function stoppingDisk(calls: number): SiteDisk {
  let made = 0;
  const counted =
    <Args extends readonly unknown[], T>(call: (...args: Args) => T) =>
    (...args: Args): T => {
      made++;
      if (made > calls) throw new Error('the disk has stopped');
      return call(...args);
    };
  const system = Object.fromEntries(
    Object.entries(waiting).map(([name, call]) => [name, counted(call as (...args: unknown[]) => unknown)]),
  ) as unknown as System;
  return {
    ...siteDisk,
    read: async (path) => (await awaited(readRecovered(system, path))).toString('utf8'),
    replace: (path, text, options = {}) => awaited(replaceAt(system, path, text, options)),
    rename: (from, to) => awaited(renameAt(system, from, to)),
    remove: async (path) => counted(siteDisk.remove)(path),
    makeFolder: async (path, mode) => counted(siteDisk.makeFolder)(path, mode),
  };
}
