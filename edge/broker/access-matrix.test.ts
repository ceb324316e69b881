/**
 * Who may do what: every principal × every action × every topic, in MQTT 3.1.1 and 5, through a real broker with the
 * rights of a real site. The tables below are written by hand from the documents, and share no code with the broker.
 */
import { systemClock } from '@forpost/shared/clock.ts';
import { makeCredential } from '@forpost/shared/made-credential.ts';
import type { MqttClient } from 'mqtt';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { DeviceRegistry } from '../devices/registry.ts';
import type { Site } from '../site/site.ts';
import { Bench } from './testing/broker.ts';
import { soon } from './testing/started-broker.ts';

const site = {
  devices: [
    { id: 'oven', decoder: 'native' },
    { id: 'lathe', decoder: 'native' },
    { id: 'plug', decoder: 'tasmota', topic: 'plug_A1' },
  ],
  bridges: [{ id: 'zigbee', decoder: 'zigbee2mqtt' }],
  consumers: [
    { id: 'panel', subscribe: ['forpost/alerts/#', 'forpost/alarms/#'] },
    { id: 'buttons', publish: ['cmnd/#', 'forpost/devices/+/commands', 'panel/#'], subscribe: ['panel/#'] },
    { id: 'all', publish: ['#'], subscribe: ['#'] },
  ],
} as unknown as Site;

type Who = 'oven' | 'lathe' | 'plug' | 'zigbee' | 'panel' | 'buttons' | 'all';
const everybody: readonly Who[] = ['oven', 'lathe', 'plug', 'zigbee', 'panel', 'buttons', 'all'];
/** principals whose publishes are admitted, because they may be readings */
const devices: readonly string[] = ['oven', 'lathe', 'plug', 'zigbee'];

/** By topic: who may publish there, and who may receive it. The gateway itself may publish everywhere. */
const topics: Readonly<Record<string, readonly [publish: readonly Who[], receive: readonly Who[]]>> = {
  'forpost/devices/oven/readings': [['oven'], ['all']],
  'forpost/devices/oven/events': [['oven'], ['all']],
  'forpost/devices/oven/status': [['oven'], ['all']],
  'forpost/devices/oven/commands': [
    ['buttons', 'all'],
    ['oven', 'all'],
  ],
  'forpost/devices/oven/readings/deeper': [[], ['all']],
  'forpost/devices/lathe/readings': [['lathe'], ['all']],
  'forpost/devices/lathe/commands': [
    ['buttons', 'all'],
    ['lathe', 'all'],
  ],
  'forpost/devices/nobody/readings': [[], ['all']],
  'forpost/devices/nobody/commands': [[], ['all']],
  'forpost/devices/plug/commands': [[], ['all']],
  'forpost/alerts/over/oven': [[], ['panel', 'all']],
  'forpost/alarms/over/oven': [[], ['panel', 'all']],
  'forpost/status': [[], ['all']],
  'forpost/status/deeper': [[], ['all']],
  forpost: [[], ['all']],
  'tele/plug_A1/SENSOR': [['plug'], ['all']],
  'tele/plug_A1/LWT': [['plug'], ['all']],
  'stat/plug_A1/POWER': [['plug'], ['all']],
  // at each connection a Tasmota publishes an empty command to itself
  'cmnd/plug_A1/POWER': [
    ['plug', 'buttons', 'all'],
    ['plug', 'all'],
  ],
  'cmnd/tasmotas/POWER': [
    ['buttons', 'all'],
    ['plug', 'all'],
  ],
  'cmnd/other/POWER': [['buttons', 'all'], ['all']],
  'tele/other/SENSOR': [['all'], ['all']],
  'homeassistant/sensor/plug/config': [
    ['plug', 'zigbee', 'all'],
    ['zigbee', 'all'],
  ],
  'homeassistant/status': [['all'], ['zigbee', 'all']],
  'zigbee/bulb': [['zigbee'], ['zigbee', 'all']],
  'zigbee/bridge/state': [['zigbee'], ['zigbee', 'all']],
  'zigbee/bulb/set': [
    ['zigbee', 'all'],
    ['zigbee', 'all'],
  ],
  'forpost/devices/zigbee/readings': [[], ['all']],
  'panel/page': [
    ['buttons', 'all'],
    ['buttons', 'all'],
  ],
  'house/anything': [['all'], ['all']],
  '$SYS/broker/uptime': [[], []],
  '$share/group/panel/page': [[], []],
};

