import { expect, test } from 'vitest';
import type { AlarmView, GatewayView, LedgerView } from '../../../api/schemas.ts';
import type { CommandView } from '../../../commands/schemas.ts';
import { completeness, emptyDesk, sortedAlarms, withAlarms, withCommands, withGateways } from './desk-state.ts';

const alarm = (change: Partial<AlarmView>): AlarmView => ({
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

test('an answer that was asked for before an alarm ended does not raise it again', () => {
  const ended = alarm({
    event: 'g/e1/alerts/2',
    active: false,
    change: 'cleared',
    changed: '2026-01-01T00:05:00.000Z',
    raised: '2026-01-01T00:05:00.000Z',
  });
  const state = withAlarms(withAlarms(emptyDesk, [ended], 'message'), [alarm({})], asked(0));
  expect(state.alarms.get('a1')).toMatchObject({ active: false, raised: '2026-01-01T00:00:00.000Z' });
});

test('an alarm that changes keeps the time it was raised', () => {
  const changed = alarm({
    event: 'g/e1/alerts/2',
    change: 'updated',
    changed: '2026-01-01T00:05:00.000Z',
    raised: '2026-01-01T00:05:00.000Z',
  });
  const state = withAlarms(withAlarms(emptyDesk, [alarm({})], asked(0)), [changed], 'message');
  expect(state.alarms.get('a1')).toMatchObject({ change: 'updated', raised: '2026-01-01T00:00:00.000Z' });
});

test('an alarm that ended after the gateway’s clock was set back is over, and an older word of it changes nothing', () => {
  const raised = alarm({ event: 'g/e1/alerts/8', changed: '2030-01-01T00:00:00.000Z' });
  const cleared = alarm({ event: 'g/e1/alerts/9', active: false, changed: '2026-01-01T00:00:00.000Z' });
  const over = withAlarms(withAlarms(emptyDesk, [raised], 'message'), [cleared], 'message');
  expect(over.alarms.get('a1')?.active).toBe(false);
  // sent again, by another way: it says nothing new
  expect(withAlarms(over, [raised], 'message').alarms.get('a1')?.active).toBe(false);
  expect(withAlarms(over, [raised], asked(2)).alarms.get('a1')?.active).toBe(false);
});

test('of two lives of a gateway the later word counts', () => {
  const before = alarm({ event: 'g/e1/alerts/900' });
  const after = alarm({ event: 'g/e2/alerts/1', active: false });
  const over = withAlarms(withAlarms(emptyDesk, [before], asked(0)), [after], 'message');
  expect(over.alarms.get('a1')?.active).toBe(false);
  expect(withAlarms(over, [before], asked(0)).alarms.get('a1')?.active).toBe(false);
  expect(withAlarms(over, [before], asked(1)).alarms.get('a1')?.active).toBe(true);
});

test('what needs somebody stands first: active, not acknowledged, grave, new', () => {
  const order = sortedAlarms([
    alarm({ alarm: 'over', active: false, severity: 'critical' }),
    alarm({ alarm: 'seen', acknowledged: true, severity: 'critical' }),
    alarm({ alarm: 'trial', test: true, severity: 'critical' }),
    alarm({ alarm: 'old' }),
    alarm({ alarm: 'new', raised: '2026-01-01T00:09:00.000Z' }),
    alarm({ alarm: 'grave', severity: 'critical' }),
  ]).map(({ alarm }) => alarm);
  expect(order).toEqual(['grave', 'new', 'old', 'trial', 'seen', 'over']);
});

test('alarms that ended are forgotten first where there are too many', () => {
  const many = Array.from({ length: 1100 }, (_, i) => alarm({ alarm: `a${i}`, active: i < 50 }));
  const { alarms, heard } = withAlarms(emptyDesk, many, 'message');
  expect([alarms.size, [...alarms.values()].filter(({ active }) => active).length]).toEqual([1000, 50]);
  expect(heard.size).toBe(1000);
});

test('a command’s result is not taken back by an older answer, and commands are bounded', () => {
  const command = (id: string, state: string, settled: string | null) => ({ id, state, settled }) as CommandView;
  const sent = withCommands(emptyDesk, [command('c1', 'sent', null)]);
  const settled = withCommands(sent, [command('c1', 'applied', '2026-01-01T00:00:00.000Z')]);
  expect(withCommands(settled, [command('c1', 'sent', null)]).commands.get('c1')?.state).toBe('applied');
  const many = Array.from({ length: 1100 }, (_, i) => command(`m${i}`, 'sent', null));
  expect(withCommands(settled, many).commands.size).toBe(1000);
});

test('a gateway is as the latest message has it, whatever the centre’s clock said', () => {
  const gateway = (last_contact: string, name: string) => ({ gateway: 'g', last_contact, name }) as GatewayView;
  const online = withGateways(emptyDesk, [gateway('2026-01-01T00:00:05.001Z', 'online')], 'message');
  // the same contact, told a millisecond earlier: it is counted back from now each time
  const offline = withGateways(online, [gateway('2026-01-01T00:00:05.000Z', 'offline')], 'message');
  expect(offline.gateways.get('g')?.name).toBe('offline');
  expect(withGateways(offline, [gateway('2026-01-01T00:00:05.001Z', 'old')], asked(1)).gateways.get('g')?.name).toBe(
    'offline',
  );
  expect(withGateways(offline, [gateway('2025-01-01T00:00:00.000Z', 'new')], asked(2)).gateways.get('g')?.name).toBe(
    'new',
  );
});

test('a badge says missing before waiting before complete', () => {
  const ledger = (missing: number, waiting: number) => ({ missing, waiting }) as LedgerView;
  expect([ledger(3, 9), ledger(0, 12_345), ledger(0, 0), undefined].map((one) => completeness(one).words)).toEqual([
    '3 missing',
    '12,345 waiting',
    'complete',
    'not counted yet',
  ]);
});
