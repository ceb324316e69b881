import { inEnglish } from '@forpost/shared/texts/english.ts';
import { expect, test } from 'vitest';
import { decoders } from '../decoders/registry.ts';
import { recogniseZigbee2Mqtt } from '../decoders/zigbee2mqtt/recognise.ts';
import { fieldCases, payloadOf } from '../field-cases.ts';
import type { UnknownMessage } from '../recognise.ts';
import { Judgement, recognise } from './judgement.ts';

const received = Date.UTC(2026, 10, 30, 9);

/** What all decoders make of a client's messages, the surest first. */
function judge(clientId: string, messages: readonly (readonly [topic: string, payload: unknown])[]): Judgement[] {
  const found = new Map<string, Judgement>();
  for (const [topic, said] of messages) {
    const payload = Buffer.from(typeof said === 'string' ? said : JSON.stringify(said));
    const message: UnknownMessage = { clientId, user: '', topic, payload };
    for (const [decoder, recognised] of recognise(decoders, message)) {
      const judgement = found.get(decoder.name) ?? new Judgement(decoder, recognised);
      found.set(decoder.name, judgement);
      judgement.add(recognised, message, received);
    }
  }
  return [...found.values()].sort((a, b) => b.sure - a.sure);
}

const shown = ([first]: readonly Judgement[]) =>
  first && {
    decoder: first.decoder.name,
    config: first.config,
    model: first.model,
    name: first.name,
    values: Object.fromEntries(first.values.map(({ name, value }) => [name, value])),
  };

test('a Tasmota plug is recognised with its model by what it sends at its connection, and its values are read', () => {
  const judged = judge('DVES_1A2B3C', [
    ['tele/tasmota_1A2B3C/LWT', 'Online'],
    [
      'tele/tasmota_1A2B3C/INFO1',
      {
        Info1: {
          Module: 'Nous A1T',
          Version: '14.2.0(release-tasmota)',
          FallbackTopic: 'cmnd/DVES_1A2B3C_fb/',
          GroupTopic: 'cmnd/tasmotas/',
        },
      },
    ],
    [
      'tele/tasmota_1A2B3C/STATE',
      { Time: '2026-11-30T08:59:58', Uptime: '0T00:00:12', POWER: 'ON', Wifi: { RSSI: 70 } },
    ],
    [
      'tele/tasmota_1A2B3C/SENSOR',
      { Time: '2026-11-30T08:59:58', ENERGY: { Total: 3.185, Power: 12, Voltage: 231, Current: 0.08, Factor: 0.65 } },
    ],
  ]);
  expect(judged.map(({ decoder, sure }) => [decoder.name, sure])).toEqual([['tasmota', 1]]);
  expect(shown(judged)).toMatchObject({
    config: { topic: 'tasmota_1A2B3C' },
    model: 'Nous A1T',
    values: { power_w: 12, energy_wh: 3185, voltage_v: 231 },
  });
});

test.each([
  ['house/tele/plug/INFO1', 'house/cmnd/DVES_1A2B3C_fb/', { topic: 'plug', full_topic: 'house/%prefix%/%topic%/' }],
  ['plug/tele/INFO1', 'DVES_1A2B3C_fb/cmnd/', { topic: 'plug', full_topic: '%topic%/%prefix%/' }],
  ['tele/home/kitchen/plug/INFO1', 'cmnd/DVES_1A2B3C_fb/', { topic: 'home/kitchen/plug' }],
])('a Tasmota device with another full topic is recognised with it: %s', (topic, FallbackTopic, config) => {
  expect(judge('DVES_1A2B3C', [[topic, { Info1: { Module: 'Generic', FallbackTopic } }]])[0]?.config).toEqual(config);
});

test('a Tasmota device is recognised by its discovery, with the name that it was given', () => {
  const discovery = { ip: '10.0.0.9', dn: 'Washing machine', md: 'Sonoff POW R3', t: 'wash', ft: '%prefix%/%topic%/' };
  expect(shown(judge('x', [['tasmota/discovery/A4CF12000001/config', discovery]]))).toMatchObject({
    decoder: 'tasmota',
    config: { topic: 'wash' },
    model: 'Sonoff POW R3',
    name: 'Washing machine',
  });
});

test('a Shelly Plus is recognised with its model by its id, under its own prefix or another', () => {
  for (const prefix of ['shellyplus1pm-a8032ab636ec', 'cellar/pump']) {
    const judged = judge('shellyplus1pm-a8032ab636ec', [
      [`${prefix}/online`, 'true'],
      [
        `${prefix}/events/rpc`,
        {
          src: 'shellyplus1pm-a8032ab636ec',
          dst: `${prefix}/events`,
          method: 'NotifyStatus',
          params: { ts: 1_796_029_198.1, 'switch:0': { id: 0, apower: 81.4, output: true } },
        },
      ],
      ['forpost-pairing/rpc', { id: 1, src: 'shellyplus1pm-a8032ab636ec', result: { name: 'Pump', app: 'Plus1PM' } }],
    ]);
    expect(judged[0]?.sure).toBe(1);
    expect(shown(judged)).toMatchObject({
      decoder: 'shelly',
      config: { topic: prefix },
      model: 'Shelly Plus 1PM',
      name: 'Pump',
      values: { 'switch-0/power_w': 81.4 },
    });
  }
});

