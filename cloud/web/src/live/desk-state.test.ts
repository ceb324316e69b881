import { expect, test } from 'vitest';
import type { AlarmView } from '../../../alarms/schemas.ts';
import type { CommandView } from '../../../commands/schemas.ts';
import type { GatewayView } from '../../../gateways/schemas.ts';
import type { LedgerView } from '../../../ledger/schemas.ts';
import { english } from '../../testing/page-texts.ts';
import {
  alarmsLimit,
  answered,
  completeness,
  emptyDesk,
  sortedAlarms,
  unanswered,
  unansweredWords,
  withAcknowledged,
  withAlarms,
  withAllAlarms,
  withCommands,
  withGateways,
  withLedgers,
} from './desk-state.ts';

const alarm = (change: Partial<AlarmView>): AlarmView => ({
  open: change.active ?? true,
  alarm: 'a1',
  event: 'g/e1/alerts/1',
  site: 's',
  gateway: 'g',
  device: 'd',
  rule: 'r',
  severity: 'warning',
  category: '',
  message: '',
  cause: '',
  count: 1,
  active: true,
  acknowledged: false,
  test: false,
  change: 'raised',
  raised: '2026-01-01T00:00:00.000Z',
  changed: '2026-01-01T00:00:00.000Z',
  evidence: [],
  ...change,
});

const asked = (messages: number) => ({ asked: messages });

test('an answer to a request from before an alarm’s end does not raise the alarm again', () => {
  const ended = alarm({
    event: 'g/e1/alerts/2',
    active: false,
    change: 'cleared',
    changed: '2026-01-01T00:05:00.000Z',
    raised: '2026-01-01T00:05:00.000Z',
  });
  const state = withAlarms(withAlarms(emptyDesk, [ended], 'message'), [alarm({})], asked(0));
  expect(state.alarms.get('g/a1')).toMatchObject({ active: false, raised: '2026-01-01T00:00:00.000Z' });
});

test('a changed alarm keeps the time at which it was raised', () => {
  const changed = alarm({
    event: 'g/e1/alerts/2',
    change: 'updated',
    changed: '2026-01-01T00:05:00.000Z',
    raised: '2026-01-01T00:05:00.000Z',
  });
  const state = withAlarms(withAlarms(emptyDesk, [alarm({})], asked(0)), [changed], 'message');
  expect(state.alarms.get('g/a1')).toMatchObject({ change: 'updated', raised: '2026-01-01T00:00:00.000Z' });
});

test('an alarm that ended after the gateway’s clock was set back is over, and an older event changes nothing', () => {
  const raised = alarm({ event: 'g/e1/alerts/8', changed: '2030-01-01T00:00:00.000Z' });
  const cleared = alarm({ event: 'g/e1/alerts/9', active: false, changed: '2026-01-01T00:00:00.000Z' });
  const over = withAlarms(withAlarms(emptyDesk, [raised], 'message'), [cleared], 'message');
  expect(over.alarms.get('g/a1')?.active).toBe(false);
  // a repetition by another way changes nothing
  expect(withAlarms(over, [raised], 'message').alarms.get('g/a1')?.active).toBe(false);
  expect(withAlarms(over, [raised], asked(2)).alarms.get('g/a1')?.active).toBe(false);
});

test('the later event counts when an alarm’s events come from two epochs of a gateway', () => {
  const before = alarm({ event: 'g/e1/alerts/900' });
  const after = alarm({ event: 'g/e2/alerts/1', active: false });
  const over = withAlarms(withAlarms(emptyDesk, [before], asked(0)), [after], 'message');
  expect(over.alarms.get('g/a1')?.active).toBe(false);
  expect(withAlarms(over, [before], asked(0)).alarms.get('g/a1')?.active).toBe(false);
  expect(withAlarms(over, [before], asked(1)).alarms.get('g/a1')?.active).toBe(true);
});

