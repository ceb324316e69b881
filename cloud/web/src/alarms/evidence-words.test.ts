import { expect, test } from 'vitest';
import type { CommandView } from '../../../commands/schemas.ts';
import { failureOf } from './evidence-words.ts';

const command = (state: string, issued: string, sha256 = 'aa', message = '') =>
  ({ kind: 'evidence', arguments: { sha256 }, state, issued, message }) as unknown as CommandView;

test('why a picture does not come is said by the newest answer about it', () => {
  expect(failureOf([], 'aa')).toBe('');
  expect(failureOf([command('sent', '1')], 'aa')).toBe('');
  expect(failureOf([command('failed', '1', 'aa', 'it is not kept any more')], 'aa')).toBe(
    'Not sent: it is not kept any more',
  );
  expect(failureOf([command('failed', '1'), command('applied', '2')], 'aa')).toBe('');
  expect(failureOf([command('failed', '1', 'bb')], 'aa')).toBe('');
  expect(failureOf([command('unanswered', '1')], 'aa')).toMatch(/show it again/);
});
