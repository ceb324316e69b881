/**
 * Kills the gateway with SIGKILL right after devices have their CONNACKs, while a slow disk is busy with another device's data:
 * after the restart the sessions match the CONNACKs.
 */
import type { IClientOptions, MqttClient } from 'mqtt';
import mqtt from 'mqtt';
import { afterAll, afterEach, expect, test } from 'vitest';
import { slowDisk } from '../bench/slow-disk.ts';
import { TestSite, testPassword, until } from '../harness/site.ts';
import { unless } from '../harness/unless.ts';

const newcomers = ['new-1', 'new-2', 'new-3', 'new-4'];
const commands = (device: string) => `forpost/devices/${device}/commands`;

const disk = await slowDisk(200);
const withoutSlowDisk = disk === undefined ? 'no fsync can be slowed here' : undefined;
let site: TestSite | undefined;
let clients: MqttClient[] = [];

afterEach(() => {
  for (const client of clients) client.end(true);
  clients = [];
});
afterAll(async () => {
  await site?.stop();
  await disk?.remove();
});

/** Resolves at its CONNACK, with its «session present». */
function connect(here: TestSite, device: string, options: IClientOptions): Promise<boolean> {
  const client = mqtt.connect({
    host: '127.0.0.1',
    port: here.mqttPort,
    username: device,
    password: testPassword,
    clientId: `${device}-session`,
    reconnectPeriod: 0,
    ...options,
  });
  clients.push(client);
  client.on('error', () => undefined);
  return new Promise((resolve, reject) => {
    client.once('connect', ({ sessionPresent }) => resolve(sessionPresent));
    client.once('close', () => reject(new Error(`${device} got no CONNACK`)));
  });
}

test(
  'a session that began is there after a kill -9 right behind its CONNACK, and one that a clean CONNECT ended is not',
  unless(withoutSlowDisk),
  async () => {
    site = await TestSite.start({
      devices: [...newcomers, 'known', 'busy'],
      uplink: 'none',
      gatewayEnv: disk?.env ?? {},
    });
    const here = site;
    const known = await here.connect('known', { clean: false, clientId: 'known-session', reconnectPeriod: 0 });
    await known.subscribeAsync(commands('known'), { qos: 1 });
    await known.endAsync();

    const busy = await here.connect('busy');
    clients.push(busy);
    let taken = 0;
    const publishOn = async () => {
      while (busy.connected) {
        const values = { power_w: taken };
        await busy.publishAsync('forpost/devices/busy/readings', JSON.stringify({ values }), { qos: 1 });
        taken++;
      }
    };
    for (let i = 0; i < 8; i++) void publishOn().catch(() => undefined);
    await until('the disk is busy', () => taken >= 16);

    const first = [...newcomers.map((device) => connect(here, device, { clean: false })), connect(here, 'known', {})];
    expect(await Promise.all(first)).toEqual([false, false, false, false, false]);
    await here.gateway?.kill();
    await here.startGateway();

    const again = [...newcomers, 'known'].map((device) => connect(here, device, { clean: false }));
    expect(await Promise.all(again)).toEqual([true, true, true, true, false]);
  },
);
