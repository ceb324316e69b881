import { inEnglish } from '@forpost/shared/texts/english.ts';
import { expect, test } from 'vitest';
import type { Knock } from '../../broker/knock.ts';
import { ownLogInOf } from './own-log-in.ts';

function judged(user: string | undefined, password: string | undefined, owner?: string, clientId = 'DVES_1A2B3C') {
  const bytes = password === undefined ? undefined : Buffer.from(password);
  const knock = { user, clientId } as Knock;
  return ownLogInOf({ knock, password: bytes, clientId }, () => owner);
}

test('a user name and a good password are taken over as they are', () => {
  expect(judged('plug', 'correct horse')).toEqual({
    logIn: { user: 'plug', password: 'correct horse', clientId: undefined },
    weak: undefined,
  });
});

test('a user name that is another’s is bound to the client id, and without one it cannot be taken over', () => {
  expect(judged('DVES_USER', 'correct horse', 'other')).toMatchObject({ logIn: { clientId: 'DVES_1A2B3C' } });
  expect(judged('DVES_USER', 'correct horse', 'other', '')).toHaveProperty('not');
});

test.each([
  [undefined, undefined],
  ['plug', undefined],
  ['plug', ''],
  ['', 'correct horse'],
  ['pl\nug', 'correct horse'],
  ['u'.repeat(300), 'correct horse'],
  ['plug', 'x'.repeat(2000)],
])('user %j with password %j cannot be taken over', (user, password) => {
  expect(judged(user, password)).toHaveProperty('not');
});

test.each([
  ['DVES_PASS', 'everybody knows this password: it is the factory’s, or one that is tried first'],
  ['plug', 'everybody knows this password: it is the factory’s, or one that is tried first'],
  ['short', 'its password has fewer than 8 letters'],
])('the password %s can be taken over, with a warning', (password, warning) => {
  const found = judged('plug', password);
  expect('weak' in found && found.weak && inEnglish(found.weak)).toBe(warning);
});
