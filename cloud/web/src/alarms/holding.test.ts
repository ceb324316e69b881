import { expect, test } from 'vitest';
import { alarmView } from '../../testing/examples.ts';
import { english } from '../../testing/page-texts.ts';
import { alarmKey } from '../live/desk-state.ts';
import { heldList, nothingBefore, waitingWords } from './holding.ts';

const key = (alarm: string) => alarmKey({ gateway: 'gw-1', alarm });
const byId = (...alarms: ReturnType<typeof alarmView>[]) => new Map(alarms.map((alarm) => [alarmKey(alarm), alarm]));

test('held rows keep their places, and new alarms are counted beside the list with the gravest one in words', () => {
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

test('a held row shows the present state of its alarm, also when the alarm is over and acknowledged', () => {
  const over = alarmView('a', { active: false, open: false, acknowledged: true });
  expect(heldList({ rows: [key('a'), key('b')], known: new Set([key('a'), key('b')]) }, [], byId(over))).toEqual({
    rows: [over],
    waiting: [],
  });
});

test('a known alarm without a row is not counted as new', () => {
  const [row, beyond] = [alarmView('row'), alarmView('beyond')];
  const before = { rows: [key('row')], known: new Set([key('row'), key('beyond')]) };
  expect(heldList(before, [row, beyond], byId(row, beyond))).toEqual({ rows: [row], waiting: [] });
});

test('an ended alarm that needs no acknowledgement is not counted as new', () => {
  const over = alarmView('over', { active: false, open: false });
  expect(heldList(nothingBefore, [over], byId(over)).waiting).toEqual([]);
});
