import type { CameraStatus, UplinkStatus } from '@forpost/shared/event/status.ts';
import { catalogue } from '@forpost/shared/texts/catalogue/all.ts';
import { texts } from '@forpost/shared/texts/texts.ts';
import { expect, test } from 'vitest';
import { summarise } from './summary.ts';
import { activeAlarm, deviceStatus, gatewayStatus, refusedView } from './testing/source.ts';

const camera: CameraStatus = {
  id: 'yard',
  name: 'Yard',
  state: 'live',
  reason: '',
  framesPerSecond: 5,
  detector: 'motion',
};
const uplink: UplinkStatus = {
  sink: 'centre',
  state: 'live',
  since: '2026-06-01T12:00:00.000Z',
  reason: '',
  events: 0,
  bytes: 0,
  eventsPerSecond: 0,
};
const pointsOf = (more: Parameters<typeof gatewayStatus>[0]) =>
  summarise(gatewayStatus(more), []).points.map(({ text }) => text);

test('a site is well where all devices, cameras and the centre are connected and the clock is right', () => {
  const status = gatewayStatus({ devices: [deviceStatus('a')], cameras: [camera], uplinks: [uplink] });
  expect(summarise(status, [])).toMatchObject({ level: 'well', headline: 'All is well', points: [] });
});

test('an unacknowledged alarm makes the level alarm, an acknowledged active one makes it attention', () => {
  expect(summarise(gatewayStatus(), [activeAlarm('1')])).toMatchObject({
    level: 'alarm',
    headline: 'An alarm needs you',
  });
  expect(summarise(gatewayStatus(), [activeAlarm('1'), activeAlarm('2')]).headline).toBe('2 alarms need you');
  expect(summarise(gatewayStatus(), [activeAlarm('1', { acknowledged: true })])).toMatchObject({
    level: 'attention',
    headline: 'One thing to look at',
    points: [{ area: 'alarms', text: 'One alarm is active' }],
  });
  expect(summarise(gatewayStatus(), [activeAlarm('1', { severity: 'info' })]).level).toBe('attention');
  const over = activeAlarm('1', { active: false, summary: 'Somebody in Gate', message: 'empty', duration_ms: 5000 });
  expect(summarise(gatewayStatus(), [over])).toMatchObject({
    level: 'alarm',
    points: [{ area: 'alarms', text: 'Somebody in Gate (over after 5 s)' }],
  });
  expect(summarise(gatewayStatus(), [activeAlarm('1', { acknowledged: true, active: false })]).level).toBe('well');
});

test('the headline and its points exist in the reader’s language too', () => {
  const { ru } = catalogue;
  const { say } = texts('ru', ru);
  const alarm = activeAlarm('1', {
    active: false,
    summary: 'Somebody in Gate',
    message: 'empty',
    duration_ms: 5000,
    summary_i18n: { key: 'alarm/zone-entered', values: {} },
  });
  const { headline, headlineI18n, points } = summarise(
    gatewayStatus({ devices: ['a', 'b', 'c', 'd'].map((name) => deviceStatus(name, { connected: false })) }),
    [alarm, activeAlarm('2')],
  );
  expect(say(headlineI18n, headline)).toBe('2 тревоги требуют внимания');
  expect(points.map(({ text, textI18n }) => say(textI18n, text)).at(-1)).toBe('4 устройства: нет подключения');
});

test('devices that are not connected are named, many of them are counted', () => {
  const gone = (name: string) => deviceStatus(name, { connected: false });
  expect(pointsOf({ devices: [gone('Oven')] })).toEqual(['Oven is not connected']);
  expect(pointsOf({ devices: [gone('Oven'), gone('Pump'), gone('Door')] })).toEqual([
    'Oven, Pump and Door are not connected',
  ]);
  expect(pointsOf({ devices: ['a', 'b', 'c', 'd'].map(gone) })).toEqual(['4 devices are not connected']);
  expect(pointsOf({ devices: [deviceStatus('Lathe', { connected: false, lastSeen: null })] })).toEqual([
    'Lathe has never connected',
  ]);
});

test('a device whose log-in is refused has a point of its own, not that of a device that never connected', () => {
  const oven = deviceStatus('oven', { name: 'Oven', connected: false, lastSeen: null });
  const told = (refused: ReturnType<typeof refusedView>[], device = oven) =>
    summarise(gatewayStatus({ devices: [device] }), [], refused).points.map(({ text }) => text);
  const wrong = refusedView({ principal: 'oven', name: 'Oven' });
  expect(told([wrong])).toEqual(['Oven logs in with a wrong password']);
  expect(told([{ ...wrong, kind: 'stranger', principal: null }])).toEqual(['Oven has never connected']);
  expect(told([{ ...wrong, last: '2026-06-01T10:00:00.000Z' }])).toEqual(['Oven has never connected']);
  expect(told([{ ...wrong, over: true }])).toEqual(['Oven has never connected']);
  const home = refusedView({ principal: 'home', name: 'Home Assistant' });
  const there = { ...oven, connected: true };
  expect(told([home, { ...home, address: '10.0.0.8' }], there)).toEqual([
    'Home Assistant logs in with a wrong password',
  ]);
  expect(told([{ ...home, over: true }], there)).toEqual([]);
  const publish = refusedView({ principal: 'oven', name: 'Oven', kind: 'publish', what: 'other/topic' });
  expect(told([publish, { ...publish, kind: 'will' }], { ...oven, connected: true })).toEqual([
    'Oven asks for topics that it may not have: see Refused',
  ]);
  expect(told([], { ...oven, lastConnected: '2026-06-01T12:00:00.000Z' })).toEqual(['Oven is not connected']);
  expect(told([refusedView({ kind: 'stranger', principal: null, name: null })], { ...oven, connected: true })).toEqual(
    [],
  );
});

test('a device without any understood message is a point, a single bad message of another device is not', () => {
  expect(pointsOf({ devices: [deviceStatus('a', { deadLetters: 3 })] })).toEqual([
    'a sends messages that nobody can read: check its decoder',
  ]);
  expect(pointsOf({ devices: [deviceStatus('a', { deadLetters: 3, values: { power_w: 1 } })] })).toEqual([]);
});

test('cameras, the centre, the clock and problems have points in words', () => {
  expect(
    pointsOf({
      cameras: [
        { ...camera, state: 'refused', reason: 'wrong password' },
        { ...camera, state: 'off' },
      ],
      uplinks: [{ ...uplink, state: 'offline' }],
      clock: 'unsynced',
      problems: ['the model x is no model'],
    }),
  ).toEqual([
    'Yard: wrong password',
    'The centre cannot be reached; all events are kept here until it can',
    'The clock is not confirmed by a time server',
    'The model x is no model',
  ]);
  expect(pointsOf({ uplinks: [{ ...uplink, state: 'draining', events: 1000 }] })).toEqual([]);
});

test('a bridge that is away is named alone, without the devices behind it', () => {
  const behind = ['a', 'b', 'c', 'd'].map((id) => deviceStatus(id, { bridge: 'zigbee', connected: false }));
  const zigbee = deviceStatus('zigbee', { found: 0, connected: false });
  expect(pointsOf({ devices: [zigbee, ...behind] })).toEqual(['zigbee is not connected']);
  const reached = { ...zigbee, connected: true };
  expect(pointsOf({ devices: [reached, ...behind.slice(0, 1)] })).toEqual(['a is not connected']);
});
