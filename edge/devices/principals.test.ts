import { atOnce } from '@forpost/shared/slices.ts';
import { describe, expect, test } from 'vitest';
import { mayPublish, mayReceive, maySubscribe, type Principal } from '../broker/access.ts';
import type { Site } from '../site/site.ts';
import { principalsOf, rightSteps, rightsOf } from './principals.ts';

const site = {
  devices: [
    { id: 'oven', decoder: 'native' },
    { id: 'plug', decoder: 'tasmota', topic: 'plug_A1' },
    { id: 'desk', decoder: 'tasmota', topic: 'home/desk', full_topic: '%topic%/%prefix%/', groups: ['lights'] },
    { id: 'meter', decoder: 'shelly', topic: 'shellypro3em-a1' },
    { id: 'boiler', decoder: 'shelly', topic: 'home/boiler' },
    { id: 'lamp', decoder: 'shelly', topic: 'shellies/shelly1-B2' },
  ],
  consumers: [
    { id: 'home', role: 'home-assistant' },
    { id: 'z2m', role: 'zigbee2mqtt' },
    { id: 'z2m-attic', role: 'zigbee2mqtt', base_topic: 'attic/zigbee', discovery_prefix: 'ha' },
    { id: 'flows', role: ['node-red'] },
    { id: 'kitchen', role: 'esphome' },
    { id: 'panel', subscribe: ['forpost/alerts/#'] },
    { id: 'buttons', publish: ['cmnd/#', 'forpost/devices/+/commands', 'panel/#'] },
    { id: 'all', publish: ['#'], subscribe: ['#'] },
  ],
} as unknown as Site;
const principals = principalsOf(site);

function of(id: string): Principal {
  const found = principals.get(id);
  if (found === undefined) throw new Error(id);
  return found;
}

/** Topics of the gateway, topics of devices, and topics that nobody may publish to. */
const neverOfConsumers = [
  ...['forpost/alerts/r/oven', 'forpost/alarms/r/oven', 'forpost/status', 'forpost', 'forpost/anything'],
  ...['forpost/devices/oven/readings', 'forpost/devices/oven/events', 'forpost/devices/oven/status'],
  ...['forpost/devices/nobody/commands', 'forpost/devices/plug/commands'],
  ...['tele/plug_A1/SENSOR', 'tele/plug_A1/LWT', 'stat/plug_A1/POWER', 'tele/plug_A1/x/SENSOR', 'home/desk/tele/STATE'],
  ...['shellypro3em-a1/status/em:0', 'shellypro3em-a1/online', 'shellypro3em-a1/events/rpc', 'home/boiler/status/x'],
  ...['shellies/shelly1-B2/online', 'shellies/shelly1-B2/relay/0', 'shellies/shelly1-B2/relay/0/power'],
  ...['$SYS/broker/uptime', '$share/a/b'],
];

const commandsOfDevices = [
  ...['forpost/devices/oven/commands', 'cmnd/plug_A1/POWER', 'cmnd/plug_A1/Backlog', 'cmnd/tasmotas/Status'],
  ...['home/desk/cmnd/POWER1', 'lights/cmnd/POWER', 'shellypro3em-a1/rpc', 'shellypro3em-a1/command/switch:0'],
  ...['home/boiler/rpc', 'shellies/shelly1-B2/relay/0/command', 'shellies/shelly1-B2/command', 'shellies/command'],
  ...['shellies/shelly1-B2/roller/0/command/pos', 'shellies/shelly1-B2/light/0/set'],
];

