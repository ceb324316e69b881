import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { type IncomingMessage, request } from 'node:http';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import mqtt, { type MqttClient } from 'mqtt';
import { afterEach, describe, expect, onTestFinished, test } from 'vitest';
import { WebSocket } from 'ws';
import type { BrokerOptions } from './broker.ts';
import { Bench, connectPacket, password, pingPacket, publishPacket, subscribePacket } from './testing/broker.ts';

let bench: Bench;
const clients: MqttClient[] = [];
const sockets: { terminate(): void }[] = [];
afterEach(async () => {
  for (const client of clients.splice(0)) client.end(true);
  for (const socket of sockets.splice(0)) socket.terminate();
  await bench.stop();
});

async function start(change: Partial<BrokerOptions> = {}): Promise<number> {
  const { mqtt: settings, ...rest } = change;
  bench = new Bench({
    mqtt: { websocket: {}, ...settings },
    ports: { plain: 0, tls: 0, webSocket: 0, webSocketTls: 0 },
    ...rest,
  });
  await bench.broker.start();
  return bench.broker.webSocketPort ?? 0;
}

async function connected(url: string, user: string, more: object = {}): Promise<MqttClient> {
  const client = mqtt.connect(url, { username: user, password, clientId: user, reconnectPeriod: 0, ...more });
  clients.push(client);
  await new Promise<void>((resolve, reject) => client.once('connect', () => resolve()).once('error', reject));
  return client;
}

interface Peer {
  readonly socket: WebSocket;
  readonly bytes: () => Buffer;
  readonly closed: () => number | undefined;
  readonly opened: Promise<void>;
}

/** A WebSocket on which the test sends each frame itself. */
function peer(port: number, more: { protocol?: string; path?: string; headers?: Record<string, string> } = {}): Peer {
  const { protocol = 'mqtt', path = '/mqtt', headers = {} } = more;
  const socket = new WebSocket(`ws://127.0.0.1:${port}${path}`, protocol === '' ? [] : [protocol], { headers });
  sockets.push(socket);
  const received: Buffer[] = [];
  let code: number | undefined;
  socket.on('message', (data: Buffer) => received.push(data));
  socket.on('close', (status) => {
    code = status;
  });
  const opened = new Promise<void>((resolve, reject) => socket.once('open', () => resolve()).once('error', reject));
  socket.on('error', () => undefined);
  opened.catch(() => undefined);
  return { socket, bytes: () => Buffer.concat(received), closed: () => code, opened };
}

const soon = (read: () => unknown) => expect.poll(read, { timeout: 20_000, interval: 5 });
const connack = Buffer.from([0x20, 2, 0, 0]);
const readings = 'forpost/devices/meter/readings';

