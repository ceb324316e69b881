import { FakeClock } from '@forpost/shared/clock.ts';
import { inEnglish } from '@forpost/shared/texts/english.ts';
import { expect, test } from 'vitest';
import type { Site } from '../site/site.ts';
import { DeviceRegistry } from './registry.ts';

const received = Date.UTC(2026, 10, 30, 9);
const site = {
  devices: [
    { id: 'meter', name: 'Meter', decoder: 'tasmota' },
    { id: 'oven', decoder: 'native' },
  ],
  consumers: [],
  cameras: [],
  rules: [],
} as unknown as Site;

function registry(latestTime?: (at: number) => number) {
  const clock = new FakeClock(received);
  return new DeviceRegistry({
    site,
    secrets: { mqtt: {}, console: {} },
    clock,
    ...(latestTime === undefined ? {} : { latestTime }),
  });
}

function say(devices: DeviceRegistry, device: string, topic: string, text: string, at = received) {
  const payload = Buffer.from(text);
  devices.seen(device, at, devices.decode(device, topic, payload, at), { topic, payload });
}

const problemsOf = (devices: DeviceRegistry) => devices.problems().map(inEnglish);
const unreadOf = (devices: DeviceRegistry, id: string) => devices.statuses().find((one) => one.id === id)?.unread;

test('a device of which no message is understood is a problem, with its newest message and its unknown keys', () => {
  const devices = registry();
  say(devices, 'meter', 'tele/meter/LWT', 'Online');
  say(devices, 'meter', 'tele/meter/STATE', '{"Uptime":"1"}');
  expect(unreadOf(devices, 'meter')).toBeUndefined();
  expect(devices.problems()).toEqual([]);
  for (let i = 1; i <= 12; i++) say(devices, 'meter', 'tele/meter/SENSOR', `{"BOX":{"Flux":${i},"Zeta":2}}`);
  expect(unreadOf(devices, 'meter')).toEqual({
    messages: 12,
    inARow: 12,
    nothingUnderstood: true,
    unknownKeys: ['BOX.Flux', 'BOX.Zeta'],
    fields: [],
    newest: { topic: 'tele/meter/SENSOR', at: '2026-11-30T09:00:00.000Z', payload: '{"BOX":{"Flux":12,"Zeta":2}}' },
  });
  expect(problemsOf(devices)).toEqual([
    'Meter: understood nothing of 12 messages (unknown keys: BOX.Flux, BOX.Zeta): check its decoder, or give its keys a meaning (site.yaml, keys)',
  ]);
});

test('a device whose every message is refused is a problem, with the reason', () => {
  const devices = registry();
  say(devices, 'oven', 'forpost/devices/oven/readings', '{"power":1}');
  expect(problemsOf(devices)).toEqual([
    'oven: understood nothing of 1 message (the newest: "values" is missing): check its decoder, or give its keys a meaning (site.yaml, keys)',
  ]);
  expect(unreadOf(devices, 'oven')).toMatchObject({
    newest: {
      payload: '{"power":1}',
      reason: '"values" is missing',
      reasonI18n: { key: 'gateway/note.values-missing' },
    },
  });
});

test('a device that was understood before is a problem after three unreadable messages in a row, until the next readable one', () => {
  const devices = registry();
  const topic = 'tele/meter/SENSOR';
  say(devices, 'meter', topic, '{"ENERGY":{"Power":5}}');
  for (let i = 0; i < 2; i++) say(devices, 'meter', topic, '{"BOX":{"Flux":1}}');
  expect(devices.problems()).toEqual([]);
  expect(unreadOf(devices, 'meter')).toMatchObject({ messages: 2, inARow: 2, nothingUnderstood: false });
  say(devices, 'meter', topic, '{"AM2301":{"Temperature":null}}');
  expect(problemsOf(devices)).toMatchObject([expect.stringContaining('understood nothing of its newest 3 messages')]);
  say(devices, 'meter', topic, '{"ENERGY":{"Power":5}}');
  expect(devices.problems()).toEqual([]);
  expect(unreadOf(devices, 'meter')).toMatchObject({ messages: 3, inARow: 0 });
});

test('an unreadable field is shown with its path, count and time, also when the rest of the message is read', () => {
  const devices = registry();
  for (const at of [received, received + 10_000])
    say(devices, 'oven', 'forpost/devices/oven/readings', '{"values":{"power_w":null,"voltage_v":230}}', at);
  expect(unreadOf(devices, 'oven')).toEqual({
    messages: 0,
    inARow: 0,
    nothingUnderstood: false,
    unknownKeys: [],
    fields: [
      {
        path: 'values.power_w',
        problem: 'is null: no value',
        problemI18n: { key: 'gateway/note.null' },
        count: 2,
        at: '2026-11-30T09:00:10.000Z',
      },
    ],
  });
  expect(devices.problems()).toEqual([]);
  expect(devices.statuses()[1]?.values).toEqual({ voltage_v: 230 });
});

