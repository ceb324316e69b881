/** The steps of replacing a file (../files.ts lists the guarantees); each step is a call that `system.ts` makes. */
import { randomBytes } from 'node:crypto';
import { readFileSync, type Stats } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { done, type Steps, type System } from './system.ts';
import { inWords } from './words.ts';

export type Content = string | Uint8Array;

export interface WriteOptions {
  /** mode of a new file, default 0600; an old file keeps its own */
  readonly mode?: number;
  /** a file or folder whose owner a new file gets when root makes it; default: its folder */
  readonly ownerOf?: string;
  /** false: a power cut may lose the file (a live picture) */
  readonly synced?: boolean;
}

interface Owner {
  readonly uid: number;
  readonly gid: number;
  readonly mode: number;
}

const deepestLinks = 40;
/** A copy this much older than the file is outdated: somebody has repaired the file by hand since. */
const copyCountsForMs = 10 * 60_000;
const permissions = 0o777;
const readByOwner = 0o400;

/** The target of symbolic links, also of a dangling one. */
export function* targetOf(system: System, path: string): Steps<string> {
  let target = resolve(path);
  for (let links = 0; links < deepestLinks; links++) {
    let next: string;
    try {
      next = yield* done(system.readlink(target));
    } catch {
      return target;
    }
    target = resolve(dirname(target), next);
  }
  return target;
}

export function* replaceAt(system: System, path: string, content: Content, options: WriteOptions): Steps<void> {
  const target = yield* targetOf(system, path);
  try {
    const old = yield* statOf(system, target);
    if (old?.isFile() === false) throw notAFile(target);
    const owner = yield* ownerFor(system, target, old, options);
    let beside: Beside;
    try {
      beside = yield* writeBeside(system, target, content, owner, options);
    } catch (error) {
      if (old === undefined || !refuses(error) || !isMountPoint(target)) throw error;
      // a file mounted into a read-only folder: no place for a copy
      yield* writeInPlace(system, target, content);
      return;
    }
    yield* putInPlace(system, beside, target, content, old, options);
  } catch (error) {
    throw inWords(error, target, path);
  }
}

export function* createAt(system: System, path: string, content: Content, options: WriteOptions): Steps<boolean> {
  const target = yield* targetOf(system, path);
  try {
    if ((yield* statOf(system, target)) !== undefined) return false;
    const owner = yield* ownerFor(system, target, undefined, options);
    const { file } = yield* writeBeside(system, target, content, owner, options);
    try {
      yield* done(system.link(file, target));
    } catch (error) {
      if (codeOf(error) === 'EEXIST') return false;
      // a file system without hard links
      if (!['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS'].includes(codeOf(error))) throw error;
      yield* done(system.rename(file, target));
    } finally {
      yield* done(system.remove(file));
    }
    yield* syncFolder(system, target);
    return true;
  } catch (error) {
    throw inWords(error, target, path);
  }
}

export function* moveTo(system: System, from: string, path: string, options: WriteOptions): Steps<void> {
  const target = yield* targetOf(system, path);
  try {
    const old = yield* statOf(system, target);
    if (old?.isFile() === false) throw notAFile(target);
    const owner = yield* ownerFor(system, target, old, options);
    const file = yield* done(system.open(from, 'r+'));
    try {
      yield* own(system, file, owner);
      yield* done(system.sync(file));
    } finally {
      yield* done(system.close(file));
    }
    try {
      yield* done(system.rename(from, target));
    } catch (error) {
      if (codeOf(error) !== 'EXDEV') throw error;
      const beside = `${target}.${randomBytes(6).toString('hex')}.new`;
      yield* done(system.copy(from, beside));
      yield* moveTo(system, beside, target, options);
      yield* done(system.remove(from));
    }
    yield* syncFolder(system, target);
  } catch (error) {
    throw inWords(error, target, path);
  }
}

export function* appendAt(
  system: System,
  path: string,
  content: Content,
  { mode = 0o600 }: Pick<WriteOptions, 'mode'>,
): Steps<void> {
  const target = yield* targetOf(system, path);
  try {
    const old = yield* statOf(system, target);
    const file = yield* done(system.open(target, 'a', mode));
    try {
      if (old === undefined) yield* own(system, file, yield* ownerFor(system, target, undefined, { mode }));
      yield* done(system.write(file, content));
      yield* done(system.sync(file));
    } finally {
      yield* done(system.close(file));
    }
    if (old === undefined) yield* syncFolder(system, target);
  } catch (error) {
    throw inWords(error, target, path);
  }
}

