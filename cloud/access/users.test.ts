import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FakeClock } from '@forpost/shared/clock.ts';
import { verifyPassword } from '@forpost/shared/password.ts';
import { inEnglish } from '@forpost/shared/texts/english.ts';
import type { Message } from '@forpost/shared/texts/message.ts';
import { expectRussian } from '@forpost/shared/texts/testing/untranslated.ts';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { addUser, changePassword, changeRole, listUsers, removeUser } from './edit-users.ts';
import { readFirstLogin, Users } from './users.ts';

/** The English of a problem, which has Russian too. */
function said(problem: Message | undefined): string {
  const words = problem === undefined ? '' : inEnglish(problem);
  expectRussian(problem, words);
  return words;
}

let data: string;
const opened: Users[] = [];
beforeEach(async () => {
  data = join(await mkdtemp(join(tmpdir(), 'forpost-users-')), 'data');
});
afterEach(async () => {
  for (const users of opened.splice(0)) await users.stop();
  await rm(join(data, '..'), { recursive: true });
});

function theUsers(clock = new FakeClock()): Users {
  const users = new Users(data, clock);
  opened.push(users);
  return users;
}

test('the first start makes a user; the random password is only in a file of its own, until it is changed', async () => {
  const users = theUsers();
  const first = await users.start();
  expect(first?.user).toBe('admin');
  const file = join(data, 'users.json');
  for (const path of [file, first?.file ?? '']) expect((await stat(path)).mode & 0o777).toBe(0o600);
  expect(await readFile(file, 'utf8')).not.toContain(first?.password);
  expect(await readFirstLogin(data)).toEqual({ user: 'admin', password: first?.password });
  expect(await verifyPassword(first?.password ?? '', users.hashOf('admin') ?? '')).toBe(true);
  expect(users.roleOf('admin')).toBe('operator');

  const again = theUsers();
  expect(await again.start()).toBeUndefined();
  expect(again.hashOf('admin')).toBe(users.hashOf('admin'));
  expect(again.hashOf('nobody')).toBeUndefined();
  expect(again.hashOf('__proto__')).toBeUndefined();
  await changePassword(data, 'admin', 'another one');
  expect(await readFirstLogin(data)).toBeUndefined();
});

test('when the first start is killed between the first password and the first user, the next start makes both again', async () => {
  const first = await theUsers().start();
  await rm(join(data, 'users.json'));
  const again = await theUsers().start();
  expect(again?.password).not.toBe(first?.password);
  expect(await readFirstLogin(data)).toEqual({ user: 'admin', password: again?.password });
});

test('a running centre applies a changed users file, and notices each change once', async () => {
  const clock = new FakeClock();
  const users = theUsers(clock);
  await users.start();
  let heard = 0;
  users.onChange(() => heard++);
  await changePassword(data, 'admin', 'another one');
  await addUser(data, 'wall', 'a screen', 'viewer');
  await users.refresh();
  await users.refresh();
  expect(heard).toBe(1);
  expect(await verifyPassword('another one', users.hashOf('admin') ?? '')).toBe(true);
  expect(users.roleOf('wall')).toBe('viewer');
  await changeRole(data, 'wall', 'operator');
  await removeUser(data, 'admin');
  await users.refresh();
  expect(users.roleOf('wall')).toBe('operator');
  expect(users.hashOf('admin')).toBeUndefined();
  expect([...(await listUsers(data)).keys()]).toEqual(['wall']);
});

test('a file that an older centre wrote, without roles, holds operators', async () => {
  await theUsers().start();
  const file = join(data, 'users.json');
  const hash = (JSON.parse(await readFile(file, 'utf8')) as { users: { admin: { password: string } } }).users.admin
    .password;
  await writeFile(file, JSON.stringify({ users: { admin: { password: hash } } }));
  const users = theUsers();
  await users.start();
  expect(users.roleOf('admin')).toBe('operator');
});

const damages: readonly (readonly [string, RegExp])[] = [
  ['', /it is empty/],
  ['{', /JSON/],
  ['{"users": {"admin": "hunter2"}}', /it is not/],
  ['{"users": {"admin": {"password": "hunter2"}}}', /no argon2id hash/],
  ['{"users": {"admin": {"password": "$argon2id$", "role": "king"}}}', /it is not/],
];

test.each(damages)(
  'with a damaged file (%s) nobody can log in, the problem is shown, and the file stays as it is',
  async (text, why) => {
    await theUsers().start();
    const file = join(data, 'users.json');
    const whole = await readFile(file, 'utf8');
    await writeFile(file, text);
    const users = theUsers();
    expect(await users.start()).toBeUndefined();
    expect(said(users.closed)).toMatch(why);
    expect(said(users.closed)).toMatch(/users\.json.*Repair it, or move it away.*nobody can log in/);
    expect(users.hashOf('admin')).toBeUndefined();
    expect(await readFile(file, 'utf8')).toBe(text);
    await expect(addUser(data, 'eve', 'a password', 'operator')).rejects.toThrow(why);
    expect(await readFile(file, 'utf8')).toBe(text);
    // the repaired file applies without a restart
    await writeFile(file, whole);
    await users.refresh();
    expect(users.closed).toBeUndefined();
    expect(users.hashOf('admin')).toBeDefined();
  },
);

test.each(damages)('a file that is damaged while the centre runs (%s) ends no session', async (text, why) => {
  const users = theUsers();
  await users.start();
  const file = join(data, 'users.json');
  const whole = await readFile(file, 'utf8');
  await writeFile(file, text);
  await users.refresh();
  expect(said(users.problem)).toMatch(why);
  expect(users.closed).toBeUndefined();
  expect(users.hashOf('admin')).toBeDefined();
  await writeFile(file, whole);
  await users.refresh();
  expect(users.problem).toBeUndefined();
  await rm(file);
  await users.refresh();
  expect(said(users.problem)).toMatch(/is gone: those who were known still log in/);
});

test('an impossible change of users is refused with the way to do it', async () => {
  await theUsers().start();
  await expect(addUser(data, 'Ada!', 'x', 'operator')).rejects.toThrow(/is no user's name/);
  await expect(addUser(data, 'ada', '', 'operator')).rejects.toThrow(/a password has 1 to/);
  await expect(addUser(data, 'admin', 'x', 'operator')).rejects.toThrow(
    /is there already: forpost cloud user password/,
  );
  await expect(changePassword(data, 'admni', 'x')).rejects.toThrow(/there is no user "admni".*admin/);
  await expect(removeUser(data, 'admin')).rejects.toThrow(/add another operator first/);
  await expect(changeRole(data, 'admin', 'viewer')).rejects.toThrow(/add another operator first/);
});

test('ten users that are added at once are all stored', async () => {
  await theUsers().start();
  const names = Array.from({ length: 10 }, (_, i) => `user-${i}`);
  await Promise.all(names.map((name) => addUser(data, name, 'a password', 'viewer')));
  expect([...(await listUsers(data)).keys()].sort()).toEqual(['admin', ...names]);
});

test('a change that was killed midway does not block the next one', async () => {
  await theUsers().start();
  // the largest possible process id, which no process has
  await writeFile(join(data, 'users.json.lock'), '4194304\n');
  await addUser(data, 'ada', 'a password', 'operator');
  expect((await listUsers(data)).has('ada')).toBe(true);
});
