import { expect, test } from 'vitest';
import { alarmView } from '../../testing/examples.ts';
import { heldList, nothingBefore, waitingWords } from './holding.ts';

const byId = (...alarms: ReturnType<typeof alarmView>[]) => new Map(alarms.map((alarm) => [alarm.alarm, alarm]));

test('rows that are held keep their places whatever comes, and what came waits with its words', () => {
  const [old, newer] = [
    alarmView('old', { severity: 'warning' }),
    alarmView('newer', { message: 'Somebody at the gate' }),
  ];
  const { rows, waiting } = heldList({ rows: ['old'], known: new Set(['old']) }, [newer, old], byId(old, newer));
  expect(rows).toEqual([old]);
  expect(waiting).toEqual([newer]);
  expect(waitingWords(waiting)).toBe('1 new alarm, Critical: Somebody at the gate');
});

test('a row that is held shows what is true of it now, also once it is over and acknowledged', () => {
  const over = alarmView('a', { active: false, open: false, acknowledged: true });
  expect(heldList({ rows: ['a', 'b'], known: new Set(['a', 'b']) }, [], byId(over))).toEqual({
    rows: [over],
    waiting: [],
  });
});

test('an alarm that was known and has no row is not told as new', () => {
  const [row, beyond] = [alarmView('row'), alarmView('beyond')];
  const before = { rows: ['row'], known: new Set(['row', 'beyond']) };
  expect(heldList(before, [row, beyond], byId(row, beyond))).toEqual({ rows: [row], waiting: [] });
});

test('what ended and needs nobody is not told as new', () => {
  const over = alarmView('over', { active: false, open: false });
  expect(heldList(nothingBefore, [over], byId(over)).waiting).toEqual([]);
});
