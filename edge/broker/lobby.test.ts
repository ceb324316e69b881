import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect as connectTls } from 'node:tls';
import pino from 'pino';
import { afterEach, describe, expect, test } from 'vitest';
import type { BrokerOptions } from './broker.ts';
import { Bench, connectPacket, publishPacket, RawClient } from './testing/broker.ts';

let bench: Bench;
const sockets: Socket[] = [];
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  await bench.stop();
});

async function start(change: Partial<BrokerOptions> = {}): Promise<string[]> {
  const lines: string[] = [];
  const logger = pino({ level: 'warn' }, { write: (line) => void lines.push(JSON.parse(line).msg) });
  bench = new Bench({ logger, ...change });
  await bench.broker.start();
  return lines;
}

const lobby = () => bench.broker.counters().lobby;

/** A connection from the given loopback address. */
async function from(localAddress: string, ...bytes: Buffer[]): Promise<RawClient> {
  const socket = connect({ host: '127.0.0.1', port: bench.broker.port, localAddress });
  sockets.push(socket);
  await new Promise<void>((resolve, reject) => socket.once('connect', resolve).once('error', reject));
  const client = new RawClient(socket);
  client.send(...bytes);
  return client;
}

const soon = (read: () => unknown) => expect.poll(read, { timeout: 20_000, interval: 5 });
const half = (bytes: number) => Buffer.concat([Buffer.from([0x10, 0x80, 0x80, 0x02]), Buffer.alloc(bytes)]);

