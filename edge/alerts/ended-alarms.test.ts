import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FakeClock, systemClock } from '@forpost/shared/clock.ts';
import { silentLogger } from '@forpost/shared/logging.ts';
import { expect, onTestFinished, test } from 'vitest';
import type { AlarmTransition } from '../rules/rule.ts';
import type { Alert } from './action.ts';
import { type AlarmMessage, MqttAction } from './actions/mqtt.ts';
import { Alarms } from './alarms.ts';
import type { RecordedAlert } from './recorded.ts';

const noon = Date.UTC(2026, 0, 14, 11);
const anna = { by: 'anna', where: 'site' } as const;

function transition(change: AlarmTransition['change'], more: Partial<AlarmTransition> = {}): AlarmTransition {
  return {
    rule: 'gate',
    device: 'yard',
    subject: 'gate',
    change,
    severity: 'critical',
    category: 'intrusion',
    test: false,
    message: change === 'cleared' ? 'Gate is empty again' : 'Somebody in Gate',
    cause: 'zone-entered',
    value: change === 'cleared' ? 0 : 1,
    time: noon,
    ...more,
  } as AlarmTransition;
}

function file(): string {
  const folder = mkdtempSync(join(tmpdir(), 'forpost-ended-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return join(folder, 'alarms.json');
}

/** Retained states by topic, as the site's subscribers see them. */
function retained() {
  const states = new Map<string, AlarmMessage>();
  const publish = (topic: string, payload: string, { retain }: { readonly retain: boolean }) => {
    if (retain) states.set(topic, JSON.parse(payload) as AlarmMessage);
  };
  return { states, action: new MqttAction({ publish }, silentLogger()) };
}

let drawn = 0;
const next = () => {
  drawn += 0.0001;
  return drawn % 1;
};
const arrival = { received: noon, uptime: 0 };

async function begun(options: { file?: string; recorded?: readonly RecordedAlert[] } = {}) {
  const { states, action } = retained();
  const alarms = new Alarms({
    actions: [action],
    clock: new FakeClock(noon),
    random: () => next(),
    ...(options.file === undefined ? {} : { file: options.file }),
    recorded: () => options.recorded ?? [],
    describe: () => ({ name: 'Yard', place: 'behind the barn' }),
  });
  await alarms.start();
  const alerts: Alert[] = [];
  const apply = (...some: AlarmTransition[]) => {
    const told = alarms.apply(some, arrival);
    for (const alert of told) alarms.stored(alert);
    alerts.push(...told);
    return told;
  };
  /** somebody at the gate for five seconds */
  const passing = (more: Partial<AlarmTransition> = {}, time = noon) =>
    apply(transition('raised', { time, ...more }), transition('cleared', { time: time + 5000, ...more }));
  return { alarms, alerts, states, apply, passing };
}

/** As the outbox has them. */
const recordedOf = (alerts: readonly Alert[]): readonly RecordedAlert[] =>
  alerts.map(({ time, data }) => ({ time, data: JSON.parse(JSON.stringify(data)) as Alert['data'] }));

test('an ended alarm stays until a person acknowledges it, with its summary and its duration', async () => {
  const { alarms, passing, states } = await begun();
  const [, cleared] = passing({ message: 'Somebody in Gate' });
  expect(alarms.active()).toEqual([]);
  expect(alarms.waiting()).toMatchObject([{ ended: noon + 5000, summary: 'Somebody in Gate' }]);
  expect(cleared?.data).toMatchObject({
    change: 'cleared',
    active: false,
    acknowledged: false,
    cause: 'zone-entered',
    duration_ms: 5000,
    summary: 'Somebody in Gate',
    device_name: 'Yard',
    place: 'behind the barn',
  });
  const alarm = cleared?.data.alarm ?? '';
  const topic = 'forpost/alarms/gate/yard';
  expect(states.get(topic)).toMatchObject({ active: false, alarms: [], unacknowledged: [alarm] });
  const [seen] = alarms.acknowledge(alarm, anna);
  expect(seen?.data).toMatchObject({
    change: 'acknowledged',
    active: false,
    acknowledged: true,
    acknowledged_by: 'anna',
    duration_ms: 5000,
  });
  expect([alarms.waiting(), alarms.acknowledge(alarm, anna), alarms.isAcknowledged(alarm)]).toEqual([[], [], true]);
  expect(states.get(topic)).toMatchObject({ active: false, unacknowledged: [], acknowledged_by: 'anna' });
});

test('an alarm that was acknowledged while active, a test alarm and an info alarm do not wait for an acknowledgement', async () => {
  const { alarms, apply, passing } = await begun();
  const [raised] = apply(transition('raised'));
  alarms.acknowledge(raised?.data.alarm ?? '', anna);
  apply(transition('cleared'));
  passing({ test: true });
  passing({ severity: 'info' });
  expect(alarms.waiting()).toEqual([]);
});

test('acknowledging an alarm acknowledges the earlier ones of the same kind too, and no later or other one', async () => {
  const { alarms, passing, apply } = await begun();
  const ids = [0, 1, 2].map((n) => passing({}, noon + n * 60_000)[0]?.data.alarm ?? '');
  passing({ device: 'barn' as AlarmTransition['device'] });
  const told = alarms.acknowledge(ids[1] ?? '', anna).map(({ data }) => data);
  const seen = told.map(({ alarm }) => alarm);
  expect(seen).toEqual([ids[1], ids[0]]);
  // one message for people, however often the door banged
  expect(told.map((data) => data.acknowledged_with)).toEqual([undefined, ids[1]]);
  expect(alarms.waiting().map(({ device, raised }) => [device, raised])).toEqual([
    ['barn', noon],
    ['yard', noon + 120_000],
  ]);
  const [active] = apply(transition('raised', { time: noon + 180_000 }));
  expect(alarms.acknowledge(active?.data.alarm ?? '', anna)).toHaveLength(2);
  expect(alarms.waiting()).toHaveLength(1);
});

test('acknowledging an earlier alarm does not hide the active one of the same kind from local subscribers', async () => {
  const { alarms, passing, apply, states } = await begun();
  const [first] = passing();
  const [second] = apply(transition('raised', { message: 'Two in Gate', time: noon + 60_000 }));
  alarms.acknowledge(first?.data.alarm ?? '', anna);
  expect(states.get('forpost/alarms/gate/yard')).toMatchObject({
    active: true,
    alarm: second?.data.alarm,
    acknowledged: false,
    message: 'Two in Gate',
    unacknowledged: [],
  });
});

test('alarms that wait for an acknowledgement outlive a restart and a kill, and so do acknowledgements', async () => {
  const path = file();
  const before = await begun({ file: path });
  before.passing({ message: 'First in Gate' });
  const [second] = before.passing({ device: 'barn' as AlarmTransition['device'] });
  await before.alarms.stop();
  // killed after this: only the outbox has the acknowledgement, no snapshot
  const seen = before.alarms.acknowledge(second?.data.alarm ?? '', anna);
  const killed = [...before.alerts, ...seen];

  const after = await begun({ file: path, recorded: recordedOf(killed) });
  expect(after.alarms.waiting()).toEqual(before.alarms.waiting());
  expect(after.alarms.waiting()).toMatchObject([{ device: 'yard', summary: 'First in Gate', ended: noon + 5000 }]);
  after.alarms.restore();
  expect(after.states.get('forpost/alarms/gate/yard')).toMatchObject({
    active: false,
    change: 'cleared',
    unacknowledged: [after.alarms.waiting()[0]?.alarm],
  });
  await after.alarms.stop();

  // without the snapshot, the outbox alone restores the same alarms
  const lost = await begun({ file: file(), recorded: recordedOf(killed) });
  expect(lost.alarms.waiting()).toEqual(before.alarms.waiting());
});

test('a file of a version that forgot ended alarms asks nobody to acknowledge alarms of weeks ago', async () => {
  const path = file();
  writeFileSync(path, JSON.stringify({ version: 1, alarms: [] }));
  const old = await begun();
  const ended = recordedOf(old.passing());
  const first = await begun({ file: path, recorded: ended });
  expect(first.alarms.waiting()).toEqual([]);
  // an alarm that ends from now on waits, also where the gateway is killed before it writes anything more
  const again = await begun({ file: path, recorded: recordedOf(first.passing()) });
  expect(again.alarms.waiting()).toHaveLength(1);
});

test('a banging door displaces only its own alarms; a full list drops and counts the least severe', async () => {
  const path = file();
  const { alarms, passing } = await begun({ file: path });
  const id = (text: string) => text as AlarmTransition['device'];
  passing({ device: id('gate-1') });
  for (let n = 0; n < 60; n++) passing({ device: id('door'), severity: 'warning' }, noon + n);
  expect([alarms.waiting().length, alarms.dropped]).toEqual([51, 10]);
  for (let n = 0; n < 990; n++) passing({ device: id(`d${n}`), severity: 'warning' }, noon + 100 + n);
  expect([alarms.waiting().length, alarms.dropped]).toEqual([1000, 51]);
  const left = Map.groupBy(alarms.waiting(), ({ device }) => device as string);
  expect([left.get('gate-1')?.length, left.get('door')?.length, left.get('d0')?.length]).toEqual([1, 9, 1]);
  await alarms.stop();
  const after = await begun({ file: path });
  expect([after.alarms.waiting().length, after.alarms.dropped]).toEqual([1000, 51]);
});

test('the end of an alarm names its worst value, also after a restart, without an alert for each reading', async () => {
  const path = file();
  const before = await begun({ file: path });
  const power = { cause: 'power_w', subject: '' };
  before.apply(transition('raised', { ...power, value: 24_100, peak: 24_100, message: 'power 24.1 kW' }));
  expect(before.apply(transition('reached', { ...power, peak: 39_600, summary: 'power reached 39.6 kW' }))).toEqual([]);
  expect(before.alarms.active()).toMatchObject([{ message: 'power 24.1 kW', peak: 39_600, count: 1 }]);
  await before.alarms.stop();
  const after = await begun({ file: path, recorded: recordedOf(before.alerts) });
  const [cleared] = after.apply(transition('cleared', { ...power, value: 554, message: '554 W' }));
  expect(cleared?.data).toMatchObject({ value: 554, peak: 39_600, summary: 'power reached 39.6 kW', message: '554 W' });
});

test('a value that rises all the time is written to disk seldom', async () => {
  const path = file();
  const alarms = new Alarms({ actions: [], clock: systemClock, random: Math.random, file: path });
  await alarms.start();
  for (const alert of alarms.apply([transition('raised')], arrival)) alarms.stored(alert);
  await expect.poll(() => readFileSync(path, 'utf8')).toContain('Somebody');
  alarms.apply([transition('reached', { peak: 7 })], arrival);
  await new Promise(setImmediate);
  expect(readFileSync(path, 'utf8')).not.toContain('"peak":7');
  await alarms.stop();
  expect(readFileSync(path, 'utf8')).toContain('"peak":7');
});