/** By filter: who may subscribe. A subscription is granted where everything that it matches may be received. */
const filters: Readonly<Record<string, readonly Who[]>> = {
  '#': ['all'],
  '+': ['all'],
  '+/page': ['all'],
  'forpost/#': ['all'],
  'forpost/alerts/#': ['panel', 'all'],
  'forpost/alerts/+/oven': ['panel', 'all'],
  'forpost/alarms/over/oven': ['panel', 'all'],
  'forpost/alarms/#': ['panel', 'all'],
  'forpost/+/over/oven': ['all'],
  'forpost/devices/oven/commands': ['oven', 'all'],
  'forpost/devices/oven/commands/#': ['all'],
  'forpost/devices/oven/readings': ['all'],
  'forpost/devices/oven/+': ['all'],
  'forpost/devices/+/commands': ['all'],
  'forpost/devices/lathe/commands': ['lathe', 'all'],
  'cmnd/#': ['all'],
  'cmnd/+/POWER': ['all'],
  'cmnd/plug_A1/#': ['plug', 'all'],
  'cmnd/plug_A1/+': ['plug', 'all'],
  'cmnd/tasmotas/#': ['plug', 'all'],
  'zigbee/#': ['zigbee', 'all'],
  'zigbee/+/set': ['zigbee', 'all'],
  'homeassistant/#': ['zigbee', 'all'],
  '+/bulb/set': ['all'],
  'panel/#': ['buttons', 'all'],
  'panel/page': ['buttons', 'all'],
  '$SYS/#': [],
  '$SYS/broker/uptime': [],
  '$share/group/panel/#': [],
  '$share/group/forpost/alerts/#': [],
};

const made = makeCredential();
const mqtt = Object.fromEntries(everybody.map((id) => [id, made.hash]));
const allTopics = Object.keys(topics);
const mayPublish = (who: Who, topic: string) => topics[topic]?.[0].includes(who) ?? false;
const mayReceive = (who: Who, topic: string) => topics[topic]?.[1].includes(who) ?? false;

