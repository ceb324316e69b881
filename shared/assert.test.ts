import { expect, test } from 'vitest';
import { assertThat } from './assert.ts';

test('a failed assertion throws its message; an assertion that holds builds no message', () => {
  assertThat(true, () => {
    throw new Error('not asked for');
  });
  expect(() => assertThat(false, () => 'cursor 5 of 3')).toThrow(
    expect.objectContaining({ code: 'FORPOST_PART_FAILED', message: 'cursor 5 of 3' }),
  );
});
