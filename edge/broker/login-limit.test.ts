import { expect, test } from 'vitest';
import { LoginLimit } from './login-limit.ts';

test('after five wrong passwords a user of that address waits out the minute, and nobody else does', () => {
  const limit = new LoginLimit();
  for (let i = 0; i < 5; i++) {
    expect(limit.blocks('10.0.0.1', 'meter', i)).toBe(false);
    limit.failed('10.0.0.1', 'meter', i);
  }
  expect(limit.blocks('10.0.0.1', 'meter', 10)).toBe(true);
  expect(limit.blocks('10.0.0.1', 'other', 10)).toBe(false);
  expect(limit.blocks('10.0.0.2', 'meter', 10)).toBe(false);
  expect(limit.blocks('10.0.0.1', 'meter', 60_001)).toBe(false);
});

test('a right password wipes the slate', () => {
  const limit = new LoginLimit();
  for (let i = 0; i < 4; i++) limit.failed('a', 'meter', 0);
  limit.succeeded('a', 'meter');
  limit.failed('a', 'meter', 0);
  expect(limit.blocks('a', 'meter', 0)).toBe(false);
});

test('trying many users from one address is held up too, and the memory for it is bounded', () => {
  const limit = new LoginLimit();
  for (let i = 0; i < 60; i++) limit.failed('a', `user-${i}`, 0);
  expect(limit.blocks('a', 'fresh', 0)).toBe(true);
  const long = 'x'.repeat(60_000);
  for (let i = 0; i < 3000; i++) limit.failed(`address-${i}`, long, 0);
  expect(limit.size).toBeLessThanOrEqual(2000);
});