describe('MQTT over WebSocket', () => {
  test('MQTT.js over ws:// connects, publishes and subscribes, and its will is published when its connection is lost', async () => {
    const port = await start();
    const panel = await connected(`ws://127.0.0.1:${port}/mqtt`, 'panel');
    const heard: string[] = [];
    panel.on('message', (topic, payload) => heard.push(`${topic} ${payload.toString().slice(0, 20)}`));
    await panel.subscribeAsync('forpost/#', { qos: 1 });
    const will = {
      topic: 'forpost/devices/meter/status',
      payload: Buffer.from('offline'),
      qos: 1 as const,
      retain: true,
    };
    const meter = await connected(`ws://127.0.0.1:${port}`, 'meter', { will });
    await meter.publishAsync(readings, 'one', { qos: 1 });
    await meter.publishAsync(readings, 'two', { qos: 2 });
    await meter.publishAsync(readings, 'x'.repeat(200_000), { qos: 1 });
    meter.end(true);
    await soon(() => heard).toEqual([
      ...[`${readings} one`, `${readings} two`, `${readings} ${'x'.repeat(20)}`],
      'forpost/devices/meter/status offline',
    ]);
    expect(bench.admitted.map(({ text }) => text.length)).toEqual([3, 3, 200_000, 7]);
    expect(bench.connections).toEqual(['+meter', '-meter']);
  });

  test('MQTT.js connects over wss:// with the certificate of the MQTT listener', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'forpost-wss-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const [key, certificate] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
    const made = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-subj', '/CN=localhost'];
    execFileSync('openssl', ['req', '-x509', ...made, '-keyout', key, '-out', certificate], { stdio: 'ignore' });
    await start({ mqtt: { websocket: {}, tls: { certificate, key, host: '127.0.0.1' } } });
    const url = `wss://127.0.0.1:${bench.broker.webSocketTlsPort}/mqtt`;
    const meter = await connected(url, 'meter', { rejectUnauthorized: false });
    await meter.publishAsync(readings, 'one', { qos: 1 });
    expect(bench.admitted.map(({ text }) => text)).toEqual(['one']);
    expect(bench.broker.counters().lobby.waiting).toBe(0);
  });

  test('packets may be split, joined and fragmented over WebSocket frames', async () => {
    const port = await start();
    const { socket, bytes, opened } = peer(port);
    await opened;
    for (const byte of connectPacket('panel')) socket.send(Buffer.from([byte]));
    await soon(() => bytes().subarray(0, 4)).toEqual(connack);
    socket.send(Buffer.concat([subscribePacket(1, 'forpost/#', 0), pingPacket, pingPacket.subarray(0, 1)]));
    socket.send(pingPacket.subarray(1));
    const publish = publishPacket('forpost/devices/meter/commands', 'go', 1, 7);
    socket.send(publish.subarray(0, 3), { fin: false });
    socket.send(publish.subarray(3, 9), { fin: false });
    socket.send(Buffer.alloc(0), { fin: false });
    socket.send(publish.subarray(9), { fin: true });
    await soon(() => bytes().toString('hex')).toMatch(/^20020000.*9003000100.*d000.*d000.*40020007/);
    await soon(() => bytes().toString()).toContain('go');
  });

  test.each([
    ['a text frame', (socket: WebSocket) => socket.send('MQTT')],
    [
      'a text frame behind the log-in',
      (socket: WebSocket) => {
        socket.send(connectPacket('meter'));
        socket.send('MQTT');
      },
    ],
    [
      'a packet that is too long',
      (socket: WebSocket) => {
        socket.send(connectPacket('meter'));
        socket.send(publishPacket(readings, 'x'.repeat(300_000), 1, 1));
      },
    ],
    [
      'a message of many megabytes',
      (socket: WebSocket) => {
        socket.send(connectPacket('meter'));
        socket.send(Buffer.alloc(16 * 2 ** 20));
      },
    ],
    ['bytes that are not MQTT', (socket: WebSocket) => socket.send(Buffer.from('GET / HTTP/1.1'))],
    ['an invalid frame', (socket: WebSocket) => rawSocket(socket).write(Buffer.from([0xff, 0xff, 0xff, 0xff]))],
  ])('%s ends its own connection only', async (_, send) => {
    const port = await start();
    const other = await connected(`ws://127.0.0.1:${port}`, 'other');
    const { socket, closed, opened } = peer(port);
    await opened;
    send(socket);
    await soon(closed).toBeDefined();
    await other.publishAsync('forpost/devices/other/readings', 'still here', { qos: 1 });
    await soon(() => bench.broker.sizes().sockets).toBe(1);
  });

  test('a connection with an incomplete frame is closed when its time for the log-in passes', async () => {
    const port = await start({ limits: { connectTimeoutMs: 1500 } });
    const { socket, closed, opened } = peer(port);
    await opened;
    const raw = rawSocket(socket);
    // a masked binary frame of 1 MiB without its end
    raw.write(Buffer.from([0x82, 0xff, 0, 0, 0, 0, 0, 0x10, 0, 0, 1, 2, 3, 4]));
    raw.write(Buffer.alloc(2 ** 20 - 1));
    await soon(closed).toBeDefined();
    expect(bench.broker.counters()).toMatchObject({ lobby: { late: 1, waiting: 0 } });
  });

  test('a hundred incomplete frames of a megabyte before log-in take no memory for their content', async () => {
    const port = await start();
    const peers = Array.from({ length: 100 }, () => peer(port));
    await Promise.all(peers.map(({ opened }) => opened));
    const before = process.memoryUsage().arrayBuffers;
    const rest = Buffer.alloc(2 ** 20 - 1);
    const header = Buffer.from([0x82, 0xff, 0, 0, 0, 0, 0, 0x10, 0, 0, 1, 2, 3, 4]);
    await Promise.race([
      // the bytes are in the system's buffers, or wait because the gateway stops reading
      Promise.all(
        peers.map(
          ({ socket }) =>
            new Promise((sent) => rawSocket(socket).write(header, () => rawSocket(socket).write(rest, sent))),
        ),
      ),
      new Promise((passed) => setTimeout(passed, 3000)),
    ]);
    const meter = await connected(`ws://127.0.0.1:${port}`, 'meter');
    await meter.publishAsync(readings, 'one', { qos: 1 });
    expect((process.memoryUsage().arrayBuffers - before) / 2 ** 20).toBeLessThan(40);
  });

  test('a device that sends many packets right after CONNECT loses none of them', async () => {
    const port = await start();
    const { socket, bytes, opened } = peer(port);
    await opened;
    socket.send(connectPacket('meter'));
    const count = 20;
    for (let id = 1; id <= count; id++) socket.send(publishPacket(readings, 'x'.repeat(100_000), 1, id));
    await soon(() => bytes().length).toBe(4 + 4 * count);
    expect(bench.admitted).toHaveLength(count);
  });

  test('a client that sends frames of one byte each does not delay other clients', async () => {
    const port = await start();
    const { socket, bytes, opened } = peer(port);
    await opened;
    socket.send(connectPacket('meter'));
    await soon(() => bytes()).toEqual(connack);
    const publish = publishPacket(readings, 'x'.repeat(5000), 0);
    const frames = [...publish].map((byte) => Buffer.from([0x82, 0x81, 0, 0, 0, 0, byte]));
    let turns = 0;
    const count = () => {
      if (bench.admitted.length > 0) return;
      turns++;
      setImmediate(count);
    };
    count();
    rawSocket(socket).write(Buffer.concat(frames));
    await soon(() => bench.admitted.map(({ text }) => text.length)).toEqual([5000]);
    // other clients are served meanwhile
    expect(turns).toBeGreaterThan(2500);
  });

  test('silent connections are limited for each address, as over TCP', async () => {
    const port = await start({ limits: { most: 30, mostByAddress: 20 } });
    const silent = Array.from({ length: 50 }, () => connect(port, '127.0.0.1').on('error', () => undefined));
    onTestFinished(() => {
      for (const socket of silent) socket.destroy();
    });
    await soon(() => bench.broker.counters().lobby.pushedOut).toBe(30);
    expect(bench.broker.counters().lobby.waiting).toBe(20);
    await connected(`ws://127.0.0.1:${port}`, 'meter');
  });
});

