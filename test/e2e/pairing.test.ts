/** Unknown devices are paired with a running gateway: real message forms, a meter that sends through all of it, an attacker. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect as connectSocket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '@forpost/shared/clock.ts';
import { silentLogger } from '@forpost/shared/logging.ts';
import { makeCredential } from '@forpost/shared/made-credential.ts';
import mqtt, { type MqttClient } from 'mqtt';
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest';
import { parse, stringify } from 'yaml';
import { connectPacket, publishPacket } from '../../edge/broker/testing/broker.ts';
import { ignore, list } from '../../edge/cli/pair.ts';
import { judge } from '../../edge/config/judge.ts';
import { accepted, SocketClient } from '../../edge/config/socket-client.ts';
import type { AcceptedView, KnockerView, PairingView } from '../../edge/console/schemas/pairing.ts';
import { Gateway } from '../../edge/gateway.ts';
import { readOnce } from '../../edge/outbox/sqlite/reader/sqlite-reader.ts';
import { freePorts } from '../harness/ports.ts';

const meterCredential = makeCredential();
let folder = '';
let port = 0;
let gateway: Gateway;
let api: SocketClient;
const clients: MqttClient[] = [];
let sending: NodeJS.Timeout | undefined;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'forpost-pairing-'));
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
  write('site.yaml', { site: { id: 'home', timezone: 'UTC' }, devices: [{ id: 'meter', decoder: 'native' }] });
  write('secrets.yaml', { mqtt: { meter: meterCredential.hash }, console: {} });
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
  api = new SocketClient(join(folder, 'data'), 'tester');
}, 60_000);
afterEach(() => {
  clearInterval(sending);
  for (const client of clients.splice(0)) client.end(true);
});
afterAll(async () => {
  await gateway?.stop();
  rmSync(folder, { recursive: true, force: true });
});

const pairing = async () => accepted(await api.ask('GET', '/api/v1/pairing')) as unknown as PairingView;
const post = async (what: string, body: object) => accepted(await api.ask('POST', `/api/v1/pairing/${what}`, body));
const accept = async (body: object) => (await post('accept', body)) as unknown as AcceptedView;
const soon = <T>(what: () => T | Promise<T>) => expect.poll(what, { timeout: 20_000, interval: 50 });

async function knocker(clientId: string): Promise<KnockerView> {
  let found: KnockerView | undefined;
  await soon(async () => {
    found = (await pairing()).knockers.find((one) => one.clientId === clientId);
    return found?.judgements[0]?.sure;
  }).toBe(1);
  if (found === undefined) throw new Error(`${clientId} is not shown`);
  return found;
}

/** A device that sends its greeting at each connection, and comes back by itself. */
function device(clientId: string, log: { username?: string; password?: string }, greet: (client: MqttClient) => void) {
  const client = mqtt.connect(`mqtt://127.0.0.1:${port}`, {
    clientId,
    ...log,
    reconnectPeriod: 100,
    // refused before the window opened, it tries again as devices do
    reconnectOnConnackError: true,
  });
  clients.push(client);
  client.on('error', () => undefined);
  client.on('connect', () => greet(client));
  return client;
}

const json = (value: object) => JSON.stringify(value);

/** Events of a device in the outbox, newest first. */
function stored(id: string): readonly { readonly type: string; readonly data: string }[] {
  return readOnce(join(folder, 'data', 'outbox.db'), (reader) => reader.newest('telemetry', 1_000_000))
    .map((event) => ({ type: event.type, data: JSON.stringify(event) }))
    .filter(({ data }) => data.includes(`"${id}"`));
}

test('a Tasmota plug and a Shelly are paired while a meter sends fifty messages a second, of which none is lost', async () => {
  const meter = await mqtt.connectAsync(`mqtt://127.0.0.1:${port}`, {
    username: 'meter',
    password: meterCredential.password,
    clientId: 'meter',
    reconnectPeriod: 0,
  });
  clients.push(meter);
  let closed = 0;
  meter.on('close', () => closed++);
  const sent: Promise<unknown>[] = [];
  sending = setInterval(
    () => sent.push(meter.publishAsync('forpost/devices/meter/readings', '{"values":{"power_w":1}}', { qos: 1 })),
    20,
  );

  const tasmotaLogIn = { username: 'plug-user', password: 'from the installer' };
  device('DVES_1A2B3C', tasmotaLogIn, (client) => {
    client.publish('tele/tasmota_1A2B3C/LWT', 'Online', { retain: true });
    const info = {
      Module: 'Nous A1T',
      Version: '14.2.0',
      FallbackTopic: 'cmnd/DVES_1A2B3C_fb/',
      GroupTopic: 'cmnd/tasmotas/',
    };
    client.publish('tele/tasmota_1A2B3C/INFO1', json({ Info1: info }));
    client.subscribe('cmnd/tasmota_1A2B3C/#');
    client.publish(
      'tele/tasmota_1A2B3C/SENSOR',
      json({ Time: '2026-11-30T09:00:00', ENERGY: { Total: 1.5, Power: 12 } }),
    );
  });
  // outside of the window it is refused, and counted
  await soon(async () => (await pairing()).window).toBeNull();
  await post('open', { minutes: 5 });
  const plug = await knocker('DVES_1A2B3C');
  expect(plug).toMatchObject({ user: 'plug-user', judgements: [{ decoder: 'tasmota', model: 'Nous A1T' }] });
  expect(stored('tasmota_1A2B3C')).toEqual([]);
  const tapped = performance.now();
  expect(await accept({ knocker: plug.number, name: 'Washing machine' })).toMatchObject({ device: 'washing-machine' });
  await soon(() => stored('washing-machine').length).toBeGreaterThan(0);
  expect(performance.now() - tapped).toBeLessThan(10_000);
  await soon(
    async () => (await pairing()).knockers.find(({ number }) => number === plug.number)?.takenIn?.arrived,
  ).toBeTruthy();
  expect(readFileSync(join(folder, 'secrets.yaml'), 'utf8')).not.toContain('from the installer');

  // a Shelly without a password gets one, and sends its QoS 1 message again after a person has entered it
  const shellyId = 'shellyplus1pm-a8032ab636ec';
  const notify = json({
    src: shellyId,
    dst: `${shellyId}/events`,
    method: 'NotifyStatus',
    params: { 'switch:0': { id: 0, apower: 81.4 } },
  });
  const bare = device(shellyId, {}, (client) => client.publish(`${shellyId}/events/rpc`, notify, { qos: 1 }));
  const shelly = await knocker(shellyId);
  expect(shelly.logIn.own).toBe(false);
  const made = await accept({ knocker: shelly.number, name: 'Pump' });
  expect(made.credential?.user).toBe('pump');
  bare.end(true);
  device(shellyId, { username: 'pump', password: made.credential?.password ?? '' }, (client) =>
    client.publish(`${shellyId}/events/rpc`, notify, { qos: 1 }),
  );
  await soon(() => stored('pump').length).toBeGreaterThan(0);

  clearInterval(sending);
  await Promise.all(sent);
  expect(sent.length).toBeGreaterThan(5);
  expect(closed).toBe(0);
  expect(stored('meter').length).toBe(sent.length);
  await post('close', {});
}, 120_000);

