import { expect, test } from 'vitest';
import { hashPassword } from './password.ts';
import { weakness } from './password-strength.ts';

const hash = (
  parameters: string,
  salt = 'c29tZXNhbHRzb21lc2FsdA',
  tag = 'nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4',
) => `$argon2id$v=19$${parameters}$${salt}$${tag}`;

test('a hash that Forpost makes is not weak, and neither are the parameters that OWASP lists', async () => {
  expect(weakness(await hashPassword('a password'))).toBeUndefined();
  for (const parameters of ['m=47104,t=1,p=1', 'm=12288,t=3,p=1', 'm=9216,t=4,p=1', 'm=7168,t=5,p=1'])
    expect(weakness(hash(parameters))).toBeUndefined();
});

test('a hash that is cheap to guess is weak, and so is one with a short salt or tag', () => {
  for (const parameters of ['m=64,t=1,p=1', 'm=4096,t=16,p=1', 'm=19456,t=1,p=1'])
    expect(weakness(hash(parameters))).toMatch(/^is an argon2id hash that costs too little/);
  expect(weakness(hash('m=19456,t=2,p=1', 'c2FsdA'))).toBe('has too short a salt');
  expect(weakness(hash('m=19456,t=2,p=1', undefined, 'dGFn'))).toBe('is too short a hash');
});