describe('consumers', () => {
  test.each(site.consumers.map(({ id }) => id))(
    'the consumer %s may not publish to own topics of the gateway or of a device',
    (id) => {
      for (const topic of neverOfConsumers) expect([topic, mayPublish(of(id), topic)]).toEqual([topic, false]);
    },
  );

  test.each(['home', 'flows', 'all'])(
    'the consumer %s may give commands to every device, alone and in groups',
    (id) => {
      for (const topic of commandsOfDevices) expect([topic, mayPublish(of(id), topic)]).toEqual([topic, true]);
    },
  );

  test('a consumer without a role or publish filters gives no commands, one with filters gives those of its filters', () => {
    for (const topic of commandsOfDevices) expect(mayPublish(of('panel'), topic)).toBe(false);
    expect(commandsOfDevices.filter((topic) => mayPublish(of('buttons'), topic))).toEqual([
      ...['forpost/devices/oven/commands', 'cmnd/plug_A1/POWER', 'cmnd/plug_A1/Backlog', 'cmnd/tasmotas/Status'],
    ]);
    expect(mayPublish(of('buttons'), 'panel/lamp')).toBe(true);
  });

  test.each([
    [
      'home',
      [
        'homeassistant/status',
        'homeassistant/sensor/x/config',
        'zigbee2mqtt/lamp/set',
        'attic/zigbee/bridge/request/x',
      ],
      [
        'zigbee2mqtt/#',
        'homeassistant/+/+/config',
        'tele/plug_A1/STATE',
        'forpost/alarms/#',
        'tasmota/discovery/#',
        '#',
      ],
    ],
    [
      'z2m',
      [
        ...[
          'zigbee2mqtt/bridge/state',
          'zigbee2mqtt/bridge/info',
          'zigbee2mqtt/floor/lamp',
          'zigbee2mqtt/x/availability',
        ],
        ...['homeassistant/light/0x1/light/config', 'homeassistant/device_automation/0x1/a/config'],
      ],
      ['zigbee2mqtt/#', 'homeassistant/status', 'homeassistant/#'],
    ],
    ['z2m-attic', ['attic/zigbee/bridge/state', 'ha/light/0x1/light/config'], ['attic/zigbee/#', 'ha/status']],
    ['flows', ['node-red/status', 'homeassistant/sensor/flow/config', 'kitchen/switch/relay/command'], ['#']],
    [
      'kitchen',
      [
        ...['kitchen/status', 'kitchen/debug', 'kitchen/sensor/temperature/state', 'esphome/discover/kitchen'],
        'homeassistant/sensor/kitchen/temperature/config',
      ],
      ['kitchen/switch/relay/command', 'esphome/discover', 'esphome/ping/kitchen'],
    ],
  ])('the consumer %s may publish and subscribe to the topics of its project’s documents', (id, publish, subscribe) => {
    for (const topic of publish) expect([topic, mayPublish(of(id), topic)]).toEqual([topic, true]);
    for (const filter of subscribe) expect([filter, maySubscribe(of(id), filter)]).toEqual([filter, true]);
  });

  test('a bridge publishes under its own base topic, not under that of another bridge, a device or Home Assistant', () => {
    for (const topic of ['attic/zigbee/x', 'homeassistant/status', 'cmnd/plug_A1/POWER', 'kitchen/status', 'other'])
      expect([topic, mayPublish(of('z2m'), topic)]).toEqual([topic, false]);
    for (const filter of ['#', 'forpost/#', 'attic/zigbee/#', 'tele/#'])
      expect([filter, maySubscribe(of('z2m'), filter)]).toEqual([filter, false]);
    expect(mayReceive(of('z2m'), 'forpost/status')).toBe(false);
  });
});

