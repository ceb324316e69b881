import { expect, test } from 'vitest';
import { hashPassword, isPasswordHash, PasswordVerifier, randomPassword, verifyPassword } from './password.ts';

test('a password matches its own hash and nothing else does', async () => {
  const hash = await hashPassword('grüne Wiese');
  expect(hash).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}$/);
  expect(await verifyPassword('grüne Wiese', hash)).toBe(true);
  expect(await verifyPassword('grune Wiese', hash)).toBe(false);
  expect(await verifyPassword('', hash)).toBe(false);
  expect(await hashPassword('grüne Wiese')).not.toBe(hash);
});

test("a hash of the reference program is understood (phc-winner-argon2's own vector)", async () => {
  // echo -n password | argon2 somesalt -id -t 2 -k 256 -p 1 -l 32, src/test.c of the reference implementation
  const hash = '$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4';
  expect(await verifyPassword('password', hash)).toBe(true);
  expect(await verifyPassword('Password', hash)).toBe(false);
});

test('a malformed hash, and one that demands a gigabyte, match nothing', async () => {
  const good = await hashPassword('x');
  const bad = [
    '',
    'x',
    good.slice(0, -30),
    good.replace('argon2id', 'argon2i'),
    good.replace('m=19456', 'm=4194304'),
    good.replace('t=2', 't=1000'),
    good.replace('p=1', 'p=64'),
    `${good}\n`,
    '$2b$10$abcdefghijklmnopqrstuv',
  ];
  for (const hash of bad) {
    expect(isPasswordHash(hash)).toBe(false);
    expect(await verifyPassword('x', hash)).toBe(false);
  }
  await expect(hashPassword('')).rejects.toThrow(RangeError);
  expect(await verifyPassword('x'.repeat(100_000), good)).toBe(false);
});

test('a meter that reconnects a thousand times costs one argon2, with a right or a wrong password, and a guesser pays for each guess', async () => {
  let runs = 0;
  const verifier = new PasswordVerifier({
    verify: async (password, hash) => {
      runs++;
      return password === hash;
    },
  });
  for (let i = 0; i < 1000; i++) expect(await verifier.verify('a', 'a')).toBe(true);
  expect(runs).toBe(1);
  for (let i = 0; i < 10; i++) expect(await verifier.verify(`b${i}`, 'a')).toBe(false);
  expect(runs).toBe(11);
  for (let i = 0; i < 100; i++) expect(await verifier.verify('b0', 'a')).toBe(false);
  expect(runs).toBe(11);
  await Promise.all(Array.from({ length: 50 }, () => verifier.verify('c', 'c')));
  expect(runs).toBe(12);
  expect([verifier.recall('a', 'a'), verifier.recall('b1', 'a'), verifier.recall('d', 'a')]).toEqual([
    true,
    false,
    undefined,
  ]);
});

test('a thousand wrong passwords displace no right one from memory', async () => {
  const verifier = new PasswordVerifier({ remembered: 10, verify: async (password, hash) => password === hash });
  expect(await verifier.verify('right', 'right')).toBe(true);
  for (let i = 0; i < 1000; i++) await verifier.verify(`wrong ${i}`, 'right');
  expect(verifier.recall('right', 'right')).toBe(true);
  expect(verifier.recall('wrong 0', 'right')).toBeUndefined();
});

test('remembered wrong passwords do not reveal existing names: each unknown name is checked anew', async () => {
  const verifier = new PasswordVerifier({ verify: async () => false });
  expect(await verifier.verify('summer', 'hash of nobody', 'eve')).toBe(false);
  expect(verifier.recall('summer', 'hash of nobody', 'eve')).toBe(false);
  expect(verifier.recall('summer', 'hash of nobody', 'bob')).toBeUndefined();
  expect(verifier.recall('summer', 'hash of ada')).toBeUndefined();
});

test('a changed password is no longer accepted, despite the memory', async () => {
  const verifier = new PasswordVerifier();
  const first = await hashPassword('old');
  const second = await hashPassword('new');
  expect(await verifier.verify('old', first)).toBe(true);
  expect(await verifier.verify('old', second)).toBe(false);
  expect(await verifier.verify('new', second)).toBe(true);
});

test('memory, parallel checks and waiting checks are bounded', async () => {
  const started: (() => void)[] = [];
  let atOnce = 0;
  let most = 0;
  const verifier = new PasswordVerifier({
    remembered: 2,
    atOnce: 2,
    waiting: 3,
    verify: async () => {
      most = Math.max(most, ++atOnce);
      await new Promise<void>((resolve) => started.push(resolve));
      atOnce--;
      return true;
    },
  });
  const ask = (i: number) => verifier.verify(`p${i}`, 'h').catch((error: Error) => error.message);
  const all = Promise.all(Array.from({ length: 8 }, (_, i) => ask(i)));
  let settled = false;
  const done = all.then((answers) => {
    settled = true;
    return answers;
  });
  while (!settled) {
    started.shift()?.();
    await new Promise((resolve) => setImmediate(resolve));
  }
  // busy says nothing about the password
  const busy = 'too many log-ins at once';
  expect(await done).toEqual([true, true, true, true, true, busy, busy, busy]);
  expect(most).toBe(2);
  // p0 was displaced from memory, so it is verified again
  const again = verifier.verify('p0', 'h');
  await new Promise((resolve) => setImmediate(resolve));
  expect(started).toHaveLength(1);
  started.shift()?.();
  expect(await again).toBe(true);
});

test('random passwords are long, and never the same', () => {
  const made = new Set(Array.from({ length: 1000 }, randomPassword));
  expect(made.size).toBe(1000);
  for (const password of made) expect(password).toMatch(/^[a-zA-Z2-9]{6}(-[a-zA-Z2-9]{6}){3}$/);
});