export function* renameAt(system: System, from: string, to: string): Steps<void> {
  yield* done(system.rename(from, to));
  yield* syncFolder(system, to);
  if (dirname(from) !== dirname(to)) yield* syncFolder(system, from);
}

export function* readRecovered(system: System, path: string): Steps<Buffer> {
  const target = yield* targetOf(system, path);
  const whole = wholeOf(target);
  const [copy, file] = [yield* statOf(system, whole), yield* statOf(system, target)];
  if (copy === undefined || !isOurs(copy, file)) return yield* done(system.read(path));
  // the process ended while it wrote in place: the copy is whole, the file may not be
  if (file !== undefined && file.mtimeMs - copy.ctimeMs > copyCountsForMs) {
    yield* ignoring(removed(system, whole));
    return yield* done(system.read(path));
  }
  const content = yield* done(system.read(whole));
  yield* ignoring(putBack(system, whole, target, content));
  return content;
}

/** Ignores a copy of another user, in a folder that others may write to. */
function isOurs(copy: Stats, file: Stats | undefined): boolean {
  return copy.isFile() && [file?.uid, process.geteuid?.(), 0].includes(copy.uid);
}

/** Puts the copy's content back; a user who may only read leaves that to others, and reads the copy. */
function* putBack(system: System, whole: string, target: string, content: Buffer): Steps<void> {
  yield* writeInPlace(system, target, content);
  yield* removed(system, whole);
}

function* removed(system: System, file: string): Steps<void> {
  yield* done(system.remove(file));
  yield* syncFolder(system, file);
}

interface Beside {
  readonly file: string;
  /** whether it has the old file's owner */
  readonly owned: boolean;
}

function* writeBeside(
  system: System,
  target: string,
  content: Content,
  owner: Owner,
  { synced = true }: WriteOptions,
): Steps<Beside> {
  const usual = `${target}.new`;
  const leftover = yield* statOf(system, usual);
  // a kill left it behind, or another process is writing it now
  const path = leftover === undefined ? usual : `${target}.${randomBytes(6).toString('hex')}.new`;
  const file = yield* done(system.open(path, 'wx', 0o600));
  try {
    yield* done(system.write(file, content));
    const owned = yield* own(system, file, owner);
    if (synced) yield* done(system.sync(file));
    if (leftover !== undefined) yield* removeUnchanged(system, usual, leftover);
    return { file: path, owned };
  } catch (error) {
    yield* ignoring(removed(system, path));
    throw error;
  } finally {
    yield* done(system.close(file));
  }
}

function* removeUnchanged(system: System, path: string, { ino, mtimeMs }: Stats): Steps<void> {
  const now = yield* statOf(system, path);
  if (now?.ino === ino && now.mtimeMs === mtimeMs) yield* done(system.remove(path));
}

/** Gives the file to `owner`; false when this user may not. */
function* own(system: System, file: number, { uid, gid, mode }: Owner): Steps<boolean> {
  let owned = true;
  const now = yield* done(system.fstat(file));
  if (now.uid !== uid || now.gid !== gid)
    try {
      yield* done(system.fchown(file, uid, gid));
    } catch (error) {
      if (!refuses(error)) throw error;
      owned = false;
    }
  if ((now.mode & permissions) !== mode) yield* done(system.fchmod(file, mode));
  return owned;
}

