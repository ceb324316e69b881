/**
 * Three sensors behind Zigbee2MQTT at a running gateway: found, named while it runs, judged by rules, gone with their bridge
 * in one alarm. A real broker, real MQTT, the payloads of Zigbee2MQTT.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '@forpost/shared/clock.ts';
import { silentLogger } from '@forpost/shared/logging.ts';
import { makeCredential } from '@forpost/shared/made-credential.ts';
import { hashPassword } from '@forpost/shared/password.ts';
import mqtt, { type MqttClient } from 'mqtt';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { stringify } from 'yaml';
import { judge } from '../../edge/config/judge.ts';
import { Gateway } from '../../edge/gateway.ts';
import { freePorts } from '../harness/ports.ts';

const users = ['zigbee', 'meter', 'display'];
const credentials = Object.fromEntries(users.map((id) => [id, makeCredential()]));
const sensors = [
  { ieee_address: '0x00158d0001a2b301', friendly_name: 'Kitchen', type: 'EndDevice' },
  { ieee_address: '0x00158d0001a2b302', friendly_name: 'Hall', type: 'EndDevice' },
  { ieee_address: '0x00158d0001a2b303', friendly_name: 'house/cellar', type: 'EndDevice' },
];
const silentAfterMs = 3_000;
let folder = '';
let port = 0;
let page = '';
let gateway: Gateway;
let cookie = '';
const alerts: string[] = [];

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'forpost-bridge-'));
  const [mqttPort = 0, http = 0] = await freePorts(2);
  port = mqttPort;
  const write = (name: string, value: object) => writeFileSync(join(folder, name), stringify(value), { mode: 0o600 });
  write('gateway.yaml', {
    gateway: 'test',
    data: 'data',
    site_file: 'site.yaml',
    secrets_file: 'secrets.yaml',
    log_level: 'error',
    mqtt: { port },
    http: { port: http },
    uplink: [],
  });
  write('site.yaml', {
    site: { id: 'home', timezone: 'UTC' },
    devices: [{ id: 'meter', decoder: 'native' }],
    bridges: [{ id: 'zigbee', name: 'Zigbee', decoder: 'zigbee2mqtt', topic: 'zigbee2mqtt' }],
    consumers: [{ id: 'display', subscribe: ['forpost/alerts/#', 'zigbee2mqtt/#'] }],
    rules: [{ id: 'quiet', kind: 'silent', device: '*', after_s: silentAfterMs / 1000 }],
  });
  write('secrets.yaml', {
    mqtt: Object.fromEntries(users.map((id) => [id, credentials[id]?.hash])),
    console: { anna: await hashPassword('ladder') },
  });
  const file = join(folder, 'gateway.yaml');
  const { loaded, problems, warnings } = await judge(file);
  if (loaded === undefined) throw new Error(problems.join('\n'));
  const conditions = { first: warnings, find: loaded.conditions };
  gateway = new Gateway({
    ...loaded,
    configFile: file,
    conditions,
    clock: systemClock,
    random: Math.random,
    logger: silentLogger(),
  });
  await gateway.start();
  page = gateway.addresses().page;
}, 60_000);
afterAll(async () => {
  await gateway?.stop();
  rmSync(folder, { recursive: true, force: true });
});

const connect = (id: string, will?: mqtt.IClientOptions['will']): Promise<MqttClient> =>
  mqtt.connectAsync(`mqtt://127.0.0.1:${port}`, {
    username: id,
    password: credentials[id]?.password ?? '',
    clientId: id,
    reconnectPeriod: 0,
    ...(will === undefined ? {} : { will }),
  });

async function ask(method: string, path: string, body?: object, seen?: string): Promise<Response> {
  const headers: Record<string, string> = { 'content-type': 'application/json', cookie };
  if (seen !== undefined) headers['if-match'] = seen;
  return fetch(`${page}${path}`, { method, headers, ...(body === undefined ? {} : { body: JSON.stringify(body) }) });
}

const bridge = async () => ((await (await ask('GET', '/api/v1/bridges')).json()) as { bridges: Bridge[] }).bridges[0];
interface Bridge {
  readonly reachable: boolean;
  readonly found: readonly { readonly name: string; readonly source: string; readonly values: object }[];
  readonly devices: readonly { readonly id: string; readonly lastSeen: string | null }[];
}

test('three sensors are found, named one by one while the gateway runs, and leave with their bridge in one alarm', async () => {
  const logIn = await ask('POST', '/api/v1/login', { user: 'anna', password: 'ladder' });
  cookie = logIn.headers
    .getSetCookie()
    .map((one) => one.split(';')[0])
    .join('; ');
  const display = await connect('display');
  display.on('message', (topic, payload) => {
    if (!topic.startsWith('forpost/alerts/')) return;
    const { change } = JSON.parse(payload.toString()) as { change: string };
    alerts.push(`${topic.split('/').at(-1)} ${change}`);
  });
  await display.subscribeAsync('forpost/alerts/#');
  const meter = await connect('meter');
  const connectZigbee = () =>
    connect('zigbee', {
      topic: 'zigbee2mqtt/bridge/state',
      payload: Buffer.from('{"state":"offline"}'),
      retain: true,
      qos: 1,
    });
  let zigbee = await connectZigbee();
  const say = (topic: string, payload: object) =>
    zigbee.publishAsync(`zigbee2mqtt/${topic}`, JSON.stringify(payload), {
      qos: 1,
      retain: topic.startsWith('bridge/'),
    });
  const round = async () => {
    await meter.publishAsync('forpost/devices/meter/readings', '{"values":{"power_w":5}}', { qos: 1 });
    for (const [n, { friendly_name: name }] of sensors.entries()) await say(name, { temperature: 20 + n, battery: 97 });
  };
  await say('bridge/state', { state: 'online' });
  await say('bridge/devices', sensors);
  await round();
  expect((await bridge())?.found.map(({ name, source }) => [name, source]).toSorted()).toEqual(
    sensors.map(({ friendly_name: name, ieee_address: address }) => [name, address]).toSorted(),
  );
  for (const [n, { friendly_name: found }] of sensors.entries()) {
    const named = await ask('POST', '/api/v1/bridges/zigbee/devices', { found, id: `sensor-${n}` }, String(n + 1));
    expect(named.status).toBe(200);
    await round();
  }
  const now = await bridge();
  expect(now).toMatchObject({ reachable: true, found: [] });
  expect(now?.devices.map(({ id, lastSeen }) => [id, lastSeen === null])).toEqual(
    sensors.map((_, n) => [`sensor-${n}`, false]),
  );
  const { devices } = (await (await ask('GET', '/api/v1/status')).json()) as {
    devices: { id: string; values: object }[];
  };
  expect(devices.find(({ id }) => id === 'sensor-2')?.values).toMatchObject({ temperature_c: 22, battery_pct: 97 });
  // the bridge is killed: its connection breaks, its last will says the same
  const killBridge = async () => {
    await round();
    const before = performance.now();
    await round();
    alerts.length = 0;
    zigbee.stream.destroy();
    await expect.poll(async () => (await bridge())?.reachable, { interval: 20, timeout: 20_000 }).toBe(false);
    return performance.now() - before;
  };
  // on a machine that stands still meanwhile, sensors are rightly silent before their bridge is gone: once more
  while ((await killBridge()) > silentAfterMs - 500) {
    zigbee = await connectZigbee();
    await say('bridge/state', { state: 'online' });
  }
  await expect.poll(() => alerts, { timeout: 20_000 }).toContain('zigbee raised');
  expect((await bridge())?.reachable).toBe(false);
  await meter.publishAsync('forpost/devices/meter/readings', '{"values":{"power_w":5}}', { qos: 1 });
  expect(alerts.filter((one) => one.startsWith('sensor-'))).toEqual([]);
  await Promise.all([meter, display].map((client) => client.endAsync()));
}, 60_000);
