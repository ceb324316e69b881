import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import mqtt from 'mqtt';
import { afterEach, expect, onTestFinished, test } from 'vitest';
import type { BrokerOptions } from './broker.ts';
import type { Knock, KnockerPublish, QuarantinedClient } from './knock.ts';
import type { Refused } from './refused-clients.ts';
import {
  Bench,
  connectPacket,
  field,
  framed,
  pingPacket,
  publishPacket,
  pubrelPacket,
  subscribePacket,
} from './testing/broker.ts';

let bench: Bench;
afterEach(() => bench.stop());

interface Seen {
  readonly knock: Knock;
  readonly client: QuarantinedClient;
  readonly published: (Omit<KnockerPublish, 'payload'> & { readonly text: string })[];
  closed: boolean;
}

/** A broker whose pairing window is open, and the unknown clients that the window sees. */
async function start(change: Partial<BrokerOptions> = {}) {
  const seen: Seen[] = [];
  const refused: Refused[] = [];
  bench = new Bench({
    acquaintance: { recall: () => undefined, idOf: (user) => (user === 'meter' ? user : undefined) },
    onRefused: (one) => refused.push(one),
    onKnock: (knock) => (client) => {
      const one: Seen = { knock, client, published: [], closed: false };
      seen.push(one);
      return {
        published: ({ payload, ...rest }) => one.published.push({ ...rest, text: Buffer.from(payload).toString() }),
        subscribed: () => undefined,
        closed: () => {
          one.closed = true;
        },
      };
    },
    ...change,
  });
  await bench.broker.start();
  return { seen, refused };
}

const soon = <T>(what: () => T) => expect.poll(what, { timeout: 10_000, interval: 5 });
const wrong = { password: 'unknown' } as const;

test('an unknown client connects while the window is open; the pairing sees its publishes, nobody else does', async () => {
  const { seen, refused } = await start();
  const heard: string[] = [];
  const panel = await bench.connected('panel');
  panel.on('message', (topic) => heard.push(topic));
  await panel.subscribeAsync('forpost/#');
  const client = await bench.raw();
  client.send(
    connectPacket('stranger', {
      ...wrong,
      clientId: 'plug',
      will: { topic: 'forpost/devices/meter/status', payload: 'gone' },
    }),
    publishPacket('forpost/devices/meter/readings', '{"values":{"power_w":1}}', 0),
    publishPacket('forpost/alerts/fire/meter', 'now', 0, 0, false, true),
  );
  await soon(() => seen[0]?.published.map(({ topic, text, retain }) => [topic, text, retain])).toEqual([
    ['forpost/devices/meter/readings', '{"values":{"power_w":1}}', false],
    ['forpost/alerts/fire/meter', 'now', true],
  ]);
  expect(client.packets()).toEqual([['connack', 0]]);
  expect(seen[0]?.knock).toMatchObject({
    clientId: 'plug',
    user: 'stranger',
    address: '127.0.0.1',
    version: '3.1.1',
    isEncrypted: false,
    principal: null,
    will: { topic: 'forpost/devices/meter/status' },
  });
  expect(Buffer.from(seen[0]?.knock.password ?? []).toString()).toBe('unknown');
  client.socket.destroy();
  await soon(() => seen[0]?.closed).toBe(true);
  // no subscriber gets its messages or its will, and no message of it is retained
  await panel.publishAsync('forpost/devices/meter/commands', 'x', { qos: 1 });
  const later = await bench.connected('panel', { clientId: 'panel-2' });
  later.on('message', (topic) => heard.push(topic));
  await later.subscribeAsync('forpost/#');
  await panel.publishAsync('forpost/devices/meter/commands', 'y', { qos: 1 });
  await soon(() => heard.filter((topic) => topic.endsWith('/commands')).length).toBe(3);
  expect(new Set(heard)).toEqual(new Set(['forpost/devices/meter/commands']));
  expect(bench.admitted).toEqual([]);
  expect(bench.connections).toEqual([]);
  expect(refused).toEqual([]);
  expect(bench.broker.counters().failedLogins).toBe(0);
});

test('a publish of an unknown client with QoS 1 or 2 is not acknowledged, because it is on no disk', async () => {
  const { seen } = await start();
  const client = await bench.raw();
  client.send(
    connectPacket('stranger', wrong),
    publishPacket('a/1', 'x', 1, 1),
    publishPacket('a/2', 'y', 2, 2),
    pubrelPacket(2),
    pingPacket,
  );
  await soon(() => client.packets().map(([type]) => type)).toEqual(['connack', 'pingresp']);
  expect(seen[0]?.published.map(({ qos }) => qos)).toEqual([1, 2]);
});

