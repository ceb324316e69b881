import { expect, test } from 'vitest';
import type { CommandView } from '../../../commands/schemas.ts';
import type { EvidenceView } from '../../../evidence/schemas.ts';
import { english } from '../../testing/page-texts.ts';
import { awaitedOf, failureOf } from './evidence-words.ts';

const command = (state: string, issued: string, sha256 = 'aa', message = '') =>
  ({ kind: 'evidence', arguments: { sha256 }, state, issued, message }) as unknown as CommandView;

test('the newest answer about a picture says why it does not arrive', () => {
  expect(failureOf(english, [], 'aa')).toBe('');
  expect(failureOf(english, [command('sent', '1')], 'aa')).toBe('');
  expect(failureOf(english, [command('failed', '1', 'aa', 'it is not kept any more')], 'aa')).toBe(
    'Not sent: it is not kept any more',
  );
  expect(failureOf(english, [command('failed', '1'), command('applied', '2')], 'aa')).toBe('');
  expect(failureOf(english, [command('failed', '1', 'bb')], 'aa')).toBe('');
  expect(failureOf(english, [command('unanswered', '1')], 'aa')).toMatch(/show it again/);
});

test('only a piece that the centre has requested is called requested', () => {
  const known = (received: number) => ({ received, size: 200 }) as EvidenceView;
  expect(awaitedOf(english, undefined, '', '')).toEqual({ words: 'Asking for it…', waits: true });
  expect(awaitedOf(english, undefined, 'Too many are on their way', '')).toEqual({
    words: 'Not asked for: Too many are on their way',
    waits: false,
  });
  expect(awaitedOf(english, known(0), '', '').words).toMatch(/^Asked for/);
  expect(awaitedOf(english, known(70), '', '')).toEqual({ words: '35 % is here', waits: true });
  expect(awaitedOf(english, known(70), '', 'Not sent: gone')).toEqual({ words: 'Not sent: gone', waits: false });
});
