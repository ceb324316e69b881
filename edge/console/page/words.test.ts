import type { DeviceStatus, UplinkStatus } from '@forpost/shared/event/status.ts';
import { expect, test } from 'vitest';
import { liveCamera, refusedView } from '../testing/source.ts';
import { bytes, clockTime, duration, measure, sortedValues } from './format.ts';
import { refusedClient, refusedInWords, refusedRemedy } from './refused-words.ts';
import {
  acknowledgedWords,
  budgetWords,
  cameraStateWords,
  deviceStateWords,
  storeWords,
  uplinkStateWords,
} from './words.ts';

const now = new Date(2026, 5, 1, 12, 30).getTime();
const at = (hours: number, minutes: number) => new Date(2026, 5, 1, hours, minutes).toISOString();

test.each([
  ['power_w', 512.34, 'Power', '512.3 W'],
  ['power_w', -2455, 'Power', '−2.46 kW'],
  ['energy_wh_export', 222_333, 'Energy export', '222.33 kWh'],
  ['voltage_v_l2', 229.9, 'Voltage L2', '229.9 V'],
  ['em:0/power_w_l1', 12, 'em:0 Power L1', '12 W'],
  ['temperature_c', 4.25, 'Temperature', '4.25 °C'],
  ['power_factor', 0.97, 'Power factor', '0.97'],
  ['energy_wh_t1', 5, 'Energy T1', '5 Wh'],
  ['open', false, 'Open', 'no'],
  ['state', 'charging', 'State', 'charging'],
  ['w', 3, 'W', '3'],
])('%s %s is written in a person’s words', (name, value, label, text) => {
  expect(measure(name, value)).toEqual({ label, text });
});

test('a camera that is live with a substitute for its model is worth a look, with the reason', () => {
  expect(cameraStateWords(liveCamera())).toEqual({ tone: 'good', label: 'Live', text: '' });
  const why = 'the model "a" hung: the built-in motion model watches instead';
  expect(cameraStateWords(liveCamera({ reason: why }))).toMatchObject({
    tone: 'look',
    label: 'Live',
    text: `T${why.slice(1)}.`,
  });
});

test('the important values of a device come first, its battery last', () => {
  const names = sortedValues({ battery_pct: 80, open: true, 'em:0/power_w': 1, temperature_c: 2 }).map(
    ([name]) => name,
  );
  expect(names).toEqual(['em:0/power_w', 'temperature_c', 'open', 'battery_pct']);
});

test('sizes, times and numbers are written for people', () => {
  expect([bytes(0), bytes(999), bytes(1000), bytes(1_212_000), bytes(999_999)]).toEqual([
    '0 B',
    '999 B',
    '1 kB',
    '1.2 MB',
    '1 MB',
  ]);
  expect([duration(-5), duration(59_000), duration(60_000), duration(7_200_000), duration(3 * 86_400_000)]).toEqual([
    '0 s',
    '59 s',
    '1 min',
    '2 h',
    '3 days',
  ]);
  expect(clockTime(at(12, 4), now)).toBe('12:04');
  expect(clockTime(new Date(2026, 4, 31, 9, 5).toISOString(), now)).toBe('31 May 09:05');
});

test('a device is connected, disconnected since a time, or was never connected', () => {
  const device: DeviceStatus = {
    id: 'a',
    name: 'A',
    connected: true,
    lastSeen: at(12, 4),
    messages: 1,
    deadLetters: 0,
    values: {},
  };
  expect(deviceStateWords(device, now)).toEqual({ tone: 'good', label: 'Connected', text: '26 min ago' });
  expect(deviceStateWords({ ...device, connected: false }, now).text).toBe('silent since 12:04');
  expect(deviceStateWords({ ...device, connected: false, lastSeen: null }, now).label).toBe('Never connected');
  const away = { ...device, connected: false, lastSeen: null };
  const wrong = refusedView({ last: '2026-06-01T12:04:00.000Z' });
  expect(deviceStateWords(away, now, [wrong])).toMatchObject({
    label: 'Refused',
    text: expect.stringMatching(/^logs in with a wrong password: 3 times, last at /),
  });
  expect(deviceStateWords({ ...away, lastConnected: '2026-06-01T12:05:00.000Z' }, now, [wrong]).label).toBe(
    'Not connected',
  );
  expect(deviceStateWords(device, now, [wrong]).label).toBe('Connected');
});

