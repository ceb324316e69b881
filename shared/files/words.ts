/** Explains why a file cannot be written, for the person who has to repair that. */
import { existsSync, statSync } from 'node:fs';
import { userInfo } from 'node:os';
import { dirname, resolve } from 'node:path';
import { messageOf } from '../errors.ts';
import { type Words, words } from '../texts/english.ts';

/** `error` as a sentence, with the system's code; an error in words stays unchanged. `asked`: a link to the file. */
export function inWords(error: unknown, file: string, asked = file): Error {
  const { code = '' } = error as NodeJS.ErrnoException;
  if (error instanceof Error && (error.cause !== undefined || error.message.startsWith(file))) return error;
  const reason = why(code, file) ?? messageOf(error);
  const sentence =
    resolve(asked) === file
      ? words('gateway/problem.not-written', { file, reason })
      : words('gateway/problem.link-not-written', { link: asked, file, reason });
  return Object.assign(new Error(sentence, { cause: error }), { code });
}

function why(code: string, file: string): Words | undefined {
  const folder = dirname(file);
  if (code === 'EACCES' || code === 'EPERM')
    return words('gateway/reason.file-closed', { user: me(), folder: owned(folder), file: owned(file) });
  if (code === 'EROFS') return words('gateway/reason.read-only', { folder });
  if (code === 'ENOSPC' || code === 'EDQUOT') return words('gateway/reason.full-as-was');
  if (code === 'ENOENT' && !existsSync(folder)) return words('gateway/reason.folder-gone', { folder });
  if (code === 'ENOTDIR') return words('gateway/reason.no-folder', { folder });
  return undefined;
}

function me(): string {
  try {
    return userInfo().username;
  } catch {
    return String(process.geteuid?.());
  }
}

/** `/etc/forpost (0:0, 755)`: a path with its owner, group and rights. */
function owned(path: string): string {
  try {
    const { uid, gid, mode } = statSync(path);
    return `${path} (${uid}:${gid}, ${(mode & 0o777).toString(8).padStart(3, '0')})`;
  } catch {
    return path;
  }
}