test('an unknown client’s subscriptions are granted, and only the questions of the pairing reach it', async () => {
  const { seen } = await start();
  const client = await bench.raw();
  client.send(connectPacket('stranger', wrong), subscribePacket(7, '#', 2));
  await soon(() => client.packets()).toContainEqual(['suback', 7]);
  const panel = await bench.connected('panel');
  await panel.publishAsync('forpost/devices/meter/commands', 'off', { qos: 1 });
  bench.broker.publish('forpost/alerts/fire/meter', 'now', { qos: 0, retain: true });
  expect(seen[0]?.client.send('cmnd/plug/STATUS', '0')).toBe(true);
  await soon(() => client.whole('publish').length).toBe(1);
  expect(client.whole('publish')[0]?.toString('latin1')).toContain('cmnd/plug/STATUS');
  const narrow = await bench.raw();
  narrow.send(connectPacket('narrow-stranger', wrong), subscribePacket(1, 'cmnd/mine/#', 0));
  await soon(() => narrow.packets()).toContainEqual(['suback', 1]);
  expect(seen[1]?.client.send('cmnd/other/STATUS', '0')).toBe(false);
});

test('a client without user name and password, and a known user with a wrong password, enter quarantine too', async () => {
  const { seen } = await start();
  const anonymous = await bench.raw();
  anonymous.send(framed(0x10, field('MQTT'), Buffer.from([4, 2, 0, 60]), field('nobody')));
  await soon(() => seen.length).toBe(1);
  expect(seen[0]?.knock).toMatchObject({ clientId: 'nobody', user: undefined, password: undefined });
  const modern = await bench.connected('meter', {
    ...wrong,
    protocolVersion: 5,
    properties: { sessionExpiryInterval: 60 },
  });
  expect(seen[1]?.knock).toMatchObject({ user: 'meter', principal: 'meter', version: '5' });
  const closed = new Promise<number | undefined>((resolve) =>
    modern.once('disconnect', ({ reasonCode }) => resolve(reasonCode)),
  );
  seen[1]?.client.end();
  expect(await closed).toBe(0x98);
  await soon(() => seen[1]?.closed).toBe(true);
  // a right log-in does not enter quarantine
  await bench.connected('meter');
  expect(seen).toHaveLength(2);
});

test('an unknown client connects over TLS and WebSocket too, and the pairing knows whether it uses TLS', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'forpost-quarantine-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const [key, certificate] = [join(folder, 'key.pem'), join(folder, 'certificate.pem')];
  const made = ['-newkey', 'rsa:2048', '-nodes', '-days', '2', '-subj', '/CN=localhost'];
  execFileSync('openssl', ['req', '-x509', ...made, '-keyout', key, '-out', certificate], { stdio: 'ignore' });
  const { seen } = await start({
    mqtt: { tls: { key, certificate }, websocket: {} },
    ports: { plain: 0, tls: 0, webSocket: 0, webSocketTls: 0 },
  });
  const { tlsPort, webSocketPort, webSocketTlsPort } = bench.broker;
  const webSockets = [`ws://127.0.0.1:${webSocketPort}/mqtt`, `wss://127.0.0.1:${webSocketTlsPort}/mqtt`];
  for (const url of [`mqtts://127.0.0.1:${tlsPort}`, ...webSockets]) {
    const options = { clientId: url, username: 'stranger', password: 'unknown', reconnectPeriod: 0 } as const;
    const client = await mqtt.connectAsync(url, { ...options, rejectUnauthorized: false });
    onTestFinished(() => void client.end(true));
    client.publish('a/b', 'x');
  }
  await soon(() => seen.map(({ knock, published }) => [knock.isEncrypted, published.length])).toEqual([
    [true, 1],
    [false, 1],
    [true, 1],
  ]);
});

test('while the window is closed an unknown client is refused and counted', async () => {
  const { refused } = await start({ onKnock: () => undefined });
  const client = await bench.raw();
  client.send(connectPacket('stranger', wrong));
  await soon(() => client.closed).toBe(true);
  expect(client.whole('connack')[0]).toEqual(Buffer.from([0, 5]));
  expect(refused.map(({ kind }) => kind)).toEqual(['stranger']);
  expect(bench.broker.counters().failedLogins).toBe(1);
});

test('an unknown client that breaks the protocol, sends too much or falls silent is closed; a meter stays connected', async () => {
  const { seen } = await start();
  const meter = await bench.connected('meter');
  const broken = await bench.raw();
  broken.send(connectPacket('stranger', { ...wrong, clientId: 'broken' }), Buffer.from([0x30, 2, 0, 9]));
  const large = await bench.raw();
  large.send(connectPacket('stranger', { ...wrong, clientId: 'large' }), Buffer.from([0x30, 0xff, 0xff, 0x7f]));
  const silent = await bench.raw();
  silent.send(connectPacket('stranger', { ...wrong, clientId: 'silent', keepAliveS: 1 }));
  for (const client of [broken, large, silent]) await soon(() => client.closed).toBe(true);
  await soon(() => seen.every(({ closed }) => closed)).toBe(true);
  await meter.publishAsync('forpost/devices/meter/readings', '{"values":{"power_w":1}}', { qos: 1 });
  expect(bench.admitted).toHaveLength(1);
});
