import { expect, test } from 'vitest';
import { assertThat } from './assert.ts';

test('a failed assertion stops the work with its message; one that holds does not build the message', () => {
  assertThat(true, () => {
    throw new Error('not asked for');
  });
  expect(() => assertThat(false, () => 'cursor 5 of 3')).toThrow(
    expect.objectContaining({ code: 'FORPOST_PART_FAILED', message: 'cursor 5 of 3' }),
  );
});