test('the report about a device that invents ever new paths and keys is bounded', () => {
  const devices = registry();
  for (let i = 0; i < 500; i++) {
    say(
      devices,
      'meter',
      'tele/meter/SENSOR',
      `{"BOX${i}":{"${'x'.repeat(300)}${i}":1,"Temperature":"${'y'.repeat(300)}"}}`,
    );
    say(devices, 'meter', 'tele/meter/SENSOR', `${'z'.repeat(100_000)}`);
  }
  expect(JSON.stringify(unreadOf(devices, 'meter')).length).toBeLessThan(8000);
});

test('an implausible time is a problem until the device’s clock is right; the time of receipt is used meanwhile', () => {
  const devices = registry((at) => at + 120_000);
  const topic = 'forpost/devices/oven/readings';
  const timed = (time: string) =>
    devices.decode('oven', topic, Buffer.from(`{"time":"${time}","values":{"power_w":1}}`), received);
  for (const time of ['1970-01-01T00:00:07Z', '2026-11-30T10:00:00Z', '2099-01-01T00:00:00Z']) {
    const decoded = timed(time);
    devices.seen('oven', received, decoded);
    expect(decoded.ok && decoded.items[0]).toMatchObject({ time: received, timeFromDevice: false });
    expect(problemsOf(devices)).toMatchObject([expect.stringContaining('with a time that cannot be')]);
  }
  // an old time is plausible: the device may have buffered the reading while it was offline
  const old = timed('2026-11-01T00:00:00Z');
  expect(old.ok && old.items[0]).toMatchObject({ time: Date.UTC(2026, 10, 1), timeFromDevice: true });
  devices.seen('oven', received, old);
  expect(devices.problems()).toEqual([]);
});

test('while the gateway’s own clock is not known to be right, a device’s clock may be ahead of it', () => {
  const decoded = registry().decode(
    'oven',
    'forpost/devices/oven/readings',
    Buffer.from('{"time":"2027-11-30T10:00:00Z","values":{"power_w":1}}'),
    received,
  );
  expect(decoded.ok && decoded.items[0]).toMatchObject({ time: Date.UTC(2027, 10, 30, 10) });
});

test('keys that no table knows are read once site.yaml gives them a meaning', () => {
  const devices = new DeviceRegistry({
    site: {
      ...site,
      devices: [
        {
          id: 'meter',
          decoder: 'tasmota',
          keys: { 'BOX.Flux': 'flow_l_min', 'BOX.In.Heat': { metric: 'energy_wh', factor: 1000 }, Level: 'level_pct' },
        },
        { id: 'valve', decoder: 'shelly', keys: { 'gizmo:0.torque': 'torque_nm' } },
        { id: 'oven', decoder: 'native', keys: { 'values.Power kW': { metric: 'power_w', factor: 1000 } } },
      ],
    } as unknown as Site,
    secrets: { mqtt: {}, console: {} },
    clock: new FakeClock(received),
  });
  say(devices, 'meter', 'tele/meter/SENSOR', '{"BOX":{"Flux":"1,5","In":{"Heat":2.5},"Zeta":1},"Level":80}');
  say(devices, 'valve', 'valve/status/gizmo:0', '{"id":0,"torque":7}');
  say(devices, 'oven', 'forpost/devices/oven/readings', '{"values":{"Power kW":1.25,"voltage_v":230}}');
  expect(devices.statuses().map(({ values }) => values)).toEqual([
    { 'box/flow_l_min': 1.5, 'box/energy_wh': 2500, level_pct: 80 },
    { 'gizmo-0/torque_nm': 7 },
    { power_w: 1250, voltage_v: 230 },
  ]);
  expect(unreadOf(devices, 'meter')).toMatchObject({ unknownKeys: ['BOX.Zeta'] });
});

test('the status of a site with many devices that are not understood stays small, and still names each of them', () => {
  const devices = new DeviceRegistry({
    site: {
      ...site,
      devices: Array.from({ length: 300 }, (_, n) => ({ id: `m${n}`, decoder: 'tasmota' })),
    } as unknown as Site,
    secrets: { mqtt: {}, console: {} },
    clock: new FakeClock(received),
  });
  for (let n = 0; n < 300; n++) say(devices, `m${n}`, `tele/m${n}/SENSOR`, `{"BOX":{"${'k'.repeat(150)}":1}}`);
  const statuses = devices.statuses();
  expect(statuses.every(({ unread }) => unread?.nothingUnderstood)).toBe(true);
  expect(statuses.filter(({ unread }) => unread?.newest !== undefined)).toHaveLength(50);
  expect(JSON.stringify(statuses).length).toBeLessThan(120_000);
  expect(devices.problems()).toHaveLength(21);
  expect(problemsOf(devices).at(-1)).toBe('280 more problems of devices: see their rows');
});
