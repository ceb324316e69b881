/**
 * Writes a backup's stream into a file.
 *
 *   FILE.part, only its owner may read it ─► whole, synced ─► renamed to FILE
 *
 * Always: FILE is a whole backup or what it was before. An existing FILE is replaced only where the caller says so.
 */
import { lstatSync } from 'node:fs';
import { open, rm } from 'node:fs/promises';
import { ForpostError, messageOf } from '@forpost/shared/errors.ts';
import { moveFile } from '@forpost/shared/files.ts';

/** @throws ForpostError FORPOST_ARGUMENT_INVALID: the file exists */
export function checkTarget(file: string, replace: boolean): void {
  if (replace || lstatSync(file, { throwIfNoEntry: false }) === undefined) return;
  throw new ForpostError(
    'FORPOST_ARGUMENT_INVALID',
    `${file} exists already: name another file, or say --replace to write over it`,
  );
}

/** @returns the bytes of the file @throws ForpostError FORPOST_BACKUP_FAILED: FILE is as it was */
export async function writeBackup(stream: ReadableStream<Uint8Array>, file: string, replace: boolean): Promise<number> {
  checkTarget(file, replace);
  const part = `${file}.part`;
  let bytes = 0;
  try {
    // left by a kill; a link in its place is removed, not followed
    await rm(part, { force: true });
    const handle = await open(part, 'wx', 0o600);
    try {
      for await (const chunk of stream) {
        await handle.writeFile(chunk);
        bytes += chunk.length;
      }
      await handle.sync();
    } finally {
      await handle.close();
    }
    checkTarget(file, replace);
    await moveFile(part, file);
    return bytes;
  } catch (error) {
    await stream.cancel().catch(() => undefined);
    await rm(part, { force: true }).catch(() => undefined);
    if (error instanceof ForpostError) throw error;
    const message = `${file} cannot be written: ${messageOf(error)}`;
    throw new ForpostError('FORPOST_BACKUP_FAILED', message, { cause: error });
  }
}
