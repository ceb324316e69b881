import { expect, test } from 'vitest';
import type { DeviceConfig } from '../../site/site.ts';
import { native } from './native.ts';

const device = { id: 'heat-pump', decoder: 'native' } as unknown as DeviceConfig;
const received = Date.UTC(2026, 10, 21, 9);

function decode(payload: unknown, topic = 'forpost/devices/heat-pump/readings') {
  const bytes = Buffer.from(typeof payload === 'string' ? payload : JSON.stringify(payload));
  return native.decode({ device, topic, payload: bytes, received });
}

test('a reading keeps its values, its id, its channel and its quality', () => {
  const time = '2026-11-21T10:00:00.250+01:00';
  expect(
    decode({ id: 'r-7', time, channel: 'out', quality: 'estimated', values: { power_w: 512.3, on: true } }),
  ).toEqual({
    ok: true,
    items: [
      {
        kind: 'reading',
        time: Date.UTC(2026, 10, 21, 9, 0, 0, 250),
        timeFromDevice: true,
        data: { id: 'r-7', channel: 'out', quality: 'estimated', values: { power_w: 512.3, on: true } },
      },
    ],
  });
});

test('without a time the time of receipt counts, and a list is several readings', () => {
  const decoded = decode([{ values: { power_w: 1 } }, { values: { power_w: 2 }, time: received - 60_000 }]);
  expect(decoded.ok && decoded.items.map((item) => item.time)).toEqual([received, received - 60_000]);
  expect(decode([])).toEqual({ ok: true, items: [] });
});

test('seconds and milliseconds since 1970 are both understood', () => {
  const decoded = decode({ time: received / 1000, values: { power_w: 1 } });
  expect(decoded.ok && decoded.items[0]?.time).toBe(received);
});

test.each([
  ['not JSON', 'not JSON'],
  ['', 'empty'],
  ['7', 'not an object'],
  [{}, '"values" is missing'],
  [[{ values: { a: 1 } }, { value: 3 }], 'entry 2: "values" is missing'],
  [{ values: [1] }, '"values" is not an object'],
  [{ values: { a: 1 }, time: '2026-11-21 10:00' }, '"time" is not'],
  [{ values: { a: 1 }, time: '1970-01-01T00:00:00Z' }, '"time" is not'],
  [{ values: { a: 1 }, quality: 'splendid' }, '"quality" is not one of'],
  [{ values: { a: 1 }, channel: 3 }, '"channel" is not a text'],
  [{ values: { a: 1 }, id: {} }, '"id" is not a text'],
])('a payload that is no reading is refused with the reason: %j', (payload, reason) => {
  const decoded = decode(payload);
  expect(decoded.ok).toBe(false);
  expect(!decoded.ok && decoded.reason).toContain(reason);
});

test('an event keeps its own type, and cannot pretend to be an alert of the gateway', () => {
  const topic = 'forpost/devices/heat-pump/events';
  expect(decode({ type: 'button.pressed', data: { button: 2 }, id: 5 }, topic)).toEqual({
    ok: true,
    items: [{ kind: 'event', type: 'button.pressed', time: received, data: { button: 2 }, id: '5' }],
  });
  expect(decode({ type: 'forpost.state.v1' }, topic).ok).toBe(true);
  for (const type of ['forpost.alert.v1', 'forpost.gap.v1', 'Button!', '', 7])
    expect(decode({ type }, topic).ok).toBe(false);
  expect(decode({ type: 'x', data: 'y' }, topic).ok).toBe(false);
});

test("a device may use its own topics and nobody else's", () => {
  expect(native.publishFilters(device)).toEqual([
    'forpost/devices/heat-pump/readings',
    'forpost/devices/heat-pump/events',
  ]);
  expect(decode({ values: { a: 1 } }, 'forpost/devices/oven/readings').ok).toBe(false);
});