describe('connections before log-in', () => {
  test('a new client gets in although silent connections fill the limit of its address or of the lobby', async () => {
    const lines = await start({ limits: { most: 50, mostByAddress: 40 } });
    const silent = await Promise.all(Array.from({ length: 120 }, () => from('127.0.0.66')));
    await soon(() => lobby().pushedOut).toBe(80);
    expect(lobby().waiting).toBe(40);
    for (const address of ['127.0.0.7', '127.0.0.66']) {
      const device = await from(address, connectPacket('meter', { clientId: address }));
      await soon(() => device.packets()).toEqual([['connack', 0]]);
    }
    // the oldest connection was closed first
    await soon(() => silent.findIndex(({ closed }) => !closed)).toBeGreaterThanOrEqual(80);
    expect(lines.filter((line) => line.startsWith('127.0.0.66 has too many connections'))).toHaveLength(1);
  });

  test('a full lobby closes a connection of the address with the most connections to admit a new one', async () => {
    await start({ limits: { most: 60, mostByAddress: 50 } });
    await Promise.all(Array.from({ length: 40 }, () => from('127.0.0.66')));
    const few = await Promise.all(Array.from({ length: 20 }, () => from('127.0.0.8')));
    await soon(() => lobby().waiting).toBe(60);
    const device = await from('127.0.0.7', connectPacket('meter'));
    await soon(() => device.packets()).toEqual([['connack', 0]]);
    expect(few.some(({ closed }) => closed)).toBe(false);
  });

  test('beyond a burst, 250 log-ins a second are handled, and every one is answered', async () => {
    await start({ limits: { maxConnectionsEach: 1000 } });
    const begun = performance.now();
    const storm = await Promise.all(
      Array.from({ length: 450 }, (_, i) => from('127.0.0.66', connectPacket('meter', { clientId: `storm-${i}` }))),
    );
    await soon(() => storm.filter((client) => client.packets().length > 0).length).toBe(450);
    expect(performance.now() - begun).toBeGreaterThan(400 * 4 * 0.95);
  });

  test('2,500 devices that reconnect at once all keep their connections', async () => {
    await start({ limits: { maxConnectionsEach: 3000 } });
    const devices = Array.from({ length: 2500 }, (_, n) => {
      const packet = connectPacket('meter', { clientId: `back-${n}` });
      return from(`127.2.${(n % 50) + 1}.1`, packet);
    });
    await Promise.all(devices);
    await soon(() => lobby().waiting + bench.broker.counters().connections).toBeGreaterThanOrEqual(2500);
    expect(lobby()).toMatchObject({ refused: 0, pushedOut: 0 });
  });

  test('incomplete CONNECTs take bounded memory, for one address and for all addresses together', async () => {
    await start({ limits: { mostBytes: 300_000, mostBytesByAddress: 200_000 } });
    await Promise.all(Array.from({ length: 30 }, () => from('127.0.0.66', half(20_000))));
    await soon(() => lobby().pushedOut).toBeGreaterThanOrEqual(20);
    expect(lobby().waiting).toBeLessThanOrEqual(10);
    await Promise.all(Array.from({ length: 30 }, (_, i) => from(`127.0.1.${i + 1}`, half(20_000))));
    await soon(() => lobby().pushedOut).toBeGreaterThanOrEqual(45);
    expect(lobby().waiting * 20_000).toBeLessThanOrEqual(300_000);
    const device = await from('127.0.0.66', connectPacket('meter'));
    await soon(() => device.packets()).toEqual([['connack', 0]]);
  });

  test('a connection that completes no CONNECT in time is closed, even if it keeps sending single bytes', async () => {
    const lines = await start({ limits: { connectTimeoutMs: 300 } });
    const drops = await from('127.0.0.66', connectPacket('meter').subarray(0, 5));
    const timer = setInterval(() => drops.send(Buffer.from([0])), 50);
    await from('127.0.0.67');
    await soon(() => lobby().late).toBe(2);
    clearInterval(timer);
    expect(lines.sort()).toEqual([
      '127.0.0.66 sent no whole CONNECT for 0.3 s',
      '127.0.0.67 sent no whole CONNECT for 0.3 s',
    ]);
  });

  test.each([
    [
      'TLS to the plain port',
      Buffer.from('\x16\x03\x01\x02\x00\x01', 'latin1'),
      /TLS handshake to the port without TLS/,
    ],
    ['HTTP', Buffer.from('GET / HTTP/1.1\r\n\r\n'), /something else than a CONNECT/],
    ['a CONNECT of 100 kB', Buffer.from([0x10, 0xa0, 0x8d, 0x06]), /65536 are allowed/],
    ['a length that does not end', Buffer.from([0x10, 0xff, 0xff, 0xff, 0xff]), /something else|are allowed/],
  ])('a connection that begins with %s is closed at once, and the log says why', async (_what, bytes, message) => {
    const lines = await start();
    const client = await from('127.0.0.66', bytes);
    await soon(() => client.closed).toBe(true);
    expect(lobby()).toMatchObject({ notMqtt: 1, waiting: 0 });
    expect(lines).toEqual([expect.stringMatching(message)]);
  });

  test('a CONNECT in several chunks with publishes after it is handled like one in a single chunk', async () => {
    await start();
    const packets = Buffer.concat([
      connectPacket('meter', { will: { topic: 'forpost/devices/meter/state', payload: 'x'.repeat(30_000) } }),
      publishPacket('forpost/devices/meter/readings', 'one', 1, 1),
      publishPacket('forpost/devices/meter/readings', 'two', 1, 2),
    ]);
    const client = await from('127.0.0.7');
    for (let at = 0; at < packets.length; at += at < 10 ? 1 : 5000) {
      client.send(packets.subarray(at, at + (at < 10 ? 1 : 5000)));
      await new Promise((resolve) => setImmediate(resolve));
    }
    await soon(() => client.packets()).toEqual([
      ['connack', 0],
      ['puback', 1],
      ['puback', 2],
    ]);
    expect(bench.admitted.map(({ text }) => text)).toEqual(['one', 'two']);
    expect(lobby().waiting).toBe(0);
  });

  test('one address may have a limited number of log-ins under way, and other addresses still get in', async () => {
    const principal = { kind: 'device', id: 'meter', publish: [], subscribe: [] } as const;
    const meter = { principal, credential: 'right' };
    await start({
      limits: { most: 40, mostByAddress: 30 },
      authenticate: (user) => (user === 'meter' ? Promise.resolve(meter) : new Promise(() => undefined)),
      acquaintance: {
        recall: (user) => (user === 'meter' ? meter : undefined),
        idOf: (user) => user,
      },
    });
    for (let i = 0; i < 60; i++) await from('127.0.0.66', connectPacket(`u${i}`));
    for (let i = 0; i < 60; i++) await from('127.0.0.67', connectPacket(`v${i}`));
    await soon(() => lobby().refused + lobby().pushedOut).toBeGreaterThanOrEqual(80);
    expect(lobby().waiting).toBeLessThanOrEqual(40);
    const device = await from('127.0.0.7', connectPacket('meter'));
    await soon(() => device.packets()).toEqual([['connack', 0]]);
  });

  test('beyond the limit of connected clients the next client is put off without CONNACK, so that it tries again', async () => {
    const lines = await start({ limits: { maxConnections: 2 } });
    for (const id of ['a', 'b']) await bench.connected('meter', { clientId: id });
    await expect(bench.connected('other')).rejects.toThrow('closed');
    expect(lines).toEqual(['2 clients are connected: no more are let in']);
  });

  test('connections that stall before or in their TLS handshake keep no client out', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'forpost-tls-'));
    try {
      const [key, certificate] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
      const made = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-subj', '/CN=localhost'];
      execFileSync('openssl', ['req', '-x509', ...made, '-keyout', key, '-out', certificate], { stdio: 'ignore' });
      await start({
        mqtt: { tls: { certificate, key, host: '127.0.0.1' } },
        limits: { most: 50, mostByAddress: 40 },
      });
      const port = bench.broker.tlsPort ?? 0;
      const raw = async (localAddress: string) => {
        const socket = connect({ host: '127.0.0.1', port, localAddress });
        sockets.push(socket.on('error', () => undefined));
        await new Promise((resolve) => socket.once('connect', resolve));
        return socket;
      };
      for (let i = 0; i < 60; i++) await raw('127.0.0.66');
      for (let i = 0; i < 60; i++) (await raw('127.0.0.67')).write(Buffer.from([0x16, 3, 1, 2, 0, 1]));
      await soon(() => lobby().waiting).toBeLessThanOrEqual(50);
      for (const address of ['127.0.0.7', '127.0.0.66']) {
        const tls = connectTls({ socket: await raw(address), rejectUnauthorized: false });
        sockets.push(tls);
        const device = new RawClient(tls);
        device.send(connectPacket('meter', { clientId: address }));
        await soon(() => device.packets()).toEqual([['connack', 0]]);
      }
      for (const socket of sockets) socket.destroy();
      await soon(() => lobby().waiting).toBe(0);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