test('the state of an uplink has its time, its backlog and its reason', () => {
  const uplink: UplinkStatus = {
    sink: 'centre',
    state: 'offline',
    since: at(12, 4),
    reason: 'connection refused',
    events: 1234,
    bytes: 1_212_000,
    eventsPerSecond: 0,
  };
  expect(uplinkStateWords(uplink, now).text).toBe(
    'Offline since 12:04. 1,234 events, 1.2 MB waiting. Connection refused.',
  );
  expect(uplinkStateWords({ ...uplink, state: 'draining', eventsPerSecond: 100 }, now).text).toBe(
    '1,234 events, 1.2 MB to go, at 100 events a second, about 12 s left. Connection refused.',
  );
  const rates = { eventsPerSecond: 100, bytesPerSecond: 9_000, arrivingPerSecond: 20 };
  const plan = { ...rates, secondsLeft: 900, endsAt: at(12, 45), outlook: 'ending' } as const;
  expect(uplinkStateWords({ ...uplink, state: 'draining', reason: '', plan }, now).text).toBe(
    '1,234 events, 1.2 MB to go, at 100 events a second, done in about 15 min (12:45).',
  );
  const never = { ...plan, arrivingPerSecond: 130, secondsLeft: null, endsAt: null, outlook: 'growing' } as const;
  expect(uplinkStateWords({ ...uplink, state: 'draining', reason: '', plan: never }, now).text).toContain(
    'and 130 a second come in: it never ends at this rate.',
  );
  const spent = { ...uplink, reason: 'the budget is used up', budget: { used: 5_000_000, limit: 5_000_000 } };
  expect(uplinkStateWords({ ...spent, state: 'draining' }, now).text).toBe(
    '1,234 events, 1.2 MB to go. The budget is used up.',
  );
  expect(budgetWords(spent)).toBe('5 MB of 5 MB for today used');
  expect(uplinkStateWords({ ...uplink, state: 'live', events: 0 }, now).text).toBe(
    'Live since 12:04. Everything has been handed over.',
  );
  // the gateway does not know whether the centre has read the events from Kafka
  expect(uplinkStateWords({ ...uplink, state: 'live', events: 0, kind: 'kafka' }, now).text).toContain(
    'handed to Kafka',
  );
  expect(uplinkStateWords({ ...uplink, state: 'live', events: 0, kind: 'http' }, now).text).toContain(
    'the centre’s receiver',
  );
  const silent = { ...uplink, state: 'live', events: 0, bytes: 0, reason: '', silentSince: uplink.since } as const;
  expect(uplinkStateWords(silent, now)).toMatchObject({
    tone: 'plain',
    label: 'No answer',
    text: 'No answer since 12:04: what has arrived since then is not known. 0 events, 0 B waiting.',
  });
});

test('how long the store lasts is shown in days, then in hours, and only once it is known', () => {
  expect([null, 0.02, 1.5, 2, 41.9, 5000].map((daysLeft) => storeWords(1000, { daysLeft }))).toEqual([
    '1 kB',
    '1 kB, room for 0 hours',
    '1 kB, room for 36 hours',
    '1 kB, room for 2 days',
    '1 kB, room for 41 days',
    '1 kB, room for years',
  ]);
});

test('an acknowledged alarm shows the person, the time, and whether it was at the centre', () => {
  const seen = { acknowledged_by: 'anna', acknowledged_at: '2026-06-01T12:04:00.000Z' };
  expect(acknowledgedWords({}, now)).toBe('Acknowledged');
  expect(acknowledgedWords({ ...seen, acknowledged_where: 'site' }, now)).toMatch(/^Acknowledged by anna at .*:04$/);
  expect(acknowledgedWords({ ...seen, acknowledged_where: 'centre' }, now)).toMatch(/:04, at the centre$/);
});

test.each([
  ['publish', 'a/b', 'publishes to a/b, where it may not: the messages are dropped'],
  ['will', 'a/b', 'has a last will on a/b, where it may not publish: the will is dropped'],
  ['subscribe', '#', 'subscribes to #, which it may not hear: the filter is refused'],
  ['retain', 'a/b', 'retains more than it may: a/b is passed on and not kept'],
  ['password', '', 'logs in with a wrong password'],
  ['stranger', '', 'is no device or consumer of this site'],
  ['protocol', 'it speaks MQTT 9', 'breaks the protocol: it speaks MQTT 9'],
] as const)('a refused %s is explained in words, with what to do', (kind, what, words) => {
  const refused = refusedView({ kind, what });
  expect(refusedInWords(refused)).toBe(words);
  expect(refusedRemedy(refused)).toMatch(kind === 'protocol' ? /^$/ : /^[A-Z].*\.$/);
});

test('a refused client has its name from site.yaml or its own user name, with its client id and address', () => {
  expect(refusedClient(refusedView())).toBe('Meter (client id c1, from 10.0.0.7)');
  expect(refusedClient(refusedView({ name: null, user: 'eve', clientId: '' }))).toBe('«eve» (from 10.0.0.7)');
  expect(refusedClient(refusedView({ name: null, user: '', clientId: '', address: '' }))).toBe(
    'A client without a user name',
  );
});
