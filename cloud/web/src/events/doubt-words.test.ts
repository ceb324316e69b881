import { expect, test } from 'vitest';
import { english } from '../../testing/page-texts.ts';
import { doubtWords, leftOutWords } from './doubt-words.ts';

test('a doubted time is shown with the year that it claims', () => {
  expect(doubtWords(english, { time: '2026-01-01T00:00:00Z' })).toBeUndefined();
  expect(doubtWords(english, { time: '9999-12-31T00:00:00Z', doubted: 'future' })).toBe(
    'not believed: says 9999, in the future',
  );
  expect(doubtWords(english, { time: '1970-01-01T00:00:07Z', doubted: 'past' })).toBe(
    'not believed: says 1970, too long ago',
  );
  expect(doubtWords(english, { time: 'soon', doubted: 'past' })).toBe('not believed: says no time, too long ago');
});

test('a sentence counts the events that the live list leaves out by gateway, the most first', () => {
  const words = (leftOut: Record<string, number>) => leftOutWords(english, leftOut, (gateway) => gateway.toUpperCase());
  expect(words({})).toBe('');
  expect(words({ b: 3, a: 12_000 })).toBe('left out meanwhile: 12,000 of A, 3 of B');
  expect(words({ b: 3, a: 12_000, c: 1, d: 1 })).toBe('left out meanwhile: 12,000 of A, 3 of B, 2 of others');
});
