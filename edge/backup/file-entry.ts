/**
 * A file of the gateway as an entry of a backup.
 *
 * Always: a file that another one replaces meanwhile is the old one or the new one, whole, or the backup fails; one that is
 * deleted meanwhile is left out.
 */
import { createHash } from 'node:crypto';
import { statSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { ForpostError, messageOf } from '@forpost/shared/errors.ts';
import { readBytesSync } from '@forpost/shared/files.ts';
import type { Found } from './contents.ts';
import type { Entry } from './seal.ts';

/** A file up to this size is read at once: it is whole even while another one replaces it. */
const wholeBytes = 16 * 1024 * 1024;
const pieceBytes = 256 * 1024;

/** undefined: the file is gone. Its sum is noted once the file is read. */
export async function fileEntry({ name, path }: Found, sums: Map<string, string>): Promise<Entry | undefined> {
  const stats = statSync(path, { throwIfNoEntry: false });
  if (stats === undefined) return undefined;
  if (stats.size > wholeBytes) return { name, size: stats.size, bytes: pieces(path, stats.size, name, sums) };
  try {
    const bytes = readBytesSync(path);
    sums.set(name, createHash('sha256').update(bytes).digest('hex'));
    return { name, size: bytes.length, bytes: [bytes] };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw new ForpostError('FORPOST_BACKUP_FAILED', `${path} cannot be read: ${messageOf(error)}`, { cause: error });
  }
}

async function* pieces(
  path: string,
  size: number,
  name: string,
  sums: Map<string, string>,
): AsyncGenerator<Uint8Array> {
  const hash = createHash('sha256');
  const handle = await open(path, 'r');
  try {
    // another file may have taken its place: a part of that one would look like a whole file
    if ((await handle.stat()).size !== size)
      throw new ForpostError('FORPOST_BACKUP_FAILED', `${path} changed while it was read: try again`);
    for (let at = 0; at < size; ) {
      // a new buffer for each piece: the stream still holds the previous one
      const piece = new Uint8Array(Math.min(pieceBytes, size - at));
      const { bytesRead } = await handle.read(piece, 0, piece.length, at);
      if (bytesRead === 0)
        throw new ForpostError('FORPOST_BACKUP_FAILED', `${path} became shorter while it was read: try again`);
      at += bytesRead;
      hash.update(piece.subarray(0, bytesRead));
      yield piece.subarray(0, bytesRead);
    }
  } finally {
    await handle.close();
  }
  sums.set(name, hash.digest('hex'));
}
