import { expect, test } from 'vitest';
import type { CommandView } from '../../../commands/schemas.ts';
import type { EvidenceView } from '../../../evidence/schemas.ts';
import { awaitedOf, failureOf } from './evidence-words.ts';

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

test('only what the centre has asked for is called so', () => {
  const known = (received: number) => ({ received, size: 200 }) as EvidenceView;
  expect(awaitedOf(undefined, '', '')).toEqual({ words: 'Asking for it…', waits: true });
  expect(awaitedOf(undefined, 'Too many are on their way', '')).toEqual({
    words: 'Not asked for: Too many are on their way',
    waits: false,
  });
  expect(awaitedOf(known(0), '', '').words).toMatch(/^Asked for/);
  expect(awaitedOf(known(70), '', '')).toEqual({ words: '35 % is here', waits: true });
  expect(awaitedOf(known(70), '', 'Not sent: gone')).toEqual({ words: 'Not sent: gone', waits: false });
});