function* putInPlace(
  system: System,
  { file, owned }: Beside,
  target: string,
  content: Content,
  old: Stats | undefined,
  { synced = true }: WriteOptions,
): Steps<void> {
  try {
    if (old === undefined || owned || (yield* belongsToFolder(system, target, old))) {
      yield* done(system.rename(file, target));
      if (synced) yield* syncFolder(system, target);
      // a leftover of an interrupted write is older than this one
      if ((yield* statOf(system, wholeOf(target))) !== undefined) yield* removed(system, wholeOf(target));
      return;
    }
  } catch (error) {
    if (!['EBUSY', 'EXDEV'].includes(codeOf(error))) {
      yield* ignoring(removed(system, file));
      throw error;
    }
  }
  const whole = wholeOf(target);
  yield* done(system.rename(file, whole));
  yield* syncFolder(system, target);
  const before = yield* done(system.read(target));
  try {
    yield* writeInPlace(system, target, content);
  } catch (error) {
    // put the old content back; if that fails too, the copy stays
    yield* ignoring(putBack(system, whole, target, before));
    if (refuses(error)) yield* ignoring(removed(system, whole));
    throw error;
  }
  yield* removed(system, whole);
}

/** Whether the folder's owner decides: the folder is ours, but we may neither write the file nor keep its owner. */
function* belongsToFolder(system: System, target: string, { uid }: Stats): Steps<boolean> {
  const me = process.geteuid?.();
  if (uid === me) return false;
  try {
    yield* done(system.close(yield* done(system.open(target, 'r+'))));
    return false;
  } catch (error) {
    if (!refuses(error)) throw error;
    return (yield* done(system.stat(dirname(target)))).uid === me;
  }
}

function* writeInPlace(system: System, target: string, content: Content): Steps<void> {
  const file = yield* done(system.open(target, 'r+'));
  try {
    yield* done(system.write(file, content));
    yield* done(system.truncate(file, Buffer.byteLength(content)));
    yield* done(system.sync(file));
  } finally {
    yield* done(system.close(file));
  }
}

function* ownerFor(
  system: System,
  target: string,
  old: Stats | undefined,
  { mode = 0o600, ownerOf }: WriteOptions,
): Steps<Owner> {
  if (old !== undefined) {
    const kept = old.mode & permissions;
    return { uid: old.uid, gid: old.gid, mode: (kept & readByOwner) === 0 ? mode : kept };
  }
  const [uid, gid] = [process.geteuid?.() ?? -1, process.getegid?.() ?? -1];
  if (uid !== 0) return { uid, gid, mode };
  const named = ownerOf === undefined ? undefined : yield* statOf(system, ownerOf);
  const like = named ?? (yield* done(system.stat(dirname(target))));
  // in a root folder with a group, files for the service belong to that group
  const forGroup = like.uid === 0 && like.gid !== 0 && (like.mode & 0o050) !== 0;
  return { uid: like.uid, gid: like.gid, mode: forGroup ? mode | 0o040 : mode };
}

function* syncFolder(system: System, path: string): Steps<void> {
  let folder: number;
  try {
    folder = yield* done(system.open(dirname(path), 'r'));
  } catch (error) {
    // a user may have the right to write into a folder, but not to list it
    if (refuses(error)) return;
    throw error;
  }
  try {
    yield* done(system.sync(folder));
  } catch (error) {
    // this file system cannot sync folders
    if (codeOf(error) !== 'EINVAL') throw error;
  } finally {
    yield* done(system.close(folder));
  }
}

function* statOf(system: System, path: string): Steps<Stats | undefined> {
  try {
    return yield* done(system.stat(path));
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}

/** For cleaning up: the error before it is the one to report. */
function* ignoring(steps: Steps<void>): Steps<void> {
  try {
    yield* steps;
  } catch {
    // the file stays; `writeBeside` and `readRecovered` handle it later
  }
}

function wholeOf(target: string): string {
  return `${target}.whole`;
}

function isMountPoint(path: string): boolean {
  try {
    const mounts = readFileSync('/proc/self/mountinfo', 'utf8').split('\n');
    return mounts.some((line) => line.split(' ')[4]?.replace(/\\(\d{3})/g, unescaped) === path);
  } catch {
    return false;
  }
}

function unescaped(_: string, octal: string): string {
  return String.fromCharCode(Number.parseInt(octal, 8));
}

function refuses(error: unknown): boolean {
  return ['EACCES', 'EPERM', 'EROFS'].includes(codeOf(error));
}

function codeOf(error: unknown): string {
  return (error as NodeJS.ErrnoException).code ?? '';
}

function notAFile(target: string): Error {
  return Object.assign(new Error(`${target} is not a file: move away what stands there`), { code: 'EISDIR' });
}
