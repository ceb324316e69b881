import { expect, test } from 'vitest';
import type { AlarmView, GatewayView, LedgerView } from '../../../api/schemas.ts';
import type { CommandView } from '../../../commands/schemas.ts';
import { completeness, emptyDesk, sortedAlarms, withAlarms, withCommands, withGateways } from './desk-state.ts';

const alarm = (change: Partial<AlarmView>): AlarmView => ({
  alarm: 'a1',
  event: 'e',
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

test('an answer that was asked for before an alarm ended does not raise it again', () => {
  const ended = alarm({
    active: false,
    change: 'cleared',
    changed: '2026-01-01T00:05:00.000Z',
    raised: '2026-01-01T00:05:00.000Z',
  });
  const state = withAlarms(withAlarms(emptyDesk, [ended]), [alarm({})]);
  expect(state.alarms.get('a1')).toMatchObject({ active: false, raised: '2026-01-01T00:00:00.000Z' });
});

test('an alarm that changes keeps the time it was raised', () => {
  const changed = alarm({ change: 'updated', changed: '2026-01-01T00:05:00.000Z', raised: '2026-01-01T00:05:00.000Z' });
  const state = withAlarms(withAlarms(emptyDesk, [alarm({})]), [changed]);
  expect(state.alarms.get('a1')).toMatchObject({ change: 'updated', raised: '2026-01-01T00:00:00.000Z' });
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
  const { alarms } = withAlarms(emptyDesk, many);
  expect([alarms.size, [...alarms.values()].filter(({ active }) => active).length]).toEqual([1000, 50]);
});

test('a command’s result is not taken back by an older answer, and commands are bounded', () => {
  const command = (id: string, state: string, settled: string | null) => ({ id, state, settled }) as CommandView;
  const sent = withCommands(emptyDesk, [command('c1', 'sent', null)]);
  const settled = withCommands(sent, [command('c1', 'applied', '2026-01-01T00:00:00.000Z')]);
  expect(withCommands(settled, [command('c1', 'sent', null)]).commands.get('c1')?.state).toBe('applied');
  const many = Array.from({ length: 1100 }, (_, i) => command(`m${i}`, 'sent', null));
  expect(withCommands(settled, many).commands.size).toBe(1000);
});

test('an older contact of a gateway does not replace a newer one', () => {
  const gateway = (last_contact: string | null, name: string) => ({ gateway: 'g', last_contact, name }) as GatewayView;
  const state = withGateways(withGateways(emptyDesk, [gateway('2026-01-01T00:00:05.000Z', 'new')]), [
    gateway('2026-01-01T00:00:04.000Z', 'old'),
  ]);
  expect(state.gateways.get('g')?.name).toBe('new');
  expect(withGateways(state, [gateway('2026-01-01T00:00:05.000Z', 'offline now')]).gateways.get('g')?.name).toBe(
    'offline now',
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