describe('the request for a WebSocket', () => {
  test.each([
    ['another subprotocol', 400, { protocol: 'chat' }],
    ['no subprotocol', 400, { protocol: '' }],
    ['another path', 404, { path: '/api' }],
    ['the origin of another host', 403, { headers: { origin: 'https://evil.example.org' } }],
    ['an origin without a host', 403, { headers: { origin: 'null' } }],
  ])('with %s is refused with the reason', async (_, status, more) => {
    const port = await start();
    await expect(peer(port, more).opened).rejects.toThrow(String(status));
    await soon(() => bench.broker.counters().lobby.waiting).toBe(0);
  });

  test('from the gateway’s own and the configured origins is accepted, also with the old subprotocol mqttv3.1', async () => {
    const port = await start({ mqtt: { websocket: { origins: ['https://dash.example.org'] } } });
    for (const origin of ['http://127.0.0.1:8080', 'https://dash.example.org'])
      await peer(port, { headers: { origin } }).opened;
    const old = peer(port, { protocol: 'mqttv3.1', path: '/' });
    await old.opened;
    expect(old.socket.protocol).toBe('mqttv3.1');
  });

  test('for compression is not granted', async () => {
    const port = await start();
    const { socket, opened } = peer(port);
    await opened;
    expect(socket.extensions).toBe('');
  });

  test('without an upgrade is answered with a hint at MQTT over WebSocket', async () => {
    const port = await start();
    const answer = await new Promise<IncomingMessage>((resolve, reject) =>
      request({ port, host: '127.0.0.1', path: '/mqtt' }, resolve).on('error', reject).end(),
    );
    answer.resume();
    expect(answer.statusCode).toBe(426);
    await soon(() => bench.broker.counters().lobby.waiting).toBe(0);
  });
});

function rawSocket(socket: WebSocket): Socket {
  return (socket as unknown as { _socket: Socket })._socket;
}
