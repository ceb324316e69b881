/**
 * Writes the files of Forpost: every file that must survive a power cut goes through these functions.
 *
 *   written beside (FILE.new, synced) ─► owner and mode of the old FILE ─► renamed to FILE ─► folder synced
 *       └── FILE cannot be renamed over (a bind mount), or its owner cannot be kept:
 *           FILE.new becomes FILE.whole ─► FILE written in place, synced ─► FILE.whole removed
 *
 * Always: after a kill or a power cut at any line, FILE is the old one or the new one, or FILE.whole is the complete new
 * one, which `readWhole` puts back. A new name is on disk when a function returns, because the folder is synced too. A
 * symbolic link stays: its target is written. An old file keeps owner, group and mode; a new file made by root gets the
 * owner of its folder, so that «sudo forpost …» makes no file that the service cannot read. An error keeps the system's
 * code, and names the file, the reason and the remedy.
 *
 * Not kept: hard links, ACLs and extended attributes of the old file.
 */
import { dirname } from 'node:path';
import {
  appendAt,
  type Content,
  createAt,
  moveTo,
  readRecovered,
  renameAt,
  replaceAt,
  targetOf,
  type WriteOptions,
} from './files/replacing.ts';
import { awaited, patient, straight, waiting } from './files/system.ts';

export type { WriteOptions } from './files/replacing.ts';

/** calls by the path that the caller named: the last one wins */
const calls = new Map<string, Promise<unknown>>();
/** writes by the file that a path leads to: two writers in this process never mix */
const turns = new Map<string, Promise<unknown>>();

/** Replaces a whole file, or creates it. On disk when it resolves. @throws an error with the system's code, in words */
export async function replaceFile(path: string, content: Content, options: WriteOptions = {}): Promise<void> {
  await inTurn(path, () => awaited(replaceAt(waiting, path, content, options)));
}

/** The same synchronously, for callers that cannot wait: own threads, and a process that is ending. */
export function replaceFileSync(path: string, content: Content, options: WriteOptions = {}): void {
  straight(replaceAt(patient, path, content, options));
}

/**
 * Creates a whole file as `replaceFile` does; returns false, and changes nothing, when the file exists.
 * @throws an error with the system's code, in words
 */
export async function createFile(path: string, content: Content, options: WriteOptions = {}): Promise<boolean> {
  return inTurn(path, () => awaited(createAt(waiting, path, content, options)));
}

/**
 * Moves a completely written file to `path`, as `replaceFile` does with a content: for files too large for memory. `from`
 * is gone when it resolves. @throws an error with the system's code, in words
 */
export async function moveFile(from: string, path: string, options: WriteOptions = {}): Promise<void> {
  await inTurn(path, () => awaited(moveTo(waiting, from, path, options)));
}

/**
 * Appends to a file, or creates it. When it resolves, the text is on disk, and so is the name of a new file.
 * @throws an error with the system's code, in words
 */
export async function appendToFile(
  path: string,
  content: Content,
  options: Pick<WriteOptions, 'mode'> = {},
): Promise<void> {
  await inTurn(path, () => awaited(appendAt(waiting, path, content, options)));
}

/**
 * Renames a file or folder, for example a damaged file. The new name is on disk when it resolves; a file that had this
 * name is replaced. @throws the file system's error
 */
export async function renameFile(from: string, to: string): Promise<void> {
  await awaited(renameAt(waiting, from, to));
}

/** The text of a file, complete even after a power cut during `replaceFile`. @throws the file system's error */
export async function readWhole(path: string): Promise<string> {
  return (await inTurn(path, () => awaited(readRecovered(waiting, path)))).toString('utf8');
}

/** The same synchronously. @throws the file system's error */
export function readWholeSync(path: string): string {
  return readBytesSync(path).toString('utf8');
}

/** The bytes, synchronously. @throws the file system's error */
export function readBytesSync(path: string): Buffer {
  return straight(readRecovered(patient, path));
}

/** Makes a folder and its missing parents; new ones get the owner of the nearest folder that existed. */
export async function makeFolder(path: string, mode = 0o700): Promise<void> {
  const { chown, mkdir, stat } = await import('node:fs/promises');
  const made = await mkdir(path, { recursive: true, mode });
  if (made === undefined || process.geteuid?.() !== 0) return;
  const { uid, gid } = await stat(dirname(made));
  for (let folder = path; folder.length >= made.length; folder = dirname(folder)) await chown(folder, uid, gid);
}

/** Calls for one path take effect in the order in which they were made; calls for one file never overlap. */
function inTurn<T>(path: string, run: () => Promise<T>): Promise<T> {
  // the target is known only later: without an order before that, an older content could replace a newer one
  return queued(calls, path, async () => queued(turns, await awaited(targetOf(waiting, path)), run));
}

async function queued<T>(queues: Map<string, Promise<unknown>>, name: string, run: () => Promise<T>): Promise<T> {
  const turn = (queues.get(name) ?? Promise.resolve()).then(run, run);
  queues.set(name, turn);
  try {
    return await turn;
  } finally {
    if (queues.get(name) === turn) queues.delete(name);
  }
}
