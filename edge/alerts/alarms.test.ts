import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FakeClock, systemClock } from '@forpost/shared/clock.ts';
import type { StoredEvent } from '@forpost/shared/event/codec.ts';
import { eventTypes } from '@forpost/shared/event/event.ts';
import { silentLogger } from '@forpost/shared/logging.ts';
import fc from 'fast-check';
import { expect, onTestFinished, test, vi } from 'vitest';
import type { AlarmTransition } from '../rules/rule.ts';
import type { Action, Alert } from './action.ts';
import { createActions } from './actions/registry.ts';
import { Alarms } from './alarms.ts';
import { recordedAlerts } from './recorded.ts';

const noon = Date.UTC(2026, 0, 14, 11);

function transition(change: AlarmTransition['change'], more: object = {}): AlarmTransition {
  return {
    rule: 'overload',
    device: 'heat-pump',
    subject: '',
    change,
    severity: 'critical',
    category: 'grid',
    test: false,
    message: `it is ${change}`,
    cause: 'power_w',
    value: 7900,
    time: noon - 5,
    ...more,
  } as AlarmTransition;
}

/** An action that writes down what it is told. */
class Noted implements Action {
  readonly name = 'noted';
  readonly alerts: Alert[] = [];
  readonly restored: Alert[] = [];
  perform(alert: Alert): void {
    this.alerts.push(alert);
  }
  restore(alert: Alert): void {
    this.restored.push(alert);
  }
  async stop(): Promise<void> {}
}

function folder(): string {
  const made = mkdtempSync(join(tmpdir(), 'forpost-alarms-'));
  onTestFinished(() => rmSync(made, { recursive: true }));
  return made;
}

function alarmsOf(options: { actions?: Action[]; file?: string; random?: () => number } = {}) {
  const clock = new FakeClock(noon, 1000);
  const action = new Noted();
  const actions = options.actions ?? [action];
  const file = options.file === undefined ? {} : { file: options.file };
  const alarms = new Alarms({ actions, clock, random: options.random ?? (() => 0.5), log: silentLogger(), ...file });
  return { alarms, clock, action, taken: { received: noon, uptime: clock.uptime() } };
}

/** Applies changes that the outbox then has. */
function applied({ alarms, taken }: Pick<ReturnType<typeof alarmsOf>, 'alarms' | 'taken'>, of: AlarmTransition[]) {
  const alerts = alarms.apply(of, taken);
  for (const alert of alerts) alarms.stored(alert);
  return alerts;
}

const said = (name: string) => ({ key: `alarm/${name}`, values: { device: 'Oven' } });

test('an alarm carries its sentences in its reader’s language to its end, and over a restart', async () => {
  const file = join(folder(), 'active.json');
  const running = alarmsOf({ file });
  await running.alarms.start();
  const raised = transition('raised', { messageI18n: said('raised') });
  const other = transition('raised', { subject: 'b', messageI18n: said('raised') });
  const [alert] = applied(running, [raised, other]);
  expect(alert?.data).toMatchObject({ message: 'it is raised', message_i18n: said('raised') });
  // the rule was given a message of its own: nothing of the catalogue's stays beside it
  const [own] = applied(running, [transition('updated', { subject: 'b', message: 'as the installer wrote it' })]);
  expect([own?.data.message_i18n, own?.data.summary_i18n]).toEqual([undefined, undefined]);
  await running.alarms.stop();

  const again = alarmsOf({ file });
  await again.alarms.start();
  const [over] = applied(again, [transition('cleared', { messageI18n: said('over') })]);
  expect(over?.data).toMatchObject({
    ...{ message: 'it is cleared', message_i18n: said('over') },
    ...{ summary: 'it is raised', summary_i18n: said('raised') },
  });
  await again.alarms.stop();
});

