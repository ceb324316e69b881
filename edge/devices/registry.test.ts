import { FakeClock } from '@forpost/shared/clock.ts';
import { inEnglish } from '@forpost/shared/texts/english.ts';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { DeviceConfig, Site } from '../site/site.ts';
import { checkDecoded } from './checks.ts';
import { decoders } from './decoders/registry.ts';
import { isMetric, misspeltMetric } from './metrics.ts';
import { mostPayloadBytes } from './payload.ts';
import { DeviceRegistry } from './registry.ts';

const site = {
  id: 'farm-7',
  name: 'Farm',
  timezone: 'Europe/Berlin',
  devices: [
    { id: 'oven', name: 'Oven', decoder: 'native' },
    { id: 'plug', decoder: 'tasmota', topic: 'tasmota_A1' },
  ],
  consumers: [{ id: 'display', subscribe: ['forpost/alerts/#'] }],
  cameras: [],
  rules: [],
  revision: '',
} as unknown as Site;

const received = Date.UTC(2026, 10, 21, 9);
const topic = 'forpost/devices/oven/readings';

function registry() {
  return new DeviceRegistry({ site, secrets: { mqtt: {}, console: {} }, clock: new FakeClock(received) });
}

function say(devices: DeviceRegistry, payload: unknown) {
  const bytes = Buffer.from(typeof payload === 'string' ? payload : JSON.stringify(payload));
  return devices.decode('oven', topic, bytes, received);
}

test('a birth or a log message of a device counts neither as a reading nor as a message that was not understood', () => {
  const devices = registry();
  for (const [id, what, payload] of [
    ['oven', 'forpost/devices/oven/status', 'offline'],
    ['plug', 'tasmota/discovery/A1B2C3D4E5F6/config', '{"ip":"10.0.0.7"}'],
    ['plug', 'tele/tasmota_A1/0x1A2B/SENSOR', '{"ZbReceived":{}}'],
  ] as const)
    expect(devices.decode(id, what, Buffer.from(payload), received)).toEqual({ ok: true, items: [] });
  expect(devices.decode('plug', 'tele/tasmota_A1/SENSOR', Buffer.from('no JSON'), received).ok).toBe(false);
});

test('the status shows the newest values of a device, with their channels', () => {
  const devices = registry();
  const decoded = say(devices, [{ values: { power_w: 1 } }, { channel: 'a', values: { power_w: 2, on: true } }]);
  devices.connected('oven', true);
  devices.seen('oven', received, decoded);
  devices.countDeadLetter('oven', 'not JSON');
  expect(devices.statuses()).toEqual([
    {
      id: 'oven',
      name: 'Oven',
      connected: true,
      lastConnected: '2026-11-21T09:00:00.000Z',
      lastSeen: '2026-11-21T09:00:00.000Z',
      messages: 1,
      deadLetters: 1,
      values: { power_w: 1, 'a/power_w': 2, 'a/on': true },
    },
    { id: 'plug', name: 'plug', connected: false, lastSeen: null, messages: 0, deadLetters: 0, values: {} },
  ]);
  expect(devices.newestDeadLetter('oven')).toEqual({ reason: 'not JSON', at: received });
  expect(devices.newestDeadLetter('plug')).toBeUndefined();
});

test('only the beginning of a long text is remembered: the status of all devices has to fit into one message', () => {
  const devices = registry();
  const values = Object.fromEntries(Array.from({ length: 200 }, (_, i) => [`m${i}`, 'x'.repeat(1000)]));
  devices.seen('oven', received, say(devices, { values }));
  const remembered = devices.statuses()[0]?.values ?? {};
  expect(remembered.m0).toBe(`${'x'.repeat(63)}…`);
  expect(JSON.stringify(remembered).length).toBeLessThan(20_000);
});

test('only a limited number of newest values is remembered of a device that invents ever new names', () => {
  const devices = registry();
  for (let i = 0; i < 1000; i++) devices.seen('oven', received, say(devices, { values: { [`m${i}`]: i } }));
  const values = devices.statuses()[0]?.values ?? {};
  expect(Object.keys(values)).toHaveLength(256);
  expect(values.m999).toBe(999);
  devices.seen('nobody', received, { ok: true, items: [] });
  devices.connected('nobody', true);
  devices.countDeadLetter('nobody', 'x');
});

test.each([
  ['{"values":{"power_w":1e999}}', 'not a finite number'],
  ['{"values":{"Power W":1}}', 'is not a metric'],
  ['{"values":{"power_w":null}}', 'is null'],
  ['{"values":{"power_w":{"a":1}}}', 'is not a number'],
  ['{"values":{}}', 'no values'],
  [`{"values":{"a":"${'x'.repeat(2000)}"}}`, 'longer than 1,000'],
  [`{"values":{"a":1},"id":"${'x'.repeat(200)}"}`, 'id is not'],
  [`{"values":{"a":${'['.repeat(100)}${']'.repeat(100)}}}`, 'levels deep'],
  [`[${Array(501).fill('{"values":{"a":1}}').join()}]`, 'more than 500 readings'],
  [`{"values":{${Array.from({ length: 300 }, (_, i) => `"m${i}":1`).join()}}}`, 'more than 200 values'],
  [`{"values":{"a":[${Array(6000).fill(1).join()}]}}`, 'more than 5,000 values'],
  [`"${'x'.repeat(mostPayloadBytes)}"`, 'larger than 256 KB'],
])('a payload beyond a limit is refused with the reason: %.40s', (payload, reason) => {
  const decoded = say(registry(), payload);
  expect(!decoded.ok && inEnglish(decoded.reason)).toContain(reason);
});

