/**
 * Home automations, bridges and devices at a real gateway, each behaving as its own documents describe: birth, will,
 * discovery, retained state, command, reconnect. The gateway must refuse none of it, and must not take other messages for
 * readings.
 */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import mqtt, { type IClientOptions, type MqttClient } from 'mqtt';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { ConsoleStatus, RefusedView } from '../../edge/console/view.ts';
import { freePorts } from '../harness/ports.ts';
import { root } from '../harness/root.ts';
import { TestSite, testPassword } from '../harness/site.ts';

const versions: readonly (4 | 5)[] = [4, 5];

let site: TestSite;
let webSocketPort = 0;
const clients: MqttClient[] = [];

beforeAll(async () => {
  [webSocketPort = 0] = await freePorts(1);
  site = await TestSite.start({
    devices: ['oven', 'guessed'],
    more: {
      devices: [
        { id: 'plug', decoder: 'tasmota', topic: 'tasmota_A1B2C3' },
        { id: 'desk', decoder: 'tasmota', topic: 'house/desk', full_topic: '%topic%/%prefix%/' },
        { id: 'meter', decoder: 'shelly', topic: 'shellypro3em-a1b2c3' },
        { id: 'lamp', decoder: 'shelly', topic: 'shellies/shelly1-D4E5F6' },
      ],
      consumers: [
        { id: 'home', name: 'Home Assistant', role: 'home-assistant' },
        { id: 'z2m', role: 'zigbee2mqtt' },
        { id: 'flows', role: 'node-red' },
        { id: 'kitchen', role: 'esphome' },
      ],
    },
    uplink: 'none',
    centre: false,
    extraInstallation: { mqtt: { websocket: { port: webSocketPort } } },
  });
});

afterEach(async () => {
  await Promise.all(clients.splice(0).map((client) => client.endAsync(true)));
});

afterAll(() => site?.stop());

const soon = (read: () => unknown) => expect.poll(read, { timeout: 15_000, interval: 10 });

/** A client, and the newest message of each topic that it has received. */
interface TestClient {
  readonly client: MqttClient;
  readonly of: (topic: string) => string | undefined;
  readonly isRetained: (topic: string) => boolean | undefined;
}

async function client(user: string, options: IClientOptions = {}): Promise<TestClient> {
  const made = mqtt.connect(`mqtt://127.0.0.1:${site.mqttPort}`, {
    username: user,
    password: testPassword,
    clientId: `${user}-test`,
    reconnectPeriod: 0,
    ...options,
  });
  clients.push(made);
  const arrived = new Map<string, { readonly text: string; readonly retained: boolean }>();
  // queued messages follow CONNACK directly
  made.on('message', (topic, payload, { retain }) =>
    arrived.set(topic, { text: payload.toString(), retained: retain }),
  );
  await new Promise<void>((resolve, reject) => made.once('connect', () => resolve()).once('error', reject));
  return { client: made, of: (topic) => arrived.get(topic)?.text, isRetained: (topic) => arrived.get(topic)?.retained };
}

/** Subscribes, and checks that no filter is refused. */
async function subscribe({ client: subscriber }: TestClient, filters: readonly string[]): Promise<void> {
  for (const { qos } of await subscriber.subscribeAsync([...filters], { qos: 1 })) expect(qos).toBeLessThan(128);
}

const say = (
  { client: speaker }: TestClient,
  topic: string,
  payload: string | object,
  retain = false,
  qos: 0 | 1 = 1,
) => speaker.publishAsync(topic, typeof payload === 'string' ? payload : JSON.stringify(payload), { qos, retain });

/** Cuts the network: no DISCONNECT. */
const cut = ({ client: lost }: TestClient) => void lost.stream.destroy();

const will = (topic: string, payload: string, retain = true, qos: 0 | 1 = 1): IClientOptions => ({
  will: { topic, payload: Buffer.from(payload), qos, retain },
});

const refused = async () => (await site.local<{ refused: readonly RefusedView[] }>('/api/v1/refused')).refused;
const status = () => site.local<ConsoleStatus>('/api/v1/status');

