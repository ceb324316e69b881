import { expect, test } from 'vitest';
import { activeAlarm } from '../testing/source.ts';
import { AlarmHold, waitingWords } from './alarm-hold.ts';

const ids = ({ rows }: ReturnType<AlarmHold['list']>) =>
  rows.map(({ alarm, gone }) => `${alarm.alarm}${gone ? ' gone' : ''}`);
const [old, newer] = [
  activeAlarm('old'),
  activeAlarm('new', { severity: 'critical', message: 'Somebody at the gate' }),
];

test('the list follows the gateway until a person uses the page, and again after ten seconds without input', () => {
  const hold = new AlarmHold();
  expect(ids(hold.list([old], 0))).toEqual(['old']);
  hold.used(1_000);
  const held = hold.list([newer, old], 2_000);
  expect(ids(held)).toEqual(['old']);
  expect(waitingWords(held.waiting)).toBe('1 new alarm, Critical: Somebody at the gate');
  expect(ids(hold.list([newer, old], 10_999))).toEqual(['old']);
  expect(ids(hold.list([newer, old], 11_000))).toEqual(['new', 'old']);
});

test('directly after a tap on «Log in» every alarm is shown', () => {
  const hold = new AlarmHold();
  hold.used(0);
  expect(ids(hold.list([newer, old], 100))).toEqual(['new', 'old']);
  expect(ids(hold.list([old], 200))).toEqual(['new gone', 'old']);
});

test('an alarm that ended and was acknowledged meanwhile keeps its place, and is marked', () => {
  const hold = new AlarmHold();
  hold.list([newer, old], 0);
  hold.used(0);
  expect(ids(hold.list([old], 100))).toEqual(['new gone', 'old']);
});

test('a tap on «show» shows the new alarms at once', () => {
  const hold = new AlarmHold();
  hold.list([], 0);
  hold.used(0);
  expect(hold.list([newer], 1)).toEqual({ rows: [], waiting: [newer] });
  hold.release();
  expect(ids(hold.list([newer], 2))).toEqual(['new']);
});
