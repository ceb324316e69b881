import { expect, test } from 'vitest';
import type { CommandView } from '../../../commands/schemas.ts';
import { english } from '../../testing/page-texts.ts';
import { acknowledging } from './acknowledging.ts';

const now = Date.parse('2026-01-01T00:30:00.000Z');
const command = (change: Partial<CommandView>): CommandView => ({
  id: 'c1',
  gateway: 'g',
  kind: 'acknowledge',
  arguments: { alarm: 'a1' },
  author: 'admin',
  issued: '2026-01-01T00:00:00.000Z',
  expires: '2026-01-01T01:00:00.000Z',
  key: 'k',
  state: 'sent',
  message: '',
  settled: null,
  ...change,
});
const words = (...commands: CommandView[]) => {
  const found = acknowledging(english, commands, 'a1', now);
  return found && `${found.waits ? 'waits' : 'again'}: ${found.words}`;
};

test('an alarm’s row shows the known state of its command', () => {
  expect(words(command({}))).toBe('waits: Sent, the gateway has not answered yet');
  expect(words(command({ state: 'applied' }))).toBe('waits: Acknowledged on the site');
  expect(words(command({ state: 'noted', message: 'no key' }))).toBe('waits: Noted at the centre');
  expect(words(command({ state: 'failed', message: 'it is over' }))).toBe('again: Not acknowledged: it is over');
  expect(words(command({ state: 'refused' }))).toBe('again: Not acknowledged: refused');
  expect(words(command({ state: 'expired' }))).toBe('again: Reached the gateway too late');
  expect(words(command({ state: 'unanswered' }))).toBe('again: No answer from the gateway');
  expect(words(command({ expires: '2026-01-01T00:10:00.000Z' }))).toBe('again: No answer from the gateway');
});

test('the newest command about an alarm counts', () => {
  expect(words()).toBeUndefined();
  expect(words(command({ arguments: { alarm: 'a2' } }), command({ kind: 'ping' }))).toBeUndefined();
  const first = command({ state: 'failed', message: 'x' });
  const second = command({ id: 'c2', issued: '2026-01-01T00:20:00.000Z' });
  expect(words(second, first)).toMatch(/^waits/);
});