test('Zigbee2MQTT is recognised with its version and taken in as a bridge, under the log-in that it has', async () => {
  await post('open', { minutes: 5 });
  device('mqttjs_7f', { username: 'zigbee', password: 'a good password' }, (client) => {
    client.publish('zigbee2mqtt/bridge/state', json({ state: 'online' }), { retain: true });
    client.publish('zigbee2mqtt/bridge/info', json({ version: '2.6.1', coordinator: { type: 'zStack3x0' } }));
    const sensor = { ieee_address: '0x00158d0001a2b3c4', friendly_name: 'kitchen', type: 'EndDevice', supported: true };
    client.publish('zigbee2mqtt/bridge/devices', json([sensor]));
    client.publish('zigbee2mqtt/kitchen', json({ temperature: 21.4, humidity: 48, linkquality: 120 }));
  });
  const shown = await knocker('mqttjs_7f');
  expect(shown).toMatchObject({
    suggestedName: 'Zigbee2MQTT 2.6.1',
    judgements: [{ decoder: 'zigbee2mqtt', section: 'bridges', topic: 'zigbee2mqtt' }],
  });
  expect(await accept({ knocker: shown.number, name: 'Zigbee' })).toMatchObject({
    device: 'zigbee',
    section: 'bridges',
  });
  await soon(async () => (await pairing()).knockers.at(-1)?.takenIn?.arrived).toBeTruthy();
  expect(parse(readFileSync(join(folder, 'site.yaml'), 'utf8')).bridges).toEqual([
    { id: 'zigbee', name: 'Zigbee', decoder: 'zigbee2mqtt', topic: 'zigbee2mqtt' },
  ]);
  await post('close', {});
}, 60_000);

test('an attacker in the open window reaches no client, displaces none and leaves no trace', async () => {
  await post('open', { minutes: 5 });
  const before = readFileSync(join(folder, 'site.yaml'), 'utf8');
  const sockets = Array.from({ length: 30 }, (_, n) => {
    const socket = connectSocket(port, '127.0.0.1');
    socket.on('error', () => undefined);
    socket.write(
      Buffer.concat([
        connectPacket('evil', {
          password: 'meter',
          clientId: `evil-${n}-${'x'.repeat(2000)}`,
          will: { topic: 'forpost/devices/meter/readings', payload: '{"values":{"power_w":9999}}' },
        }),
        publishPacket('forpost/devices/meter/readings', '{"values":{"power_w":9999}}', 0, 0, false, true),
        publishPacket('t/'.repeat(30_000), '\u0000\uffff'.repeat(1000), 0),
        publishPacket('tele/x/SENSOR', `{"a":${'['.repeat(5000)}`, 1, 1),
      ]),
    );
    return socket;
  });
  await soon(async () => (await pairing()).knockers.length).toBeGreaterThan(0);
  const late = device('DVES_0000FF', { username: 'late', password: 'a good password' }, (client) =>
    client.publish('tele/late/SENSOR', json({ Time: '2026-11-30T09:00:00', ENERGY: { Power: 3 } })),
  );
  for (const socket of sockets) socket.destroy();
  const shown = await knocker('DVES_0000FF');
  expect(shown.judgements[0]?.topic).toBe('late');
  expect(JSON.stringify(await pairing()).length).toBeLessThan(500_000);
  // the same on the command line, which shows no control character of an attacker
  const written: string[] = [];
  const write = vi.spyOn(process.stdout, 'write').mockImplementation((text) => written.push(String(text)) > 0);
  await list(join(folder, 'gateway.yaml'), {});
  await ignore(join(folder, 'gateway.yaml'), String(shown.number));
  write.mockRestore();
  expect(written.join('')).toMatch(/tasmota 100 %, topic late, power_w 3/);
  expect(written.join('')).not.toMatch(/[\p{Cc}--\n]/v);
  await soon(() => late.connected).toBe(false);
  await post('close', {});
  expect(stored('meter').some(({ data }) => data.includes('9999'))).toBe(false);
  expect(readFileSync(join(folder, 'site.yaml'), 'utf8')).toBe(before);
  expect((await pairing()).knockers.filter(({ takenIn }) => takenIn === null)).toEqual([]);
}, 60_000);
