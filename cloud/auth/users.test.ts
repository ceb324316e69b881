import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { verifyPassword } from '@forpost/shared/password.ts';
import { afterEach, expect, test } from 'vitest';
import { Users } from './users.ts';

const folders: string[] = [];
afterEach(async () => {
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true });
});
async function folder(): Promise<string> {
  const made = await mkdtemp(join(tmpdir(), 'forpost-users-'));
  folders.push(made);
  return made;
}

test('the first start makes a user with a random password that stands nowhere but in the answer', async () => {
  const data = join(await folder(), 'data');
  const users = new Users(data);
  const first = await users.start();
  expect(first?.user).toBe('admin');
  const file = join(data, 'users.json');
  expect((await stat(file)).mode & 0o777).toBe(0o600);
  expect(await readFile(file, 'utf8')).not.toContain(first?.password);
  expect(await verifyPassword(first?.password ?? '', users.hashOf('admin') ?? '')).toBe(true);

  const again = new Users(data);
  expect(await again.start()).toBeUndefined();
  expect(again.hashOf('admin')).toBe(users.hashOf('admin'));
  expect(again.hashOf('nobody')).toBeUndefined();
  expect(again.hashOf('__proto__')).toBeUndefined();
});

test('another password replaces the old one, on disk too', async () => {
  const data = await folder();
  const users = new Users(data);
  const first = await users.start();
  await users.setPassword('admin', 'another one');
  const again = new Users(data);
  await again.start();
  expect(await verifyPassword('another one', again.hashOf('admin') ?? '')).toBe(true);
  expect(await verifyPassword(first?.password ?? '', again.hashOf('admin') ?? '')).toBe(false);
});

test.each([
  ['{', /JSON/],
  ['{"users": {"admin": "hunter2"}}', /it is not/],
  ['{"users": {"admin": {"password": "hunter2"}}}', /no argon2id hash/],
])(
  'a damaged file (%s) stops the start and says which file and why, instead of making a new user',
  async (text, why) => {
    const data = await folder();
    await writeFile(join(data, 'users.json'), text);
    const starting = new Users(data).start();
    await expect(starting).rejects.toThrow(why);
    await expect(starting).rejects.toThrow(/users\.json/);
    expect(await readFile(join(data, 'users.json'), 'utf8')).toBe(text);
  },
);
