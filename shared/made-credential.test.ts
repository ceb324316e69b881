import { expect, test } from 'vitest';
import { hashCredential, isCredentialOf, makeCredential, parseMadeHash } from './made-credential.ts';
import { hashPassword, isPasswordHash } from './password.ts';

const made = makeCredential();
const hash = parseMadeHash(made.hash);

test('a made credential fits its own hash and no other', () => {
  expect(hash !== undefined && isCredentialOf(made.password, hash)).toBe(true);
  const other = parseMadeHash(makeCredential().hash);
  expect(other !== undefined && isCredentialOf(made.password, other)).toBe(false);
});

test.each([
  ['no letters', ''],
  ['one letter less', made.password.slice(0, -1)],
  ['one letter more', `${made.password}a`],
  ['another case', made.password.toUpperCase()],
  ['a megabyte', 'x'.repeat(2 ** 20)],
  ['half of a surrogate pair', '\ud800'],
])('a credential with %s is wrong', (_, given) => {
  expect(hash !== undefined && isCredentialOf(given, hash)).toBe(false);
});

test.each([
  ['nothing', ''],
  ['a later version of the scheme', made.hash.replace('v=1', 'v=2')],
  ['a tag that is cut off', made.hash.slice(0, -1)],
  ['a tag that is too long', `${made.hash}A`],
  ['a salt that is missing', made.hash.replace(/v=1\$[^$]*/, 'v=1$')],
  ['a credential in the clear', made.password],
])('%s is not a hash of a made credential', (_, text) => {
  expect(parseMadeHash(text)).toBeUndefined();
});

test('the two kinds of hashes are never confused', async () => {
  expect(isPasswordHash(made.hash)).toBe(false);
  expect(parseMadeHash(await hashPassword('chosen'))).toBeUndefined();
});

test('a made credential has more than 128 random bits and a salt of its own, and the hash does not reveal it', () => {
  const all = Array.from({ length: 500 }, makeCredential);
  expect(new Set(all.map(({ password }) => password)).size).toBe(500);
  expect(new Set(all.map(({ hash }) => hash.split('$')[3])).size).toBe(500);
  for (const { password, hash } of all) {
    expect(password.replaceAll('-', '').length * Math.log2(57)).toBeGreaterThan(128);
    expect(hash).not.toContain(password);
  }
});

test('a password that a person chose gets no keyed hash', () => {
  for (const chosen of ['', 'summer', made.password.toUpperCase().replaceAll('-', ''), `${made.password}-more00`])
    expect(() => hashCredential(chosen)).toThrow(RangeError);
});
