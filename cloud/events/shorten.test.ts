/** Lists stay small and unambiguous, whatever a gateway sends. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { drawable } from '../api/views.ts';
import { boundedStatus, maxStatusBytes } from '../gateways/status-codec.ts';
import { gatewayStatus } from '../testing/events.ts';
import { maxEventBytes, shortened, withinBytes } from './shorten.ts';

test('an event of a usual size goes into a list as it came', () => {
  const event = { id: 'gw-1/e1/alerts/1', data: { message: 'x'.repeat(5_000), list: [1, 2, 3] } };
  expect(shortened(event)).toEqual(event);
});

test('an event of any size and shape goes into a list with a few KB, and says how large it is', () => {
  const hostile = fc.oneof(
    fc.constant('x'.repeat(900_000)),
    fc.constant(Object.fromEntries(Array.from({ length: 20_000 }, (_, i) => [`field-${i}`, 'y'.repeat(20)]))),
    fc.constant(Array.from({ length: 100_000 }, () => [])),
    fc.constant(JSON.parse(`{"__proto__": 1, "message": "${'\u202e'.repeat(300_000)}"}`) as object),
    fc.jsonValue({ maxDepth: 8 }).map((value) => Array.from({ length: 3_000 }, () => value)),
  );
  fc.assert(
    fc.property(hostile, (data) => {
      const short = shortened({ id: 'gw-1/e1/alerts/1', extension: 'z'.repeat(500_000), data });
      expect(JSON.stringify(short).length).toBeLessThan(maxEventBytes + 1_000);
      expect(short.shortened).toBe(Buffer.byteLength(JSON.stringify(data)));
      expect(short.id).toBe('gw-1/e1/alerts/1');
    }),
    { numRuns: 30 },
  );
});

test('a page ends where its bytes are used up, and always has one event', () => {
  const events = Array.from({ length: 100 }, (_, i) => ({ id: `${i}`, data: 'x'.repeat(7_000) }));
  expect(withinBytes(events, 50_000).map(({ id }) => id)).toEqual(['0', '1', '2', '3', '4', '5', '6']);
  expect(withinBytes(events, 10)).toHaveLength(1);
});

test('a device that sent under a second site is listed once for the chart, and a name that no chart takes is not listed', () => {
  const one = { site: 'home', gateway: 'gw-1', device: 'meter', channel: '', metric: 'power_w' };
  const hostile = ['', ' ', 'Power_W', 'power_w ', '__proto__x-', 'ｐower_w', '\u202epower_w', 'p'.repeat(65_536)];
  const listed = drawable(
    [
      { ...one, site: 'bank' },
      one,
      { ...one, channel: 'c'.repeat(65) },
      { ...one, device: '' },
      ...hostile.map((metric) => ({ ...one, metric })),
    ],
    { get: (gateway) => ({ gateway, site: 'home', lastContact: undefined, online: true, status: undefined }) },
  );
  expect(listed).toEqual([one]);
});

test('a state of any size is kept within its bytes, names nothing twice, and says what is left out', () => {
  const device = (id: string) => ({
    ...{ id, name: 'x'.repeat(5_000), connected: true, lastSeen: null, messages: 1, deadLetters: 0 },
    values: Object.fromEntries(Array.from({ length: 300 }, (_, i) => [`metric-${i}`, 'v'.repeat(1_000)])),
  });
  const devices = [...Array.from({ length: 200 }, (_, i) => device(`d${i}`)), device('d1')];
  const state = boundedStatus({
    ...gatewayStatus({ devices, problems: Array.from({ length: 1_000 }, (_, i) => `${i % 7}`.repeat(9_999)) }),
    ...({ unknown: 'u'.repeat(900_000) } as object),
  });
  expect(Buffer.byteLength(JSON.stringify(state))).toBeLessThanOrEqual(maxStatusBytes);
  expect(new Set(state.devices.map(({ id }) => id)).size).toBe(state.devices.length);
  expect(state.devices.length).toBeGreaterThan(100);
  expect(state.problems[0]).toMatch(/its state is [0-9]+ bytes, too large to be shown whole: left out are/);
  const usual = gatewayStatus({ devices: [{ ...device('meter'), name: 'Meter', values: { power_w: 1 } }] });
  expect(boundedStatus(usual)).toEqual(usual);
});