test('alarms that wait for a person come first; then severity, activity and time decide', () => {
  const order = sortedAlarms([
    alarm({ alarm: 'over', active: false, open: false, severity: 'critical' }),
    alarm({ alarm: 'unseen', active: false, open: true, severity: 'critical' }),
    alarm({ alarm: 'info', severity: 'info' }),
    alarm({ alarm: 'seen', acknowledged: true, severity: 'critical' }),
    alarm({ alarm: 'trial', test: true, severity: 'critical' }),
    alarm({ alarm: 'old' }),
    alarm({ alarm: 'new', raised: '2026-01-01T00:09:00.000Z' }),
    alarm({ alarm: 'grave', severity: 'critical' }),
  ]).map(({ alarm }) => alarm);
  expect(order).toEqual(['grave', 'unseen', 'new', 'old', 'info', 'trial', 'seen', 'over']);
});

test('an alarm acknowledged at the centre stays acknowledged, although its gateway does not know it yet', () => {
  const over = alarm({ event: 'g/e1/alerts/2', active: false, open: true, change: 'cleared' });
  const listed = withAlarms(emptyDesk, [over], asked(0));
  const acknowledgement = { gateway: 'g', alarm: 'a1', by: 'anna', at: '2026-01-01T00:10:00.000Z' };
  expect(withAcknowledged(listed, { ...acknowledgement, gateway: 'other' })).toBe(listed);
  const seen = withAcknowledged(listed, acknowledgement);
  const expected = { acknowledged: true, acknowledged_by: 'anna', acknowledged_where: 'centre only', open: false };
  expect(seen.alarms.get('g/a1')).toMatchObject(expected);
  // the alarm's pictures arrive before its gateway knows of the acknowledgement
  const pictures = alarm({ event: 'g/e1/alerts/3', active: false, open: true, change: 'updated' });
  expect(withAlarms(seen, [pictures], 'message').alarms.get('g/a1')).toMatchObject({ ...expected, change: 'updated' });
  const known = alarm({
    event: 'g/e1/alerts/4',
    active: false,
    open: false,
    change: 'acknowledged',
    acknowledged: true,
    acknowledged_by: 'anna',
    acknowledged_where: 'centre',
  });
  expect(withAlarms(seen, [known], 'message').alarms.get('g/a1')).toMatchObject({ acknowledged_where: 'centre' });
});

test('when there are too many alarms, ended ones are forgotten first', () => {
  const many = Array.from({ length: 1100 }, (_, i) => alarm({ alarm: `a${i}`, active: i < 50 }));
  const { alarms, lastMessages } = withAlarms(emptyDesk, many, 'message');
  expect([alarms.size, [...alarms.values()].filter(({ active }) => active).length]).toEqual([1000, 50]);
  expect(lastMessages.size).toBe(1000);
});

test('an alarm whose end the page missed is no longer active after the next complete answer', () => {
  const ended = alarm({ alarm: 'listed', event: 'g/e1/alerts/9', active: false });
  const known = withAlarms(emptyDesk, [alarm({ alarm: 'gone' }), alarm({ alarm: 'listed' })], 'message');
  const asking = asked(known.messages);
  // raised after the request was sent
  const raised = withAlarms(known, [alarm({ alarm: 'new' })], 'message');
  const { alarms, lastMessages, moreActive } = withAllAlarms(raised, [ended], 0, asking);
  expect([...alarms.values()].map((one) => [one.alarm, one.active])).toEqual([
    ['listed', false],
    ['new', true],
  ]);
  expect([...lastMessages.keys()]).toEqual(['alarm/g/listed', 'alarm/g/new']);
  expect(moreActive).toBe(false);
});

test('a full answer of active alarms removes no known alarm, and the page says that there are more', () => {
  const known = withAlarms(emptyDesk, [alarm({ alarm: 'known' })], 'message');
  const many = Array.from({ length: alarmsLimit }, (_, i) => alarm({ alarm: `a${i}` }));
  const state = withAllAlarms(known, many, alarmsLimit + 1, asked(1));
  expect([state.alarms.has('g/known'), state.moreActive]).toEqual([true, true]);
  const last = many.map((one, i) => (i === 0 ? { ...one, active: false } : one));
  const all = withAllAlarms(state, last, alarmsLimit - 1, asked(1));
  expect([all.alarms.has('g/known'), all.moreActive]).toEqual([false, false]);
});

