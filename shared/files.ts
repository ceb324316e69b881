/** Files that a power cut leaves whole. */
import { randomUUID } from 'node:crypto';
import { link, open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';

/**
 * Replaces a file as a whole (written beside, synced, renamed, the folder synced): after a power cut there is the old
 * one or the new one. Only its owner may read it.
 * @throws what the file system says
 */
export async function replaceFile(path: string, content: string): Promise<void> {
  const beside = `${path}.new`;
  await writeSynced(beside, content);
  await rename(beside, path);
  await syncFolder(path);
}

/**
 * Makes a file as a whole, as `replaceFile` does, unless there is one: then false, and nothing is changed.
 * @throws what the file system says
 */
export async function createFile(path: string, content: string): Promise<boolean> {
  const beside = `${path}.${randomUUID()}.new`;
  await writeSynced(beside, content);
  try {
    await link(beside, path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  } finally {
    await rm(beside, { force: true });
  }
  await syncFolder(path);
  return true;
}

async function writeSynced(path: string, content: string): Promise<void> {
  await rm(path, { force: true });
  const file = await open(path, 'wx', 0o600);
  try {
    await file.writeFile(content);
    await file.sync();
  } finally {
    await file.close();
  }
}

async function syncFolder(path: string): Promise<void> {
  const folder = await open(dirname(path));
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
