import { expect, test } from 'vitest';
import { FakeClock } from '../clock.ts';
import { Attempts } from './attempts.ts';

test('after the last try of a window the next one waits for its end', () => {
  const clock = new FakeClock();
  const attempts = new Attempts({ tries: 2, windowMs: 1000 }, clock);
  expect(attempts.take('a')).toBe(0);
  clock.advance(400);
  expect(attempts.take('a')).toBe(0);
  expect(attempts.take('a')).toBe(600);
  expect(attempts.take('b')).toBe(0);
  clock.advance(600);
  expect(attempts.take('a')).toBe(0);
});

test('a good try is taken back, and tries that wait do not lengthen the wait', () => {
  const clock = new FakeClock();
  const attempts = new Attempts({ tries: 1, windowMs: 1000 }, clock);
  attempts.take('a');
  attempts.forgive('a');
  expect(attempts.take('a')).toBe(0);
  for (let i = 0; i < 5; i++) expect(attempts.take('a')).toBe(1000);
  attempts.clear('a');
  expect(attempts.take('a')).toBe(0);
});

test('a flood of names is remembered up to a limit, and the newest stay refused', () => {
  const attempts = new Attempts({ tries: 1, windowMs: 1000 }, new FakeClock());
  for (let i = 0; i < 6000; i++) attempts.take(`key-${i}`);
  expect(attempts.take('key-5999')).toBeGreaterThan(0);
  expect(attempts.take('key-0')).toBe(0);
});
