import { expect, test } from 'vitest';
import { assertThat } from './assert.ts';

test('an assertion that does not hold stops the work with its message, and one that holds builds none', () => {
  assertThat(true, () => {
    throw new Error('not asked for');
  });
  expect(() => assertThat(false, () => 'cursor 5 of 3')).toThrow(
    expect.objectContaining({ code: 'FORPOST_PART_FAILED', message: 'cursor 5 of 3' }),
  );
});