describe.each([
  ['3.1.1', 4],
  ['5', 5],
] as const)('MQTT %s', (_name, protocolVersion) => {
  let bench: Bench;
  let clients = 0;

  beforeAll(async () => {
    const registry = new DeviceRegistry({ site, secrets: { mqtt, console: {} }, clock: systemClock });
    const { authenticate, acquaintance } = registry.logIns;
    const limits = { maxConnectionsEach: 200, maxSessionsEach: 200 };
    bench = new Bench({ authenticate, acquaintance, limits });
    await bench.broker.start();
  });
  afterAll(() => bench.stop());

  const connected = (username: string, options: object = {}) =>
    bench.connected(username, {
      password: made.password,
      protocolVersion,
      clientId: `${username}-${clients++}`,
      ...options,
    });
  /** Records what a client of «all» receives, live or retained, as «topic payload», until the gateway's last one. */
  const hearing = async (client: MqttClient, isRetained = false): Promise<() => Promise<readonly string[]>> => {
    const found: string[] = [];
    client.on('message', (topic, payload, { retain }) => {
      if (retain === isRetained || topic === 'forpost/status') found.push(`${topic} ${payload}`);
    });
    await client.subscribeAsync('#', { qos: 1 });
    return async () => {
      const end = `end ${clients++}`;
      bench.broker.publish('forpost/status', end, { qos: 1, retain: false });
      await soon(() => found).toContain(`forpost/status ${end}`);
      return found.filter((one) => !one.startsWith('forpost/status '));
    };
  };

  test.each(['an unknown user', 'a known user with another password', 'nobody at all'])(
    '%s does not get in',
    async (who) => {
      const [username, password] =
        who === 'nobody at all' ? ['', ''] : who === 'an unknown user' ? ['eve', made.password] : ['oven', 'guessed'];
      await expect(connected('oven', { username, password })).rejects.toThrow();
    },
  );

  test.each(everybody)('%s publishes to its own topics alone, with and without RETAIN', async (who) => {
    const [client, observer] = [await connected(who), await connected('all')];
    const heard = await hearing(observer);
    const expected: string[] = [];
    for (const topic of allTopics)
      for (const qos of [0, 1] as const)
        for (const retain of [false, true]) {
          const payload = `${who} ${qos} ${retain}`;
          if (mayPublish(who, topic)) expected.push(`${topic} ${payload}`);
          const published = client.publishAsync(topic, payload, { qos, retain });
          if (qos === 0) await published;
          else await expectPublished(published, protocolVersion === 4 || mayPublish(who, topic));
        }
    expect([...(await heard())].sort()).toEqual(expected.sort());
    const own = bench.admitted.filter(({ device }) => device === who).map(({ topic }) => topic);
    expect(new Set(own)).toEqual(new Set(devices.includes(who) ? allTopics.filter((one) => mayPublish(who, one)) : []));
    // what was retained: of a late subscriber's, the newest of each topic
    const late = await connected('all');
    const retained = (await (await hearing(late, true))()).filter((one) => one.endsWith(`${who} 1 true`));
    expect(retained.map((one) => one.split(' ')[0]).sort()).toEqual(
      allTopics.filter((topic) => mayPublish(who, topic)).sort(),
    );
    for (const one of [client, observer, late]) await one.endAsync(true);
  });

  test.each(everybody)('the last will of %s is published on its own topics alone', async (who) => {
    const observer = await connected('all');
    const heard = await hearing(observer);
    const { sockets } = bench.broker.sizes();
    for (const topic of allTopics) {
      const client = await connected(who, { will: { topic, payload: Buffer.from(`will of ${who}`), qos: 1 } });
      client.stream.destroy();
    }
    await soon(() => bench.broker.sizes().sockets).toBe(sockets);
    const expected = allTopics.filter((topic) => mayPublish(who, topic)).map((topic) => `${topic} will of ${who}`);
    expect([...(await heard())].sort()).toEqual(expected.sort());
    await observer.endAsync(true);
  });

  test.each(everybody)('%s subscribes to what it may receive, and receives nothing else', async (who) => {
    for (const topic of allTopics) bench.broker.publish(topic, 'retained', { qos: 1, retain: true });
    const client = await connected(who);
    const found: string[] = [];
    client.on('message', (topic, payload) => found.push(`${topic} ${payload}`));
    const granted: string[] = [];
    for (const filter of Object.keys(filters)) if (await isGranted(client, filter)) granted.push(filter);
    expect(granted).toEqual(Object.keys(filters).filter((filter) => filters[filter]?.includes(who)));
    const expected = allTopics.filter((topic) => mayReceive(who, topic));
    for (const topic of allTopics) bench.broker.publish(topic, 'live', { qos: 1, retain: false });
    const heardLive = () => found.filter((one) => one.endsWith(' live')).map((one) => one.split(' ')[0] ?? '');
    await soon(() => heardLive().length).toBe(expected.length);
    expect(heardLive().sort()).toEqual([...expected].sort());
    expect(new Set(found.filter((one) => one.endsWith(' retained')).map((one) => one.split(' ')[0]))).toEqual(
      new Set(expected),
    );
    await client.endAsync(true);
  });
});

/** MQTT 5 refuses with a reason code; 3.1.1 has none, and the message is dropped. */
async function expectPublished(published: Promise<unknown>, isAccepted: boolean): Promise<void> {
  const failed = await published.then(
    () => undefined,
    (error: unknown) => error,
  );
  expect(failed === undefined).toBe(isAccepted);
}

function isGranted(client: MqttClient, filter: string): Promise<boolean> {
  return new Promise((resolve) => {
    client.subscribe(filter, { qos: 1 }, (error, granted) => {
      resolve(error === null && granted?.every(({ qos }) => qos < 128) === true);
    });
  });
}