test('every local action has run when apply returns, and the alert says the latency', () => {
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

test('all changes of one occurrence share its id, and the next occurrence has another', () => {
  let n = 0;
  const alarms = new Alarms({ actions: [], clock: new FakeClock(), random: () => (n += 0.01) });
  const taken = { received: noon, uptime: 0 };
  const of = (change: AlarmTransition['change']) => alarms.apply([transition(change)], taken)[0]?.data;
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
  const { alarms, taken, action } = alarmsOf();
  const raised = alarms.apply([transition('raised')], taken)[0];
  const alarm = raised?.data.alarm ?? '';
  const anna = { by: 'anna', where: 'site' } as const;
  expect(alarms.acknowledge('nobody', anna)).toEqual([]);
  expect(alarms.acknowledge(alarm, anna).map(({ data }) => data)).toMatchObject([
    {
      ...{ change: 'acknowledged', acknowledged: true, active: true },
      ...{ acknowledged_by: 'anna', acknowledged_at: '2026-01-14T11:00:00.000Z', acknowledged_where: 'site' },
    },
  ]);
  expect(alarms.acknowledge(alarm, anna)).toEqual([]);
  expect(alarms.active()[0]).toMatchObject({ alarm, acknowledged: true, count: 1, raised: noon - 5 });
  expect(alarms.apply([transition('cleared')], taken)[0]?.data).toMatchObject({ alarm, acknowledged: true });
  expect(action.alerts.map(({ data }) => data.change)).toEqual(['raised', 'acknowledged', 'cleared']);
});

test('a local action that throws does not stop the others', () => {
  const broken: Action = {
    name: 'broken',
    perform: () => {
      throw new Error('no');
    },
    stop: async () => undefined,
  };
  const noted = new Noted();
  const { alarms, taken } = alarmsOf({ actions: [broken, noted] });
  expect(alarms.apply([transition('raised')], taken)).toHaveLength(1);
  expect(noted.alerts).toHaveLength(1);
  expect(alarms.failures()).toBe(1);
});

test('active alarms outlive a restart, and are shown again without a new alert', async () => {
  const file = join(folder(), 'alarms.json');
  const before = alarmsOf({ file });
  await before.alarms.start();
  const [raised] = applied(before, [transition('raised'), transition('raised', { subject: 'b' })]);
  applied(before, [transition('cleared', { subject: 'b' })]);
  await before.alarms.stop();

  const after = alarmsOf({ file });
  await after.alarms.start();
  expect(after.alarms.active()).toEqual(before.alarms.active());
  after.alarms.restore();
  expect(after.action.alerts).toEqual([]);
  expect(after.action.restored.map(({ data }) => [data.alarm, data.active])).toEqual([
    [expect.stringContaining('/b/'), false],
    [raised?.data.alarm, true],
  ]);
  expect(applied(after, [transition('cleared')])[0]?.data.alarm).toBe(raised?.data.alarm);
  await after.alarms.stop();
  expect(JSON.parse(readFileSync(file, 'utf8'))).toMatchObject({ version: 1, alarms: [], waiting: [{}, {}] });
});

test('the file of active alarms never says more than the outbox has', async () => {
  const file = join(folder(), 'alarms.json');
  const before = alarmsOf({ file });
  await before.alarms.start();
  const [stored, , updated] = before.alarms.apply(
    [transition('raised'), transition('raised', { subject: 'unstored' }), transition('updated', { value: 9000 })],
    before.taken,
  );
  if (stored === undefined || updated === undefined) throw new Error('no alerts');
  before.alarms.stored(stored);
  await before.alarms.stop();
  const after = alarmsOf({ file });
  await after.alarms.start();
  expect(after.alarms.active()).toMatchObject([{ alarm: stored.data.alarm, value: 7900, count: 1 }]);
  await after.alarms.stop();
});

test('after a kill the newest alerts of the outbox complete the file of active alarms', async () => {
  const file = join(folder(), 'alarms.json');
  const { alarms, taken } = alarmsOf({ file });
  await alarms.start();
  const subjects = ['ended', 'counted', 'new'];
  const [ended, counted, fresh] = alarms.apply(
    subjects.map((subject) => transition('raised', { subject })),
    taken,
  );
  if (ended === undefined || counted === undefined || fresh === undefined) throw new Error('no alerts');
  for (const alert of [ended, counted]) alarms.stored(alert);
  await alarms.stop();
  const expected = alarms.active().map((alarm) => (alarm.subject === 'counted' ? { ...alarm, count: 2 } : alarm));
  const recorded = [
    ended,
    counted,
    fresh,
    { ...ended, data: { ...ended.data, change: 'cleared' as const, active: false } },
    { ...counted, data: { ...counted.data, change: 'updated' as const, count: 2 } },
  ];

  // twice: what it found out, the next snapshot says without the outbox
  for (const known of [recorded, []]) {
    const again = new Alarms({ actions: [], clock: systemClock, random: Math.random, file, recorded: () => known });
    await again.start();
    expect(again.active()).toEqual(expected.filter(({ subject }) => subject !== 'ended'));
    await again.stop();
  }
});

test('where the outbox cannot be read at the start, the file of active alarms alone tells', async () => {
  const file = join(folder(), 'alarms.json');
  const before = alarmsOf({ file });
  await before.alarms.start();
  applied(before, [transition('raised')]);
  await before.alarms.stop();
  const recorded = () => {
    throw new Error('it is damaged');
  };
  const after = new Alarms({ actions: [], clock: systemClock, random: Math.random, file, recorded });
  await after.start();
  expect(after.active()).toHaveLength(1);
  expect(after.failures()).toBe(1);
  await after.stop();
});

test('events of the alerts lane that are no alerts are skipped', () => {
  const event = { type: eventTypes.alert, time: noon, data: '{"alarm":7}' } as unknown as StoredEvent;
  expect(recordedAlerts([event, { ...event, type: eventTypes.gateway }])).toEqual([]);
});

test('the file of active alarms is written soon after a change, and a burst of changes causes few writes', async () => {
  const file = join(folder(), 'alarms.json');
  const alarms = new Alarms({ actions: [], clock: systemClock, random: Math.random, file });
  await alarms.start();
  for (let i = 0; i < 200; i++)
    applied({ alarms, taken: { received: noon, uptime: 0 } }, [transition('raised', { subject: `s${i}` })]);
  await vi.waitFor(() => expect(JSON.parse(readFileSync(file, 'utf8')).alarms).toHaveLength(200), { timeout: 5000 });
  await alarms.stop();
  expect(readdirSync(join(file, '..'))).toEqual(['alarms.json']);
});

test.each(['', '{', '[]', '{"version":1,"alarms":[{"alarm":7}]}', '{"version":9}'])(
  'a file of alarms that is none (%s) is put aside, and nothing was active',
  async (text) => {
    const file = join(folder(), 'alarms.json');
    writeFileSync(file, text);
    const { alarms } = alarmsOf({ file });
    await alarms.start();
    expect(alarms.active()).toEqual([]);
    expect(readFileSync(`${file}.broken`, 'utf8')).toBe(text);
    await alarms.stop();
  },
);

test('a folder that cannot be written is counted as a failure, and alerts go out', async () => {
  const { alarms, action, clock, taken } = alarmsOf({ file: join(folder(), 'nowhere', 'alarms.json') });
  await alarms.start();
  applied({ alarms, taken }, [transition('raised')]);
  clock.advance(0);
  await alarms.stop();
  expect(action.alerts).toHaveLength(1);
  expect(alarms.failures()).toBeGreaterThan(0);
});

test('active alarms are bounded: the oldest one is ended, and its message says why', () => {
  const { alarms, action, taken } = alarmsOf();
  for (let i = 0; i < 5001; i++) alarms.apply([transition('raised', { subject: `s${i}` })], taken);
  expect(alarms.active()).toHaveLength(5000);
  const ended = action.alerts.filter(({ data }) => data.change === 'cleared');
  expect(ended.map(({ data }) => data.message)).toEqual([
    'it is raised: no longer followed, because more than 5000 alarms are active',
  ]);
});

test('local subscribers get each change, and a retained state that is active while any alarm of it is', () => {
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
  const { alarms, taken } = alarmsOf({ actions: [...actions] });
  for (const [change, subject] of [
    ['raised', 'a'],
    ['raised', 'b'],
    ['cleared', 'a'],
    ['cleared', 'b'],
  ] as const)
    alarms.apply([transition(change, { subject })], taken);
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
  // the change is out before the state: the change is what somebody waits for
  expect(told[0]?.retain).toBe(false);
});

test('a broker that refuses a publish does not stop an alert from being stored', () => {
  const actions = createActions({
    publisher: {
      publish: () => {
        throw new Error('closed');
      },
    },
    logger: silentLogger(),
  });
  const { alarms, taken } = alarmsOf({ actions: [...actions] });
  expect(alarms.apply([transition('raised')], taken)).toHaveLength(1);
});

test('whatever rules report, each alarm is raised once, ends once, and counts its updates in between', () => {
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

const picture = { id: 'a1', sha256: '00', size: 100, kind: 'picture', media: 'image/jpeg' };
const clip = { ...picture, id: 'b2', kind: 'clip' };

test('evidence that comes later is in every later change of its alarm, and survives a restart', async () => {
  const file = join(folder(), 'alarms.json');
  const before = alarmsOf({ file });
  await before.alarms.start();
  const [raised] = applied(before, [transition('raised')]);
  const alarm = raised?.data.alarm ?? '';
  const told = before.alarms.attach(alarm, [picture]);
  expect(told?.data).toMatchObject({ change: 'updated', active: true, count: 1, evidence: [picture] });
  // the same again is nothing new
  expect(before.alarms.attach(alarm, [picture])).toBeUndefined();
  if (told !== undefined) before.alarms.stored(told);
  await before.alarms.stop();
  const after = alarmsOf({ file });
  await after.alarms.start();
  const [cleared] = applied(after, [transition('cleared')]);
  expect(cleared?.data).toMatchObject({ alarm, change: 'cleared', evidence: [picture] });
  await after.alarms.stop();
});

test('the reason for a missing clip is told once, stays in every later change of its alarm, and survives a restart', async () => {
  const file = join(folder(), 'alarms.json');
  const before = alarmsOf({ file });
  await before.alarms.start();
  const [raised] = applied(before, [transition('raised')]);
  const alarm = raised?.data.alarm ?? '';
  const why = 'no clip: nothing was recorded around the alarm';
  const told = before.alarms.lack(alarm, why);
  expect(told?.data).toMatchObject({ change: 'updated', active: true, count: 1, evidence_problem: why });
  expect(before.alarms.lack(alarm, why)).toBeUndefined();
  expect(before.alarms.lack('overload/heat-pump/-/nobody', why)).toBeUndefined();
  if (told !== undefined) before.alarms.stored(told);
  await before.alarms.stop();
  const after = alarmsOf({ file });
  await after.alarms.start();
  const [cleared] = applied(after, [transition('cleared')]);
  expect(cleared?.data).toMatchObject({ alarm, change: 'cleared', evidence_problem: why });
  await after.alarms.stop();
});

test('a clip that comes after the end of its alarm belongs to that alarm, and not to a newer one', async () => {
  const file = join(folder(), 'alarms.json');
  const { alarms, taken, action } = alarmsOf({ file, random: Math.random });
  await alarms.start();
  const [first, cleared] = applied({ alarms, taken }, [
    transition('raised'),
    transition('cleared', { time: noon + 60 }),
  ]);
  const [second] = applied({ alarms, taken }, [transition('raised', { time: noon + 90 })]);
  const late = alarms.attach(first?.data.alarm ?? '', [clip]);
  expect(late).toMatchObject({ time: cleared?.time, data: { change: 'updated', active: false, evidence: [clip] } });
  expect(action.alerts.at(-1)).toBe(late);
  if (late !== undefined) alarms.stored(late);
  expect(alarms.active().map(({ raised }) => raised)).toEqual([second?.time]);
  await alarms.stop();
  const after = alarmsOf({ file });
  await after.alarms.start();
  expect(after.alarms.active()).toHaveLength(1);
  await after.alarms.stop();
});

test('the pictures of an alarm are bounded, and an unknown alarm gets none', () => {
  const { alarms, taken } = alarmsOf();
  const [raised] = applied({ alarms, taken }, [transition('raised')]);
  const alarm = raised?.data.alarm ?? '';
  const told = Array.from({ length: 20 }, (_, i) => alarms.attach(alarm, [{ ...picture, id: `${i}` }]));
  expect(told.filter((one) => one !== undefined)).toHaveLength(12);
  expect(alarms.attach('overload/heat-pump/-/nobody', [picture])).toBeUndefined();
});
