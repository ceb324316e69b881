/** The life of an alarm, from raised to cleared, and the actions that get its alerts. */
import { FakeClock } from '@forpost/shared/clock.ts';
import { silentLogger } from '@forpost/shared/logging.ts';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { AlarmTransition } from '../rules/rule.ts';
import type { Action } from './action.ts';
import { createActions } from './actions/registry.ts';
import { Alarms } from './alarms.ts';
import { alarmsOf, noon, RecordingAction, transition } from './testing/alarms.ts';

test('every local action has run when apply returns, and the alert contains its latency', () => {
  const { alarms, action, clock } = alarmsOf();
  const alerts = alarms.apply([transition('raised')], { received: noon, uptime: clock.uptime() - 1.25 });
  expect(action.alerts).toEqual(alerts);
  expect(alerts[0]).toEqual({
    data: {
      alarm: 'overload/heat-pump/-/800000800000',
      rule: 'overload',
      device: 'heat-pump',
      change: 'raised',
      active: true,
      acknowledged: false,
      severity: 'critical',
      category: 'grid',
      message: 'it is raised',
      cause: 'power_w',
      value: 7900,
      count: 1,
      test: false,
      evidence: [],
      latency_ms: 1.25,
    },
    time: noon - 5,
    received: noon,
    uptime: 998.75,
  });
});

test('all changes of one alarm have the same id; the next alarm of the rule has a new id', () => {
  let n = 0;
  const alarms = new Alarms({ actions: [], clock: new FakeClock(), random: () => (n += 0.01) });
  const receipt = { received: noon, uptime: 0 };
  const of = (change: AlarmTransition['change']) => alarms.apply([transition(change)], receipt)[0]?.data;
  const [raised, updated, cleared] = [of('raised'), of('updated'), of('cleared')];
  expect([raised?.count, updated?.count, cleared?.count]).toEqual([1, 2, 2]);
  expect([raised?.active, updated?.active, cleared?.active]).toEqual([true, true, false]);
  expect(new Set([raised?.alarm, updated?.alarm, cleared?.alarm]).size).toBe(1);
  expect(of('raised')?.alarm).not.toBe(raised?.alarm);
  expect(of('cleared')).toBeDefined();
  expect(of('cleared')).toBeUndefined();
  expect(of('updated')).toBeUndefined();
});

test('an acknowledged alarm stays active, marked as acknowledged, until it clears', () => {
  const { alarms, receipt, action } = alarmsOf();
  const raised = alarms.apply([transition('raised')], receipt)[0];
  const alarm = raised?.data.alarm ?? '';
  const anna = { by: 'anna', where: 'site' } as const;
  expect(alarms.acknowledge('nobody', anna)).toEqual([]);
  expect(alarms.acknowledge(alarm, anna).map(({ data }) => data)).toMatchObject([
    {
      change: 'acknowledged',
      acknowledged: true,
      active: true,
      acknowledged_by: 'anna',
      acknowledged_at: '2026-01-14T11:00:00.000Z',
      acknowledged_where: 'site',
    },
  ]);
  expect(alarms.acknowledge(alarm, anna)).toEqual([]);
  expect(alarms.active()[0]).toMatchObject({ alarm, acknowledged: true, count: 1, raised: noon - 5 });
  expect(alarms.apply([transition('cleared')], receipt)[0]?.data).toMatchObject({ alarm, acknowledged: true });
  expect(action.alerts.map(({ data }) => data.change)).toEqual(['raised', 'acknowledged', 'cleared']);
});

test('an action that throws does not stop the other actions', () => {
  const broken: Action = {
    name: 'broken',
    perform: () => {
      throw new Error('no');
    },
    stop: async () => undefined,
  };
  const recording = new RecordingAction();
  const { alarms, receipt } = alarmsOf({ actions: [broken, recording] });
  expect(alarms.apply([transition('raised')], receipt)).toHaveLength(1);
  expect(recording.alerts).toHaveLength(1);
  expect(alarms.failures()).toBe(1);
});

