/**
 * `forpost cloud user …`: changes `<data>/users.json`; a running centre takes the change within a second.
 *
 * Always: two changes at once run one after the other, by a lock file with the process's id; the lock of a dead process is
 * taken over. A damaged file is never overwritten. A change that would leave nobody with the role operator is refused.
 */
import { readFile, rm } from 'node:fs/promises';
import { setTimeout as pause } from 'node:timers/promises';
import { suggestion } from '@forpost/shared/config/nearest.ts';
import { ForpostError } from '@forpost/shared/errors.ts';
import { createFile, makeFolder } from '@forpost/shared/files.ts';
import type { Role } from '@forpost/shared/http/login.ts';
import { hashPassword } from '@forpost/shared/password.ts';
import type { Language } from '@forpost/shared/texts/language.ts';
import {
  firstUser,
  forgetFirstPassword,
  readUsers,
  type User,
  type UserList,
  userNamePattern,
  usersFileOf,
  writeUsers,
} from './users.ts';

export type { Role } from '@forpost/shared/http/login.ts';

const lockWaitMs = 5_000;
const lockRetryMs = 50;

/** `folder`: the centre's data folder. @throws ForpostError FORPOST_ARGUMENT_INVALID */
export async function addUser(folder: string, name: string, password: string, role: Role): Promise<void> {
  if (!new RegExp(userNamePattern).test(name))
    throw wrong(`"${name}" is no user's name: 1 to 64 of a-z, 0-9, dot, underscore and hyphen`);
  const hash = await hashed(password);
  await edit(folder, (users) => {
    if (users.has(name))
      throw wrong(`the user "${name}" is there already: forpost cloud user password ${name} gives a new password`);
    users.set(name, { password: hash, role });
  });
}

/** The sessions of the old password end. @throws ForpostError FORPOST_ARGUMENT_INVALID */
export async function changePassword(folder: string, name: string, password: string): Promise<void> {
  const hash = await hashed(password);
  await edit(folder, (users) => void users.set(name, { ...known(users, name), password: hash }));
  if (name === firstUser) await forgetFirstPassword(folder);
}

/** @throws ForpostError FORPOST_ARGUMENT_INVALID */
export async function changeRole(folder: string, name: string, role: Role): Promise<void> {
  await edit(folder, (users) => void users.set(name, { ...known(users, name), role }));
}

/** The language of the page for this person. @throws ForpostError FORPOST_ARGUMENT_INVALID */
export async function changeLanguage(folder: string, name: string, language: Language): Promise<void> {
  await edit(folder, (users) => void users.set(name, { ...known(users, name), language }));
}

/** @throws ForpostError FORPOST_ARGUMENT_INVALID */
export async function removeUser(folder: string, name: string): Promise<void> {
  await edit(folder, (users) => {
    known(users, name);
    users.delete(name);
  });
  if (name === firstUser) await forgetFirstPassword(folder);
}

/** Empty before the centre's first start. @throws ForpostError FORPOST_ARGUMENT_INVALID */
export async function listUsers(folder: string): Promise<UserList> {
  return readOrNone(usersFileOf(folder));
}

async function edit(folder: string, change: (users: Map<string, User>) => void): Promise<void> {
  const file = usersFileOf(folder);
  await makeFolder(folder);
  await locked(`${file}.lock`, async () => {
    const before = await readOrNone(file);
    const users = new Map(before);
    change(users);
    const operators = (list: UserList) => [...list.values()].filter(({ role }) => role === 'operator').length;
    if (operators(users) === 0 && operators(before) > 0)
      throw wrong('nobody would be left who may change anything: add another operator first');
    await writeUsers(file, users);
  });
}

async function readOrNone(file: string): Promise<UserList> {
  try {
    return await readUsers(file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return new Map();
    throw error;
  }
}

function known(users: UserList, name: string): User {
  const user = users.get(name);
  if (user === undefined) throw wrong(`there is no user "${name}"${suggestion(name, [...users.keys()])}`);
  return user;
}

async function hashed(password: string): Promise<string> {
  try {
    return await hashPassword(password);
  } catch (error) {
    if (error instanceof RangeError) throw wrong(error.message);
    throw error;
  }
}

function wrong(message: string): ForpostError {
  return new ForpostError('FORPOST_ARGUMENT_INVALID', message);
}

async function locked(lock: string, run: () => Promise<void>): Promise<void> {
  const until = performance.now() + lockWaitMs;
  while (!(await createFile(lock, `${process.pid}\n`))) {
    const holder = Number.parseInt(await readFile(lock, 'utf8').catch(() => ''), 10);
    if (Number.isInteger(holder) && !isRunning(holder)) await rm(lock, { force: true });
    else if (performance.now() > until)
      throw wrong(`${lock}: another "forpost cloud user" is at work (process ${holder}); remove the file if it is not`);
    else await pause(lockRetryMs);
  }
  try {
    await run();
  } finally {
    await rm(lock, { force: true });
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
