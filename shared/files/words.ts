/** Explains why a file cannot be written, for the person who has to repair that. */
import { existsSync, statSync } from 'node:fs';
import { userInfo } from 'node:os';
import { dirname, resolve } from 'node:path';
import { messageOf } from '../errors.ts';

/** The same error as a sentence, with the system's code; a sentence stays unchanged. `asked`: a link to the file. */
export function inWords(error: unknown, file: string, asked = file): Error {
  const { code = '' } = error as NodeJS.ErrnoException;
  const words = sentence(code, file);
  if (error instanceof Error && (error.cause !== undefined || error.message.startsWith(file))) return error;
  const named = resolve(asked) === file ? file : `${asked}, a link to ${file},`;
  return Object.assign(new Error(`${named} cannot be written: ${words ?? messageOf(error)}`, { cause: error }), {
    code,
  });
}

function sentence(code: string, file: string): string | undefined {
  const folder = dirname(file);
  if (code === 'EACCES' || code === 'EPERM')
    return `${me()} may not write ${folder}${ownerOf(folder)} or the file${ownerOf(file)}; a file is replaced by one beside it, so give that user the folder (chown) or run this as its owner`;
  if (code === 'EROFS')
    return `${folder} is mounted read-only: mount it for writing, name another place, or change the file where it is made`;
  if (code === 'ENOSPC' || code === 'EDQUOT') return 'the disk is full; the file is as it was';
  if (code === 'ENOENT' && !existsSync(folder)) return `the folder ${folder} is not there`;
  if (code === 'ENOTDIR') return `${folder} is not a folder`;
  return undefined;
}

function me(): string {
  try {
    return `the user ${userInfo().username}`;
  } catch {
    return `the user ${process.geteuid?.()}`;
  }
}

function ownerOf(path: string): string {
  try {
    const { uid, gid, mode } = statSync(path);
    return ` (owner ${uid}:${gid}, mode ${(mode & 0o777).toString(8).padStart(3, '0')})`;
  } catch {
    return '';
  }
}