describe('devices', () => {
  test.each([
    ['oven', ['forpost/devices/oven/readings', 'forpost/devices/oven/status'], ['forpost/devices/oven/commands']],
    [
      'plug',
      [
        ...['tele/plug_A1/LWT', 'tele/plug_A1/SENSOR', 'stat/plug_A1/RESULT', 'tele/plug_A1/0x1/SENSOR'],
        ...['tasmota/discovery/A1B2C3D4E5F6/config', 'homeassistant/switch/A1B2C3_RL_1/config'],
      ],
      ['cmnd/plug_A1/#', 'cmnd/tasmotas/#', 'cmnd/DVES_A1B2C3_fb/#', 'cmnd/DVES_A1B2C3/#'],
    ],
    [
      'desk',
      ['home/desk/tele/LWT', 'home/desk/stat/POWER'],
      ['home/desk/cmnd/#', 'lights/cmnd/#', 'DVES_A1B2C3_fb/cmnd/#'],
    ],
    [
      'meter',
      [
        ...['shellypro3em-a1/online', 'shellypro3em-a1/events/rpc', 'shellypro3em-a1/status/em:0'],
        ...['shellypro3em-a1/debug/log', 'node-red/rpc', 'user_1/rpc', 'home/caller/rpc', 'shellies/announce'],
      ],
      ['shellypro3em-a1/rpc', 'shellypro3em-a1/command', 'shellies/command'],
    ],
    [
      'lamp',
      ['shellies/shelly1-B2/online', 'shellies/shelly1-B2/relay/0', 'shellies/announce'],
      ['shellies/command', 'shellies/shelly1-B2/command', 'shellies/shelly1-B2/relay/0/command'],
    ],
  ])('the device %s may publish and subscribe to the topics of its kind', (id, publish, subscribe) => {
    for (const topic of publish) expect([topic, mayPublish(of(id), topic)]).toEqual([topic, true]);
    for (const filter of subscribe) expect([filter, maySubscribe(of(id), filter)]).toEqual([filter, true]);
  });

  test.each(site.devices.map(({ id }) => id as string))('%s has no access to topics of other devices', (id) => {
    const own =
      { oven: 'oven', plug: 'plug_A1', desk: 'home/desk', meter: '3em', boiler: 'boiler', lamp: 'B2' }[id] ?? '';
    const others = [...neverOfConsumers, ...commandsOfDevices].filter((topic) => !topic.includes(own));
    for (const topic of others) expect([topic, mayPublish(of(id), topic)]).toEqual([topic, false]);
    for (const filter of ['#', 'cmnd/#', 'cmnd/+/#', 'forpost/#', 'cmnd/DVES_+/#', 'cmnd/DVES_ABC_fb/#', '+/rpc'])
      expect([filter, maySubscribe(of(id), filter)]).toEqual([filter, false]);
  });

  test('a message on a fallback topic reaches the device that subscribed to it', () => {
    expect(mayReceive(of('plug'), 'cmnd/DVES_A1B2C3_fb/POWER')).toBe(true);
    expect(mayReceive(of('plug'), 'cmnd/other/POWER')).toBe(false);
  });
});

test('the rights of a home automation are checked at once, however many devices the site has', () => {
  const devices = Array.from({ length: 5000 }, (_, n) => ({ id: `plug-${n}`, decoder: 'tasmota' }));
  const big = principalsOf({ devices, consumers: [{ id: 'home', role: 'home-assistant' }] } as unknown as Site);
  const home = big.get('home');
  if (home === undefined) throw new Error('no principal');
  expect(mayPublish(home, 'cmnd/plug-0/POWER')).toBe(true);
  const began = performance.now();
  for (let n = 0; n < 10_000; n++) mayPublish(home, `cmnd/plug-${n % 5000}/POWER`);
  expect(performance.now() - began).toBeLessThan(2000);
});

test('a device that is added, moved to another topic or removed changes only its own rights', () => {
  const at = (topics: Readonly<Record<string, string>>) =>
    ({
      devices: Object.entries(topics).map(([id, topic]) => ({ id, decoder: 'tasmota', topic })),
      consumers: [{ id: 'flows', role: 'node-red' }],
    }) as unknown as Site;
  const steps = [
    at({ a: 'one', b: 'two' }),
    at({ a: 'one', b: 'two', c: 'three' }),
    at({ a: 'two', b: 'one', c: 'three' }),
    at({ a: 'two' }),
    at({ a: 'two', b: 'two-more', c: 'one' }),
  ];
  const topics = ['one', 'two', 'three', 'two-more'].flatMap((name) => [`cmnd/${name}/POWER`, `tele/${name}/SENSOR`]);
  let rights = rightsOf(steps[0] as Site);
  for (const site of steps) {
    const before = principalsTried(rights.principals, topics);
    const prepared = atOnce(rightSteps(site, rights));
    // prepared rights change nothing until they are put in force
    expect(principalsTried(rights.principals, topics)).toEqual(before);
    rights = prepared();
    expect(principalsTried(rights.principals, topics)).toEqual(principalsTried(principalsOf(site), topics));
  }
  const kept = atOnce(rightSteps({ ...(steps.at(-1) as Site) }, rights))();
  expect(kept.principals.get('b')).toBe(rights.principals.get('b'));
});

function principalsTried(all: ReadonlyMap<string, Principal>, topics: readonly string[]): object {
  return Object.fromEntries(
    [...all].map(([id, one]) => [
      id,
      topics.map((topic) => [mayPublish(one, topic), maySubscribe(one, topic), mayReceive(one, topic)]),
    ]),
  );
}