/** Subscribes as Home Assistant does after its start, and publishes its birth. */
async function homeAssistant(version: 4 | 5, more: IClientOptions = {}): Promise<TestClient> {
  const home = await client('home', {
    protocolVersion: version,
    clientId: '3gq1iBmyzQYeqyGjLtAKE',
    ...will('homeassistant/status', 'offline', false, 0),
    ...more,
  });
  await subscribe(home, [
    ...['homeassistant/+/+/config', 'homeassistant/+/+/+/config', 'homeassistant/device/+/config'],
    ...['tasmota/discovery/#', 'forpost/alarms/#', 'forpost/devices/+/readings'],
  ]);
  await say(home, 'homeassistant/status', 'online', false, 0);
  return home;
}

describe.each(versions)('with protocol level %i', (protocolVersion) => {
  const version = { protocolVersion };

  test('Zigbee2MQTT announces its devices, takes commands of Home Assistant, and is announced offline when it is lost', async () => {
    const home = await homeAssistant(protocolVersion);
    await subscribe(home, ['zigbee2mqtt/#']);
    const bridge = await client('z2m', {
      ...version,
      clientId: 'mqttjs_1f2e3d',
      clean: true,
      keepalive: 60,
      ...will('zigbee2mqtt/bridge/state', '{"state":"offline"}'),
    });
    await subscribe(bridge, ['zigbee2mqtt/#', 'homeassistant/status', 'homeassistant/#']);
    await say(bridge, 'zigbee2mqtt/bridge/state', { state: 'online' }, true);
    await say(bridge, 'zigbee2mqtt/bridge/info', { version: '2.6.0' }, true);
    const topic = 'zigbee2mqtt/floor 1/lamp';
    await say(bridge, 'homeassistant/light/0x00158d0001/light/config', { command_topic: `${topic}/set` }, true);
    await say(bridge, topic, { state: 'OFF' }, true);
    await soon(() => home.of('homeassistant/light/0x00158d0001/light/config')).toContain('/set');
    await say(home, `${topic}/set`, { state: 'ON' }, false, 0);
    await soon(() => bridge.of(`${topic}/set`)).toBe('{"state":"ON"}');
    await say(bridge, topic, { state: 'ON' }, true);
    await soon(() => home.of(topic)).toBe('{"state":"ON"}');
    cut(bridge);
    await soon(() => home.of('zigbee2mqtt/bridge/state')).toBe('{"state":"offline"}');
    const again = await client('z2m', { ...version, clientId: 'mqttjs_4a5b6c' });
    await subscribe(again, ['zigbee2mqtt/#', 'homeassistant/#']);
    // its own retained states have returned
    await soon(() => again.of(topic)).toBe('{"state":"ON"}');
    await soon(() => again.of('homeassistant/light/0x00158d0001/light/config')).toContain('/set');
    await say(again, 'zigbee2mqtt/bridge/state', { state: 'online' }, true);
    await soon(() => home.of('zigbee2mqtt/bridge/state')).toBe('{"state":"online"}');
  });

  test('an ESPHome node is discovered, obeys a command that came during its absence, and is announced offline', async () => {
    const home = await homeAssistant(protocolVersion);
    await subscribe(home, ['kitchen/#', 'esphome/discover/#']);
    const options: IClientOptions = {
      ...version,
      clientId: 'kitchen-a1b2c3d4e5f6',
      clean: false,
      keepalive: 15,
      ...(protocolVersion === 5 ? { properties: { sessionExpiryInterval: 3600 } } : {}),
      ...will('kitchen/status', 'offline'),
    };
    const node = await client('kitchen', options);
    await subscribe(node, ['kitchen/switch/relay/command', 'esphome/discover', 'esphome/ping/kitchen']);
    await say(node, 'kitchen/status', 'online', true, 0);
    await say(node, 'kitchen/debug', '[I][app:102] ESPHome', false, 0);
    await say(node, 'homeassistant/switch/kitchen/relay/config', { stat_t: 'kitchen/switch/relay/state' }, true, 0);
    await say(node, 'esphome/discover/kitchen', { ip: '10.0.0.9' }, true, 0);
    await soon(() => home.of('homeassistant/switch/kitchen/relay/config')).toContain('stat_t');
    await soon(() => home.of('kitchen/status')).toBe('online');
    await say(home, 'esphome/ping/kitchen', '', false, 0);
    await soon(() => node.of('esphome/ping/kitchen')).toBe('');
    cut(node);
    await soon(() => home.of('kitchen/status')).toBe('offline');
    await say(home, 'kitchen/switch/relay/command', 'ON');
    const back = await client('kitchen', options);
    await soon(() => back.of('kitchen/switch/relay/command')).toBe('ON');
    await say(back, 'kitchen/switch/relay/state', 'ON', true, 0);
    await soon(() => home.of('kitchen/switch/relay/state')).toBe('ON');
  });

  test('Node-RED receives every message, publishes its birth and will, and sends commands to every kind of device', async () => {
    const oven = await client('oven', { ...version, ...will('forpost/devices/oven/status', 'offline') });
    await subscribe(oven, ['forpost/devices/oven/commands']);
    await say(oven, 'forpost/devices/oven/status', 'online', true);
    const flows = await client('flows', { ...version, clientId: 'nodered_a1b2', ...will('node-red/status', 'lost') });
    await subscribe(flows, ['#']);
    await say(flows, 'node-red/status', 'online', true);
    await soon(() => flows.of('forpost/devices/oven/status')).toBe('online');
    await say(oven, 'forpost/devices/oven/readings', { values: { power_w: 512 } });
    await soon(() => flows.of('forpost/devices/oven/readings')).toContain('512');
    await say(flows, 'forpost/devices/oven/commands', { heat: true });
    await soon(() => oven.of('forpost/devices/oven/commands')).toBe('{"heat":true}');
    cut(oven);
    await soon(() => flows.of('forpost/devices/oven/status')).toBe('offline');
    const home = await homeAssistant(protocolVersion);
    await subscribe(home, ['node-red/#']);
    cut(flows);
    await soon(() => home.of('node-red/status')).toBe('lost');
  });

  test('a Tasmota plug is discovered and switched, alone and in its group, and only its readings count as readings', async () => {
    const home = await homeAssistant(protocolVersion);
    await subscribe(home, ['tele/tasmota_A1B2C3/#', 'stat/tasmota_A1B2C3/#']);
    const before = (await status()).devices.find(({ id }) => id === 'plug')?.messages ?? 0;
    const plug = await client('plug', {
      ...version,
      clientId: 'DVES_A1B2C3',
      clean: true,
      keepalive: 30,
      ...will('tele/tasmota_A1B2C3/LWT', 'Offline'),
    });
    await say(plug, 'tele/tasmota_A1B2C3/LWT', 'Online', true, 0);
    await say(plug, 'cmnd/tasmota_A1B2C3/POWER', '', false, 0);
    await subscribe(plug, ['cmnd/tasmota_A1B2C3/#', 'cmnd/tasmotas/#', 'cmnd/DVES_A1B2C3_fb/#']);
    await say(plug, 'tele/tasmota_A1B2C3/INFO1', {
      Info1: { Module: 'Generic', FallbackTopic: 'cmnd/DVES_A1B2C3_fb/' },
    });
    await say(plug, 'tasmota/discovery/A1B2C3D4E5F6/config', { ip: '10.0.0.7', t: 'tasmota_A1B2C3' }, true, 0);
    await say(plug, 'tasmota/discovery/A1B2C3D4E5F6/sensors', { sn: {} }, true, 0);
    await say(plug, 'stat/tasmota_A1B2C3/POWER', 'OFF', true, 0);
    await say(plug, 'tele/tasmota_A1B2C3/SENSOR', { Time: '2026-11-30T10:00:00', ENERGY: { Power: 56 } });
    await soon(() => home.of('tasmota/discovery/A1B2C3D4E5F6/config')).toContain('tasmota_A1B2C3');
    await say(home, 'cmnd/tasmota_A1B2C3/POWER', 'ON', false, 0);
    await soon(() => plug.of('cmnd/tasmota_A1B2C3/POWER')).toBe('ON');
    await say(home, 'cmnd/tasmotas/STATUS', '8', false, 0);
    await soon(() => plug.of('cmnd/tasmotas/STATUS')).toBe('8');
    cut(plug);
    await soon(() => home.of('tele/tasmota_A1B2C3/LWT')).toBe('Offline');
    await soon(async () => (await status()).devices.find(({ id }) => id === 'plug')?.messages).toBe(before + 8);
    const { values, deadLetters } = (await status()).devices.find(({ id }) => id === 'plug') ?? {};
    expect([values, deadLetters]).toEqual([{ power_w: 56 }, 0]);
    const later = await homeAssistant(protocolVersion);
    await soon(() => later.of('tasmota/discovery/A1B2C3D4E5F6/config')).toContain('tasmota_A1B2C3');
    expect(later.isRetained('tasmota/discovery/A1B2C3D4E5F6/config')).toBe(true);
  });

  test('a Tasmota with its full topic in another order is read and switched', async () => {
    const home = await homeAssistant(protocolVersion);
    const desk = await client('desk', {
      ...version,
      clientId: 'DVES_0A0B0C',
      ...will('house/desk/tele/LWT', 'Offline'),
    });
    await subscribe(desk, ['house/desk/cmnd/#', 'tasmotas/cmnd/#', 'DVES_0A0B0C_fb/cmnd/#']);
    await say(desk, 'house/desk/tele/SENSOR', { ENERGY: { Power: 7 } });
    await soon(async () => (await status()).devices.find(({ id }) => id === 'desk')?.values).toEqual({ power_w: 7 });
    await say(home, 'house/desk/cmnd/POWER', 'TOGGLE', false, 0);
    await soon(() => desk.of('house/desk/cmnd/POWER')).toBe('TOGGLE');
  });

  test('a Shelly answers a call on its caller’s topic, and one of the first generation is switched and announced', async () => {
    const flows = await client('flows', { ...version, clientId: 'nodered_a1b2' });
    await subscribe(flows, ['node-red/rpc', 'shellypro3em-a1b2c3/#', 'shellies/#']);
    const id = 'shellypro3em-a1b2c3';
    const meter = await client('meter', { ...version, clientId: id, ...will(`${id}/online`, 'false') });
    await subscribe(meter, [`${id}/rpc`, `${id}/command`, `${id}/command/#`, 'shellies/command']);
    await say(meter, `${id}/online`, 'true', true);
    await say(meter, `${id}/events/rpc`, {
      src: id,
      method: 'NotifyStatus',
      params: { 'em:0': { total_act_power: 512 } },
    });
    const call = { id: 1, src: 'node-red', method: 'Shelly.GetStatus' };
    await say(flows, `${id}/rpc`, call);
    await soon(() => meter.of(`${id}/rpc`)).toBe(JSON.stringify(call));
    await say(meter, 'node-red/rpc', { id: 1, src: id, result: {} });
    await soon(() => flows.of('node-red/rpc')).toContain('result');
    await soon(async () => (await status()).devices.find((one) => one.id === 'meter')?.values).toEqual({
      power_w: 512,
    });
    const first = 'shellies/shelly1-D4E5F6';
    const lamp = await client('lamp', { ...version, clientId: 'shelly1-D4E5F6', ...will(`${first}/online`, 'false') });
    await subscribe(lamp, ['shellies/command', `${first}/command`, `${first}/relay/0/command`]);
    await say(lamp, `${first}/online`, 'true', true);
    await say(flows, 'shellies/command', 'announce');
    await soon(() => lamp.of('shellies/command')).toBe('announce');
    await say(lamp, 'shellies/announce', { id: 'shelly1-D4E5F6', model: 'SHSW-1' });
    await say(flows, `${first}/relay/0/command`, 'on');
    await soon(() => lamp.of(`${first}/relay/0/command`)).toBe('on');
    await say(lamp, `${first}/relay/0`, 'on', true);
    await soon(() => flows.of(`${first}/relay/0`)).toBe('on');
    cut(lamp);
    await soon(() => flows.of(`${first}/online`)).toBe('false');
  });

  test('a dashboard receives the same messages over a WebSocket', async () => {
    const oven = await client('oven', version);
    const url = `ws://127.0.0.1:${webSocketPort}/mqtt`;
    const options = { ...version, username: 'wall-display', password: testPassword, reconnectPeriod: 0 };
    const display = await mqtt.connectAsync(url, options);
    clients.push(display);
    const arrived: string[] = [];
    display.on('message', (topic) => arrived.push(topic));
    await display.subscribeAsync('forpost/devices/+/readings');
    await say(oven, 'forpost/devices/oven/readings', { values: { power_w: 1 } });
    await soon(() => arrived).toEqual(['forpost/devices/oven/readings']);
  });
});

