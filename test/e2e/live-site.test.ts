/** The site is changed while its gateway runs: devices and rules outside a change go on undisturbed. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '@forpost/shared/clock.ts';
import { silentLogger } from '@forpost/shared/logging.ts';
import { makeCredential } from '@forpost/shared/made-credential.ts';
import mqtt, { type MqttClient } from 'mqtt';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { parse, stringify } from 'yaml';
import type { SiteDoor } from '../../edge/config/door.ts';
import { judge } from '../../edge/config/judge.ts';
import { loadInstallation } from '../../edge/config/load-installation.ts';
import { withSiteDoor } from '../../edge/config/site-door.ts';
import { Gateway } from '../../edge/gateway.ts';
import { freePorts } from '../harness/ports.ts';

const users = ['meter', 'lamp', 'sensor', 'display'];
const credentials = Object.fromEntries(users.map((id) => [id, makeCredential()]));
const limit = { id: 'limit', kind: 'threshold', device: 'meter', metric: 'power_w', above: 100 };
let folder = '';
let port = 0;
let gateway: Gateway;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'forpost-live-'));
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
    devices: [
      { id: 'meter', decoder: 'native' },
      { id: 'lamp', decoder: 'native' },
    ],
    consumers: [{ id: 'display', subscribe: ['forpost/alerts/#', 'forpost/alarms/#'] }],
    rules: [limit],
  });
  write('secrets.yaml', {
    mqtt: Object.fromEntries(users.map((id) => [id, credentials[id]?.hash])),
    console: {},
  });
  const file = join(folder, 'gateway.yaml');
  const { loaded, problems, warnings } = await judge(file);
  if (loaded === undefined) throw new Error(problems.join('\n'));
  gateway = new Gateway({
    ...loaded,
    configFile: file,
    conditions: { first: warnings, find: loaded.conditions },
    clock: systemClock,
    random: Math.random,
    logger: silentLogger(),
  });
  await gateway.start();
}, 60_000);
afterAll(async () => {
  await gateway?.stop();
  rmSync(folder, { recursive: true, force: true });
});

function connect(username: string): Promise<MqttClient> {
  const { password = '' } = credentials[username] ?? {};
  const options = { username, password, clientId: username, reconnectPeriod: 0, protocolVersion: 5 } as const;
  return mqtt.connectAsync(`mqtt://127.0.0.1:${port}`, options);
}

function through<T>(run: (door: SiteDoor) => Promise<T>): Promise<T> {
  return withSiteDoor(loadInstallation(join(folder, 'gateway.yaml')), 'tester', run);
}

/** Changes the document as a program would, over the newest revision. */
async function change(edit: (site: Record<string, object[]>) => void): Promise<number | undefined> {
  return through(async (door) => {
    const { revision, document } = await door.show();
    const value = parse(document) as Record<string, object[]>;
    edit(value);
    return (await door.put(String(revision.number), stringify(value), '')).revision?.number;
  });
}

const reading = (power: number) => JSON.stringify({ values: { power_w: power } });

test('devices come, change and go while another one sends: none of its messages is lost and its connection stays', async () => {
  const [meter, display] = [await connect('meter'), await connect('display')];
  let lamp = await connect('lamp');
  const seen: string[] = [];
  display.on('message', (topic, payload) => seen.push(`${topic} ${JSON.parse(payload.toString()).change ?? ''}`));
  await display.subscribeAsync('forpost/alerts/#', { qos: 1 });
  let closed = 0;
  for (const client of [meter, display]) client.on('close', () => closed++);
  const sent: Promise<unknown>[] = [];
  const sending = setInterval(
    () => sent.push(meter.publishAsync('forpost/devices/meter/readings', reading(150), { qos: 1 })),
    20,
  );
  onTestFinished(() => clearInterval(sending));
  await expect.poll(() => seen, { timeout: 10_000 }).toContain('forpost/alerts/limit/meter raised');

  // a device comes: it may log in at once
  await expect(connect('sensor')).rejects.toThrow();
  await change((site) => site.devices?.push({ id: 'sensor', decoder: 'native' }));
  const sensor = await connect('sensor');
  await sensor.publishAsync('forpost/devices/sensor/readings', reading(1), { qos: 1 });

  // a device goes: its session ends within a second, once in three times on a busy machine
  const removeLamp = async () => {
    const cut = new Promise<number>((resolve) => lamp.once('close', () => resolve(performance.now())));
    await change((site) => {
      site.devices = site.devices?.filter((one) => !('id' in one && one.id === 'lamp')) ?? [];
    });
    const gone = performance.now();
    return (await cut) - gone;
  };
  let tookMs = await removeLamp();
  for (let again = 0; again < 2 && tookMs >= 1000; again++) {
    await change((site) => site.devices?.push({ id: 'lamp', decoder: 'native' }));
    lamp = await connect('lamp');
    tookMs = await removeLamp();
  }
  expect(tookMs).toBeLessThan(1000);
  await expect(connect('lamp')).rejects.toThrow();

  // a rule changes, and another comes: the alarm of the first one goes on
  await change((site) => {
    site.rules = [
      { ...limit, name: 'Too much' },
      { ...limit, id: 'second', above: 120 },
    ];
  });
  await expect.poll(() => seen, { timeout: 10_000 }).toContain('forpost/alerts/second/meter raised');
  // a rule goes: its alarm ends
  await change((site) => site.rules?.pop());
  await expect.poll(() => seen, { timeout: 10_000 }).toContain('forpost/alerts/second/meter cleared');
  expect(seen.filter((one) => one.startsWith('forpost/alerts/limit/'))).toEqual(['forpost/alerts/limit/meter raised']);

  clearInterval(sending);
  await Promise.all(sent);
  expect(sent.length).toBeGreaterThan(10);
  expect(closed).toBe(0);
  await Promise.all([meter, sensor, display].map((client) => client.endAsync()));
}, 60_000);

test('new rights hold from the next packet on, on the same connection', async () => {
  const display = await connect('display');
  const commands = 'forpost/devices/meter/commands';
  const refused = { reasonCode: 0x87 };
  await expect(display.publishAsync(commands, 'on', { qos: 1 })).rejects.toMatchObject({ code: refused.reasonCode });
  await change((site) => Object.assign(site.consumers?.[0] ?? {}, { publish: [commands] }));
  await display.publishAsync(commands, 'on', { qos: 1 });
  expect(display.connected).toBe(true);
  await display.endAsync();
});

test('a change that needs a restart is refused with the reason, and nothing changes', async () => {
  const before = await through((door) => door.show());
  await expect(change((site) => Object.assign(site.site ?? {}, { id: 'other' }))).rejects.toThrow(
    'needs a restart: the id of the site stands in every event',
  );
  expect(await through((door) => door.show())).toEqual(before);
});
