import { expect, test } from 'vitest';
import type { AlarmView } from '../../../alarms/schemas.ts';
import { english } from '../../testing/page-texts.ts';
import { announce, nothingAnnounced } from './announcing.ts';

const alarm = (id: string, change: Partial<AlarmView> = {}) =>
  ({
    alarm: id,
    active: true,
    open: true,
    changed: '',
    severity: 'warning',
    message: `${id} is wrong`,
    raised: '',
    ...change,
  }) as AlarmView;

test('a screen reader announces an alarm when it is raised and when it ends, and not in between', () => {
  const opened = announce(english, nothingAnnounced, [alarm('a'), alarm('old', { active: false })]);
  expect(opened.words).toBe('');
  const raised = announce(english, opened, [alarm('a'), alarm('b', { severity: 'critical', message: 'It burns!' })]);
  expect(raised.words).toBe('Critical alarm: It burns!');
  // the alarm is acknowledged, or its count rises
  expect(announce(english, raised, [alarm('a', { acknowledged: true }), alarm('b', { count: 2 })])).toBe(raised);
  const ended = announce(english, raised, [alarm('a', { active: false }), alarm('b')]);
  expect(ended.words).toBe('Over: a is wrong.');
});

test('a screen reader announces the number of simultaneous alarms and the gravest one', () => {
  const opened = announce(english, nothingAnnounced, [alarm('x'), alarm('y')]);
  const many = [alarm('a'), alarm('b', { severity: 'critical', test: true }), alarm('c', { severity: 'critical' })];
  expect(announce(english, opened, many).words).toBe('3 new alarms. Critical alarm: c is wrong. 2 alarms over.');
});