describe('refusals', () => {
  test('the gateway has refused none of these clients’ packets', async () => {
    expect(await refused()).toEqual([]);
    const { devices } = await status();
    expect(devices.map(({ deadLetters }) => deadLetters)).toEqual(devices.map(() => 0));
  });

  test('a forbidden publish is dropped, acknowledged, and reported with its topic; the connection stays', async () => {
    const flows = await client('flows');
    const display = await client('wall-display');
    await subscribe(display, ['forpost/#']);
    for (const topic of ['forpost/alarms/over/oven', 'forpost/status', 'forpost/devices/oven/readings'])
      await say(flows, topic, 'forged', true);
    await say(flows, 'node-red/x', 'fine');
    const meter = await client('meter', will('zigbee2mqtt/bridge/state', 'forged'));
    const grants = await meter.client.subscribeAsync('cmnd/#').catch((error: Error) => error.message);
    expect(JSON.stringify(grants)).toMatch(/128|Unspecified error|Not authorized/i);
    cut(meter);
    await soon(async () =>
      (await refused()).map(({ kind, principal, what }) => `${principal} ${kind} ${what}`).sort(),
    ).toEqual([
      'flows publish forpost/alarms/over/oven',
      'flows publish forpost/devices/oven/readings',
      'flows publish forpost/status',
      'meter subscribe cmnd/#',
      'meter will zigbee2mqtt/bridge/state',
    ]);
    expect(flows.client.connected).toBe(true);
    expect(
      [...['alarms/over/oven', 'devices/oven/readings']].map((topic) => display.of(`forpost/${topic}`)),
    ).not.toContain('forged');
    expect((await status()).summary.points.map(({ text }) => text).join()).toMatch(/meter.*topics that/);
  });

  test('a device with a wrong password, and a stranger, are reported with address and client id', async () => {
    const wrong = (user: string) =>
      site.connect(user, { password: 'guess', clientId: 'at-the-door', reconnectPeriod: 0 });
    await expect(wrong('guessed')).rejects.toThrow();
    await expect(wrong('eve')).rejects.toThrow();
    const at = { clientId: 'at-the-door', address: '127.0.0.1', count: 1 };
    const shown = (await refused()).slice(0, 2);
    expect(shown).toMatchObject([
      { kind: 'stranger', principal: null, user: 'eve', ...at },
      { kind: 'password', principal: 'guessed', name: 'guessed', ...at },
    ]);
    expect((await status()).summary.points.map(({ text }) => text)).toContain('guessed logs in with a wrong password');
  });

  test('after a log-in with the right password the page drops the refusal, and the list keeps it', async () => {
    await client('guessed');
    expect((await refused()).find(({ kind }) => kind === 'password')).toMatchObject({
      principal: 'guessed',
      over: true,
    });
    expect((await status()).summary.points.map(({ text }) => text).join()).not.toContain('wrong password');
  });

  test('a restart keeps the reported refusals, and forpost devices list shows them too', async () => {
    const before = await refused();
    await site.gateway?.stop();
    await site.startGateway();
    expect(await refused()).toEqual(before.map((one) => ({ ...one, over: true })));
    const run = promisify(execFile);
    const config = join(site.folder, 'gateway.yaml');
    const { stdout } = await run(process.execPath, [join(root, 'forpost.mjs'), 'devices', 'list', '--config', config]);
    expect(stdout).toMatch(
      /^guessed\tdevice, native\t\n {2}refused: it logs in with a wrong password from 127\.0\.0\.1/m,
    );
    expect(stdout).toMatch(/^refused: «eve» \(client id at-the-door, from 127\.0\.0\.1\)/m);
    expect(stdout).toMatch(/^home\tconsumer, home-assistant\tHome Assistant$/m);
  });
});
