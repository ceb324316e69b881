import { expect, test } from 'vitest';
import { isWanted, lateAfterMs, notificationOf } from './policy.ts';
import { alertEvent } from './testing/recording-channel.ts';

const now = Date.UTC(2026, 5, 1);

test('a raised, a cleared and an acknowledged alarm are told, an update is not', () => {
  const told = ['raised', 'updated', 'cleared', 'acknowledged', 'new-in-2030'].filter(
    (change) => notificationOf(alertEvent(1, { change }), now) !== undefined,
  );
  expect(told).toEqual(['raised', 'cleared', 'acknowledged']);
});

test('a notification says what it is about', () => {
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

test('the end of an alarm tells what it was about, how far it went and how long it lasted', () => {
  const ended = {
    ...{ change: 'cleared', active: false, message: 'Gate is empty again', summary: 'Somebody in Gate' },
    ...{ duration_ms: 5000, peak: 2, device_name: 'Yard', place: 'behind the barn' },
  };
  expect(notificationOf(alertEvent(1, ended), now)).toMatchObject({
    ...{ message: 'Over after 5 s: Somebody in Gate (Gate is empty again)', summary: 'Somebody in Gate' },
    ...{ cause: 'power_w', peak: 2, duration_ms: 5000, device_name: 'Yard', place: 'behind the barn' },
  });
  // a gateway of before says no more than this
  const old = { change: 'cleared', active: false, message: 'Gate is empty again' };
  expect(notificationOf(alertEvent(1, old), now)?.message).toBe('Gate is empty again');
});

test('people are told who acknowledged an alarm, once for all that were acknowledged with it', () => {
  const seen = { change: 'acknowledged', acknowledged: true, acknowledged_by: 'anna', acknowledged_at: '2026-06-01' };
  expect(notificationOf(alertEvent(1, seen), now)).toMatchObject({ acknowledged_by: 'anna' });
  expect(notificationOf(alertEvent(2, { ...seen, acknowledged_with: 'alarm-1' }), now)).toBeUndefined();
});

test("an installer's trial pages nobody", () => {
  expect(notificationOf(alertEvent(1, { test: true }), now)).toBeUndefined();
});

test('readings and odd data are nothing to tell', () => {
  expect(notificationOf({ ...alertEvent(1, {}), type: 'forpost.reading.v1' }, now)).toBeUndefined();
  for (const data of [null, 5, 'x', {}, { change: 5 }])
    expect(notificationOf({ ...alertEvent(1, {}), data }, now)).toBeUndefined();
});

test('an alert with missing fields is told rather than dropped, and as a critical one', () => {
  const bare = notificationOf({ ...alertEvent(3, {}), data: { change: 'raised' } }, now);
  expect(bare).toMatchObject({ alarm: 'gw-1/e1/alerts/3', device: 'heat-pump', severity: 'critical', message: '' });
});

test('an alert that comes after an outage is late, unless its gateway does not know the time', () => {
  const received = now - lateAfterMs - 1;
  expect(notificationOf(alertEvent(1, {}, { received }), now)?.late).toBe(true);
  expect(notificationOf(alertEvent(1, {}, { received: received + 1 }), now)?.late).toBe(false);
  expect(notificationOf(alertEvent(1, {}, { received: 0, clock: 'unsynced' }), now)?.late).toBe(false);
  expect(notificationOf(alertEvent(1, {}, { received: now + 10 * lateAfterMs }), now)?.late).toBe(false);
});

test('a channel hears its least severity and worse, and what it does not know', () => {
  const heard = (least: string) => ['info', 'warning', 'critical', 'apocalyptic'].filter((s) => isWanted(s, least));
  expect(heard('info')).toEqual(['info', 'warning', 'critical', 'apocalyptic']);
  expect(heard('warning')).toEqual(['warning', 'critical', 'apocalyptic']);
  expect(heard('critical')).toEqual(['critical', 'apocalyptic']);
});