test('a message of an unknown device is refused, and so is one for which the decoder throws', () => {
  expect(registry().decode('nobody', topic, Buffer.from('{}'), received)).toMatchObject({ ok: false });
  expect(
    () =>
      new DeviceRegistry({
        site: { ...site, devices: [{ id: 'x', decoder: 'morse' } as unknown as DeviceConfig] },
        secrets: { mqtt: {}, console: {} },
        clock: new FakeClock(),
      }),
  ).toThrow('there is no decoder "morse"');
});

test('no decoder throws on any payload, and each result passes the checks or has a reason', () => {
  const whats = [
    'forpost/devices/d/readings',
    'forpost/devices/d/events',
    'tele/d/SENSOR',
    'tele/d/LWT',
    'stat/d/POWER',
    'd/status/em:0',
    'd/status/switch:0',
    'd/events/rpc',
    'd/online',
    '',
  ];
  const json = fc.json({ maxDepth: 4 });
  const spiced = fc.record({
    Time: fc.anything(),
    ENERGY: fc.dictionary(fc.constantFrom('Power', 'Total', 'Voltage', '__proto__'), fc.jsonValue()),
    values: fc.jsonValue(),
    type: fc.jsonValue(),
    method: fc.constantFrom('NotifyStatus', 'NotifyEvent', 'x'),
    params: fc.dictionary(fc.constantFrom('ts', 'em:0', 'switch:0', 'events', 'em:99999'), fc.jsonValue()),
  });
  const payload = fc.oneof(
    fc.uint8Array({ maxLength: 64 }),
    json.map((text) => Buffer.from(text)),
    spiced.map((value) => Buffer.from(JSON.stringify(value) ?? '')),
  );
  fc.assert(
    fc.property(fc.constantFrom(...decoders), fc.constantFrom(...whats), payload, (decoder, what, bytes) => {
      const device = { id: 'd', decoder: decoder.name } as unknown as DeviceConfig;
      const checked = checkDecoded(decoder.decode({ device, topic: what, payload: bytes, received }), received);
      if (checked.ok) expect(Array.isArray(checked.items)).toBe(true);
      else expect(inEnglish(checked.reason)).not.toBe('');
    }),
    { numRuns: 3000 },
  );
});

test('a metric is recognised by the form of its name, and the nearest known metric is proposed for a misspelt one', () => {
  expect(misspeltMetric('powr_w_l1')).toBe('power_w_l1');
  expect(misspeltMetric('power_w')).toBeUndefined();
  expect(misspeltMetric('soil_conductivity')).toBeUndefined();
  expect(isMetric('Power')).toBe(false);
});

test('a changed device is read by its new configuration at once; its values stay unless its decoder changes', () => {
  const devices = registry();
  for (let n = 0; n < 3; n++) devices.seen('oven', received, say(devices, { values: { power_w: n } }));
  const renamed = { ...site, devices: [{ id: 'oven', name: 'Stove', decoder: 'native' }] } as unknown as Site;
  const secrets = { mqtt: { lamp: 'new' } };
  const { commit } = devices.prepare({ site: renamed, secrets });
  expect(devices.principal('plug')).toBeDefined();
  commit();
  expect(devices.principal('plug')).toBeUndefined();
  expect(devices.statuses()).toMatchObject([{ id: 'oven', name: 'Stove', messages: 3, values: { power_w: 2 } }]);
  const other = { ...site, devices: [{ id: 'oven', decoder: 'tasmota' }] } as unknown as Site;
  devices.prepare({ site: other, secrets }).commit();
  // what another decoder has read means nothing to the new one
  expect(devices.statuses()).toMatchObject([{ id: 'oven', messages: 3, values: {} }]);
  expect(devices.decode('oven', 'tele/oven/SENSOR', Buffer.from('{"ENERGY":{"Power":7}}'), received)).toMatchObject({
    items: [{ data: { values: { power_w: 7 } } }],
  });
});

test('a device that becomes a bridge keeps its id, its connection and its values, and names the devices behind it', () => {
  const devices = registry();
  devices.connected('oven', true);
  devices.seen('oven', received, say(devices, { values: { power_w: 1 } }));
  const [oven, ...others] = site.devices;
  const next = { ...site, devices: others, bridges: [oven] } as unknown as Site;
  devices.prepare({ site: next, secrets: { mqtt: {} } }).commit();
  expect(devices.statuses().find(({ id }) => id === 'oven')).toMatchObject({ connected: true, values: { power_w: 1 } });
  say(devices, { device: 's1', values: { temperature_c: 8 } });
  expect(devices.bridges()[0]?.found.map(({ name }) => name)).toEqual(['s1']);
});
