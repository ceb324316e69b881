/**
 * The calls that the site's document makes to the disk. A test puts a disk in their place that stops at a call, as a kill
 * -9 would.
 */
import { type FileHandle, open, readdir, realpath, rm, stat } from 'node:fs/promises';
import { makeFolder, readWhole, renameFile, replaceFile, type WriteOptions } from '@forpost/shared/files.ts';

export interface SiteDisk {
  /** The text of a file, also after a power cut while it was replaced. @throws the file system's error */
  read(path: string): Promise<string>;
  /** The first `bytes` of a file. @throws the file system's error */
  begin(path: string, bytes: number): Promise<string>;
  /** Replaces a whole file, or creates it; on disk when it resolves. @throws an error with the system's code, in words */
  replace(path: string, text: string, options?: WriteOptions): Promise<void>;
  /** @throws the file system's error */
  rename(from: string, to: string): Promise<void>;
  remove(path: string): Promise<void>;
  /** names and sizes of a folder's files; undefined: there is no such folder */
  list(folder: string): Promise<readonly { readonly name: string; readonly bytes: number }[] | undefined>;
  makeFolder(path: string, mode: number): Promise<void>;
  /** the file that links lead to */
  target(path: string): Promise<string>;
  /** permission bits */
  mode(path: string): Promise<number>;
}

export const siteDisk: SiteDisk = {
  read: readWhole,
  replace: replaceFile,
  rename: renameFile,
  remove: (path) => rm(path, { force: true }),
  makeFolder,
  target: (path) => realpath(path),
  mode: async (path) => (await stat(path)).mode & 0o777,

  async begin(path, bytes) {
    let file: FileHandle | undefined;
    try {
      file = await open(path, 'r');
      const buffer = Buffer.alloc(bytes);
      const { bytesRead } = await file.read(buffer, 0, bytes, 0);
      return buffer.toString('utf8', 0, bytesRead);
    } finally {
      await file?.close();
    }
  },

  async list(folder) {
    try {
      const entries = await readdir(folder, { withFileTypes: true });
      const files = entries.filter((entry) => entry.isFile());
      return await Promise.all(
        files.map(async ({ name }) => ({ name, bytes: (await stat(`${folder}/${name}`)).size })),
      );
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      throw error;
    }
  },
};