test('a Shelly of the first generation is recognised by its announcement', () => {
  const judged = judge('shellyplug-s-80646F', [
    ['shellies/announce', { id: 'shellyplug-s-80646F', model: 'SHPLG-S', ip: '10.0.0.4', new_fw: false }],
    ['shellies/shellyplug-s-80646F/relay/0/power', '17.25'],
  ]);
  expect(shown(judged)).toMatchObject({
    decoder: 'shelly',
    config: { topic: 'shellyplug-s-80646F' },
    model: 'Shelly Plug S',
  });
});

test('a device that speaks the native topics is recognised, and a message that cannot be read has its reason', () => {
  const judged = judge('box', [['forpost/devices/boiler-2/readings', '{"values": 1}']]);
  expect(judged.map(({ decoder, sure, config }) => [decoder.name, sure, config.topic])).toEqual([
    ['native', 1, 'boiler-2'],
  ]);
  const { refused, reason } = judged[0]?.outcome ?? {};
  expect([refused, reason && inEnglish(reason)]).toEqual([1, expect.stringContaining('values')]);
});

test.each([
  ['zigbee2mqtt/bridge/state', '{"state":"online"}', 'zigbee2mqtt', 0.9],
  ['house/z2m/bridge/state', 'online', 'house/z2m', 0.9],
  ['zigbee2mqtt/bridge/info', '{"version":"2.6.1","coordinator":{"type":"zStack3x0"}}', 'zigbee2mqtt', 1],
  ['zigbee2mqtt/bridge/devices', '[{"ieee_address":"0x00158d0001a2b3c4","type":"Coordinator"}]', 'zigbee2mqtt', 1],
  ['zigbee2mqtt/kitchen sensor', '{"temperature":21.4,"linkquality":120}', 'zigbee2mqtt', 0.4],
])('Zigbee2MQTT is recognised with its base topic: %s', (topic, payload, base, sure) => {
  const message = { clientId: 'mqttjs_1', user: '', topic, payload: Buffer.from(payload) };
  expect(recogniseZigbee2Mqtt(message)).toMatchObject({ sure, config: { topic: base } });
});

test.each([
  ['a/b', '{"temperature": 21.5}'],
  ['home/weather', 'rain'],
  ['tele/x', 'tele'],
  ['tele/x/SENSOR', '\u0000\u0001binary'],
  ['x/online', 'maybe'],
  ['x/status/switch:0', '[]'],
  ['x/events/rpc', '{"method": 1}'],
  [`${'/'.repeat(400)}SENSOR`, '{}'],
])('a message of no known kind is recognised by no decoder: %s', (topic, payload) => {
  expect(judge('client', [[topic, payload]])).toEqual([]);
});

test('of every message that devices really send, its own decoder is the surest to recognise it', () => {
  const lost: string[] = [];
  let recognised = 0;
  for (const [name, cases] of Object.entries(fieldCases))
    for (const one of cases) {
      const topic = one.topic.replace(/\bdev\b/, 'kitchen');
      const message: UnknownMessage = { clientId: 'c', user: '', topic, payload: payloadOf(one) };
      const [surest] = [...recognise(decoders, message)].sort(([, a], [, b]) => b.sure - a.sure);
      if (surest !== undefined && surest[0].name !== name) lost.push(`${name}: ${one.name} -> ${surest[0].name}`);
      if (surest !== undefined) recognised++;
    }
  expect(lost).toEqual([]);
  expect(recognised).toBeGreaterThan(100);
});

test('no message makes a decoder’s recognition throw, and its result is bounded', () => {
  const odd = [
    '',
    '{',
    'null',
    '[[[[',
    '{"src":{}}',
    '{"Info1":{"FallbackTopic":"//"}}',
    '\xff'.repeat(9),
    '9'.repeat(5000),
  ];
  const topics = [
    'tele/a/INFO1',
    'a/events/rpc',
    'shellies/announce',
    'shellies/',
    'z/bridge/info',
    'tasmota/discovery/A4CF12000001/config',
  ];
  for (const topic of topics)
    for (const payload of odd)
      for (const decoder of decoders) {
        const message = { clientId: '', user: '', topic, payload: Buffer.from(payload, 'latin1') };
        expect(() => decoder.recognise?.(message)).not.toThrow();
      }
  const many = Object.fromEntries(Array.from({ length: 200 }, (_, n) => [`v${n}_w`, n]));
  const [native] = judge('box', [['forpost/devices/a/readings', { values: many }]]);
  expect(native?.values).toHaveLength(12);
});

test('a client that names devices behind it is recognised as a bridge, with their values; one that speaks for itself is not', () => {
  const gate = judge('DVES_0A0B0C', [
    [
      'tele/zb/SENSOR',
      { ZbReceived: { '0x4F2E': { Device: '0x4F2E', Name: 'Porch', Temperature: 21.5, Endpoint: 1 } } },
    ],
  ]);
  expect(gate[0]?.isBridge).toBe(true);
  expect(shown(gate)?.values).toEqual({ 'Porch/temperature_c': 21.5 });
  const hub = judge('hub', [['forpost/devices/hub/readings', { device: 's1', values: { temperature_c: 8 } }]]);
  expect(hub[0]?.isBridge).toBe(true);
  expect(shown(hub)?.values).toEqual({ 's1/temperature_c': 8 });
  expect(judge('hub', [['forpost/devices/hub/devices', [{ device: 's1' }]]])[0]?.isBridge).toBe(true);
  expect(judge('one', [['forpost/devices/one/readings', { values: { temperature_c: 8 } }]])[0]?.isBridge).toBe(false);
  expect(judge('z', [['zigbee2mqtt/bridge/state', '{"state":"online"}']])[0]?.isBridge).toBe(true);
});
