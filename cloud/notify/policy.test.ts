import { expect, test } from 'vitest';
import { isWanted, lateAfterMs, notificationOf } from './policy.ts';
import { alertEvent } from './testing/recording-channel.ts';

const now = Date.UTC(2026, 5, 1);

test('people are notified about a raised, a cleared and an acknowledged alarm, and not about an update', () => {
  const notified = ['raised', 'updated', 'cleared', 'acknowledged', 'new-in-2030'].filter(
    (change) => notificationOf(alertEvent(1, { change }), now) !== undefined,
  );
  expect(notified).toEqual(['raised', 'cleared', 'acknowledged']);
});

test('a notification carries the fields of its alarm', () => {
  expect(notificationOf(alertEvent(7, {}, { time: now - 1000, received: now - 900 }), now)).toEqual({
    id: 'gw-1/e1/alerts/7',
    site: 'home',
    gateway: 'gw-1',
    device: 'heat-pump',
    alarm: 'alarm-7',
    rule: 'overload',
    change: 'raised',
    severity: 'warning',
    message: 'too much power',
    cause: 'power_w',
    time: '2026-05-31T23:59:59.000Z',
    received: '2026-05-31T23:59:59.100Z',
    late: false,
  });
});

test('the notification about a cleared alarm carries its summary, its worst value and its duration', () => {
  const ended = {
    change: 'cleared',
    active: false,
    message: 'Gate is empty again',
    summary: 'Somebody in Gate',
    duration_ms: 5000,
    peak: 2,
    device_name: 'Yard',
    place: 'behind the barn',
  };
  expect(notificationOf(alertEvent(1, ended), now)).toMatchObject({
    message: 'Over after 5 s: Somebody in Gate (Gate is empty again)',
    summary: 'Somebody in Gate',
    cause: 'power_w',
    peak: 2,
    duration_ms: 5000,
    device_name: 'Yard',
    place: 'behind the barn',
  });
  // an older gateway sends only these fields
  const old = { change: 'cleared', active: false, message: 'Gate is empty again' };
  expect(notificationOf(alertEvent(1, old), now)?.message).toBe('Gate is empty again');
});

test('one notification names the person who acknowledged an alarm and all alarms with it', () => {
  const seen = { change: 'acknowledged', acknowledged: true, acknowledged_by: 'anna', acknowledged_at: '2026-06-01' };
  expect(notificationOf(alertEvent(1, seen), now)).toMatchObject({ acknowledged_by: 'anna' });
  expect(notificationOf(alertEvent(2, { ...seen, acknowledged_with: 'alarm-1' }), now)).toBeUndefined();
});

test("an installer's test alarm notifies nobody", () => {
  expect(notificationOf(alertEvent(1, { test: true }), now)).toBeUndefined();
});

test('readings and malformed alerts notify nobody', () => {
  expect(notificationOf({ ...alertEvent(1, {}), type: 'forpost.reading.v1' }, now)).toBeUndefined();
  for (const data of [null, 5, 'x', {}, { change: 5 }])
    expect(notificationOf({ ...alertEvent(1, {}), data }, now)).toBeUndefined();
});

test('an alert with missing fields is sent as a critical one', () => {
  const bare = notificationOf({ ...alertEvent(3, {}), data: { change: 'raised' } }, now);
  expect(bare).toMatchObject({ alarm: 'gw-1/e1/alerts/3', device: 'heat-pump', severity: 'critical', message: '' });
});

test('an alert that comes after an outage is late, unless its gateway’s clock is not in sync', () => {
  const received = now - lateAfterMs - 1;
  expect(notificationOf(alertEvent(1, {}, { received }), now)?.late).toBe(true);
  expect(notificationOf(alertEvent(1, {}, { received: received + 1 }), now)?.late).toBe(false);
  expect(notificationOf(alertEvent(1, {}, { received: 0, clock: 'unsynced' }), now)?.late).toBe(false);
  expect(notificationOf(alertEvent(1, {}, { received: now + 10 * lateAfterMs }), now)?.late).toBe(false);
});

test('a channel gets its least severity and worse, and unknown severities', () => {
  const heard = (least: string) => ['info', 'warning', 'critical', 'apocalyptic'].filter((s) => isWanted(s, least));
  expect(heard('info')).toEqual(['info', 'warning', 'critical', 'apocalyptic']);
  expect(heard('warning')).toEqual(['warning', 'critical', 'apocalyptic']);
  expect(heard('critical')).toEqual(['critical', 'apocalyptic']);
});