test('after a failed request the list counts as unknown, with the reason', () => {
  const reason = 'the history does not answer now';
  const failed = unanswered(emptyDesk, 'alarms', reason);
  expect(failed.asked.alarms).toEqual({ answered: false, problem: reason });
  expect(unansweredWords(english, failed)).toEqual([
    'The alarms shown here may be incomplete: the history does not answer now. The page asks again every few seconds.',
  ]);
  expect(unansweredWords(english, unanswered(failed, 'gateways', reason))).toHaveLength(1);
  const later = unanswered(answered(failed, 'alarms'), 'alarms', reason);
  expect(later.asked.alarms).toEqual({ answered: true, problem: reason });
  expect(unansweredWords(english, answered(later, 'alarms'))).toEqual([]);
});

test('a ledger does not replace a message that arrived after its request', () => {
  const ledger = (missing: number) => ({ gateway: 'g', missing }) as LedgerView;
  const counted = withLedgers(emptyDesk, [ledger(7)], 'message');
  expect(withLedgers(counted, [ledger(0)], asked(0)).ledgers.get('g')?.missing).toBe(7);
  expect(withLedgers(counted, [ledger(0)], asked(1)).ledgers.get('g')?.missing).toBe(0);
});

test('an older answer does not remove a command’s result, and the number of commands is bounded', () => {
  const command = (id: string, state: string, settled: string | null) => ({ id, state, settled }) as CommandView;
  const sent = withCommands(emptyDesk, [command('c1', 'sent', null)]);
  const settled = withCommands(sent, [command('c1', 'applied', '2026-01-01T00:00:00.000Z')]);
  expect(withCommands(settled, [command('c1', 'sent', null)]).commands.get('c1')?.state).toBe('applied');
  const many = Array.from({ length: 1100 }, (_, i) => command(`m${i}`, 'sent', null));
  expect(withCommands(settled, many).commands.size).toBe(1000);
});

test('the latest message about a gateway counts, whatever the centre’s clock said', () => {
  const gateway = (last_contact: string, name: string) => ({ gateway: 'g', last_contact, name }) as GatewayView;
  const online = withGateways(emptyDesk, [gateway('2026-01-01T00:00:05.001Z', 'online')], 'message');
  // the time of the same contact may come out a millisecond earlier, because it is computed from now each time
  const offline = withGateways(online, [gateway('2026-01-01T00:00:05.000Z', 'offline')], 'message');
  expect(offline.gateways.get('g')?.name).toBe('offline');
  expect(withGateways(offline, [gateway('2026-01-01T00:00:05.001Z', 'old')], asked(1)).gateways.get('g')?.name).toBe(
    'offline',
  );
  expect(withGateways(offline, [gateway('2025-01-01T00:00:00.000Z', 'new')], asked(2)).gateways.get('g')?.name).toBe(
    'new',
  );
});

test('a badge prefers missing to waiting, and waiting to complete', () => {
  const ledger = (missing: number, waiting: number) => ({ missing, waiting }) as LedgerView;
  expect([ledger(3, 9), ledger(0, 12_345), ledger(0, 0), undefined].map((one) => completeness(one))).toEqual([
    'missing',
    'waiting',
    'complete',
    'unknown',
  ]);
});

test('alarms of two gateways with the same id are two alarms', () => {
  const own = alarm({ message: 'somebody is at the gate', severity: 'critical' });
  const other = { ...alarm({ message: 'nothing', severity: 'info' }), gateway: 'g2', event: 'g2/e/alerts/99' };
  const state = withAlarms(withAlarms(emptyDesk, [own], 'message'), [other], 'message');
  expect([...state.alarms.values()].map(({ message }) => message)).toEqual(['somebody is at the gate', 'nothing']);
});

test('a flood of active alarms pushes out alarms of the same gateway, and never of another one', () => {
  const calm = alarm({ alarm: 'calm' });
  const flood = Array.from({ length: 2_500 }, (_, i) => ({ ...alarm({ alarm: `f${i}` }), gateway: 'flood' }));
  const state = withAlarms(withAlarms(emptyDesk, [calm], 'message'), flood, 'message');
  expect([state.alarms.size, state.alarms.has('g/calm')]).toEqual([2000, true]);
});