test('active alarms are bounded: the oldest is cleared, and its message says why', () => {
  const { alarms, action, receipt } = alarmsOf();
  for (let i = 0; i < 5001; i++) alarms.apply([transition('raised', { subject: `s${i}` })], receipt);
  expect(alarms.active()).toHaveLength(5000);
  const ended = action.alerts.filter(({ data }) => data.change === 'cleared');
  expect(ended.map(({ data }) => data.message)).toEqual([
    'it is raised: no longer followed, because more than 5000 alarms are active',
  ]);
});

test('local subscribers get each change, and a retained state that is active while any alarm of the device is active', () => {
  const told: {
    topic: string;
    payload: { change: string; active: boolean; alarms?: string[] };
    retain: boolean;
    qos: number;
  }[] = [];
  const actions = createActions({
    publisher: {
      publish: (topic, payload, { qos, retain }) =>
        void told.push({ topic, payload: JSON.parse(payload), retain, qos }),
    },
    logger: silentLogger(),
  });
  const { alarms, receipt } = alarmsOf({ actions: [...actions] });
  for (const [change, subject] of [
    ['raised', 'a'],
    ['raised', 'b'],
    ['cleared', 'a'],
    ['cleared', 'b'],
  ] as const)
    alarms.apply([transition(change, { subject })], receipt);
  const alerts = told.filter(({ retain }) => !retain);
  expect(alerts.map(({ topic, payload, qos }) => [topic, payload.change, qos])).toEqual([
    ['forpost/alerts/overload/heat-pump', 'raised', 1],
    ['forpost/alerts/overload/heat-pump', 'raised', 1],
    ['forpost/alerts/overload/heat-pump', 'cleared', 1],
    ['forpost/alerts/overload/heat-pump', 'cleared', 1],
  ]);
  const states = told.filter(({ retain }) => retain);
  expect(states.map(({ topic, payload }) => [topic, payload.active, payload.alarms?.length])).toEqual([
    ['forpost/alarms/overload/heat-pump', true, 1],
    ['forpost/alarms/overload/heat-pump', true, 2],
    ['forpost/alarms/overload/heat-pump', true, 1],
    ['forpost/alarms/overload/heat-pump', false, 0],
  ]);
  // the change is published before the state, because people wait for the change
  expect(told[0]?.retain).toBe(false);
});

test('an alert is stored even if the broker refuses its publish', () => {
  const actions = createActions({
    publisher: {
      publish: () => {
        throw new Error('closed');
      },
    },
    logger: silentLogger(),
  });
  const { alarms, receipt } = alarmsOf({ actions: [...actions] });
  expect(alarms.apply([transition('raised')], receipt)).toHaveLength(1);
});

test('whatever rules report, each alarm is raised once and cleared once', () => {
  const changes = fc.array(
    fc.tuple(fc.constantFrom('raised' as const, 'updated' as const, 'cleared' as const), fc.constantFrom('a', 'b')),
    { maxLength: 40 },
  );
  fc.assert(
    fc.property(changes, (told) => {
      let n = 0;
      const alarms = new Alarms({ actions: [], clock: new FakeClock(), random: () => (n += 1e-6) });
      const seen = new Map<string, string[]>();
      for (const [change, subject] of told)
        for (const { data } of alarms.apply([transition(change, { subject })], { received: noon, uptime: 0 }))
          seen.set(data.alarm, [...(seen.get(data.alarm) ?? []), data.change]);
      for (const life of seen.values()) {
        expect(life[0]).toBe('raised');
        expect(life.filter((change) => change === 'raised')).toHaveLength(1);
        expect(life.indexOf('cleared')).toBe(life.includes('cleared') ? life.length - 1 : -1);
      }
      expect(alarms.active()).toHaveLength([...seen.values()].filter((life) => !life.includes('cleared')).length);
    }),
    { numRuns: 500 },
  );
});
