import { expect, test } from 'vitest';
import { alarmView } from '../../testing/examples.ts';
import { english } from '../../testing/page-texts.ts';
import { alarmKey } from '../live/desk-state.ts';
import { heldList, nothingBefore, waitingWords } from './holding.ts';

const key = (alarm: string) => alarmKey({ gateway: 'gw-1', alarm });
const byId = (...alarms: ReturnType<typeof alarmView>[]) => new Map(alarms.map((alarm) => [alarmKey(alarm), alarm]));

test('rows that are held keep their places whatever comes, and what came waits with its words', () => {
  const [old, newer] = [
    alarmView('old', { severity: 'warning' }),
    alarmView('newer', { message: 'Somebody at the gate' }),
  ];
  const { rows, waiting } = heldList(
    { rows: [key('old')], known: new Set([key('old')]) },
    [newer, old],
    byId(old, newer),
  );
  expect(rows).toEqual([old]);
  expect(waiting).toEqual([newer]);
  expect(waitingWords(english, waiting)).toBe('1 new alarm, Critical: Somebody at the gate');
});

test('a row that is held shows what is true of it now, also once it is over and acknowledged', () => {
  const over = alarmView('a', { active: false, open: false, acknowledged: true });
  expect(heldList({ rows: [key('a'), key('b')], known: new Set([key('a'), key('b')]) }, [], byId(over))).toEqual({
    rows: [over],
    waiting: [],
  });
});

test('an alarm that was known and has no row is not told as new', () => {
  const [row, beyond] = [alarmView('row'), alarmView('beyond')];
  const before = { rows: [key('row')], known: new Set([key('row'), key('beyond')]) };
  expect(heldList(before, [row, beyond], byId(row, beyond))).toEqual({ rows: [row], waiting: [] });
});

test('what ended and needs nobody is not told as new', () => {
  const over = alarmView('over', { active: false, open: false });
  expect(heldList(nothingBefore, [over], byId(over)).waiting).toEqual([]);
});
