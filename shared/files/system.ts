/**
 * The system calls for writing a file, in two forms: `waiting` ones return promises, `patient` ones block the thread. A
 * procedure is written once, as a generator that yields the calls' results; `awaited` or `straight` runs it.
 */
import fs from 'node:fs';
import { promisify } from 'node:util';

type Now<T> = T | Promise<T>;

export interface System {
  open(path: string, flags: string, mode?: number): Now<number>;
  write(file: number, content: string | Uint8Array): Now<void>;
  truncate(file: number, bytes: number): Now<void>;
  sync(file: number): Now<void>;
  close(file: number): Now<void>;
  fstat(file: number): Now<fs.Stats>;
  fchown(file: number, uid: number, gid: number): Now<void>;
  fchmod(file: number, mode: number): Now<void>;
  stat(path: string): Now<fs.Stats>;
  readlink(path: string): Now<string>;
  read(path: string): Now<Buffer>;
  copy(from: string, to: string): Now<void>;
  rename(from: string, to: string): Now<void>;
  link(from: string, to: string): Now<void>;
  remove(path: string): Now<void>;
}

export const patient: System = {
  open: fs.openSync,
  write: (file, content) => fs.writeFileSync(file, content),
  truncate: fs.ftruncateSync,
  sync: fs.fsyncSync,
  close: fs.closeSync,
  fstat: (file) => fs.fstatSync(file),
  fchown: fs.fchownSync,
  fchmod: fs.fchmodSync,
  stat: (path) => fs.statSync(path),
  readlink: (path) => fs.readlinkSync(path),
  read: (path) => fs.readFileSync(path),
  copy: (from, to) => fs.copyFileSync(from, to, fs.constants.COPYFILE_EXCL),
  rename: fs.renameSync,
  link: fs.linkSync,
  remove: (path) => fs.rmSync(path, { force: true }),
};

export const waiting: System = {
  open: promisify(fs.open) as (path: string, flags: string, mode?: number) => Promise<number>,
  write: promisify(fs.writeFile) as (file: number, content: string | Uint8Array) => Promise<void>,
  truncate: promisify(fs.ftruncate),
  sync: promisify(fs.fsync),
  close: promisify(fs.close),
  fstat: promisify(fs.fstat) as (file: number) => Promise<fs.Stats>,
  fchown: promisify(fs.fchown),
  fchmod: promisify(fs.fchmod),
  stat: fs.promises.stat as (path: string) => Promise<fs.Stats>,
  readlink: fs.promises.readlink as (path: string) => Promise<string>,
  read: (path) => fs.promises.readFile(path),
  copy: (from, to) => fs.promises.copyFile(from, to, fs.constants.COPYFILE_EXCL),
  rename: fs.promises.rename,
  link: fs.promises.link,
  remove: (path) => fs.promises.rm(path, { force: true }),
};

export type Steps<T> = Generator<unknown, T, unknown>;

/** The result of a call, when it is there. */
export function* done<T>(value: Now<T>): Steps<T> {
  return (yield value) as T;
}

export function straight<T>(steps: Steps<T>): T {
  let step = steps.next();
  while (step.done !== true) step = steps.next(step.value);
  return step.value;
}

export async function awaited<T>(steps: Steps<T>): Promise<T> {
  let step = steps.next();
  while (step.done !== true) {
    let value: unknown;
    try {
      value = await step.value;
    } catch (error) {
      step = steps.throw(error);
      continue;
    }
    step = steps.next(value);
  }
  return step.value;
}
