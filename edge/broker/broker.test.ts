/** The limits of the broker, and its start and stop. */
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLogger } from '@forpost/shared/logging.ts';
import { describe, expect, test } from 'vitest';
import { Bench, connectPacket, publishPacket, type RawClient } from './testing/broker.ts';
import {
  admitted,
  after,
  bench,
  brokerForEachTest,
  closing,
  loggedIn,
  readings,
  soon,
  start,
} from './testing/started-broker.ts';

brokerForEachTest();

describe('limits', () => {
  test('an oversized packet before CONNECT ends the connection at its fixed header', async () => {
    const raw = await bench.raw();
    raw.socket.write(Buffer.from([0x10, 0xff, 0xff, 0xff, 0x7f]));
    await soon(() => raw.closed).toBe(true);
    expect(bench.broker.counters()).toMatchObject({ oversized: 1 });
  });

  test('a publish of exactly max_packet_bytes is admitted; one byte more ends the connection', async () => {
    await start({ mqtt: { max_packet_bytes: 4096 } });
    const meter = await bench.connected('meter');
    await meter.publishAsync(readings, 'x'.repeat(4000), { qos: 1 });
    const closed = closing(meter);
    meter.publish(readings, 'x'.repeat(4100), { qos: 1 }, () => undefined);
    await closed;
    expect(admitted().map((text) => text.length)).toEqual([4000]);
  });

  test('a device may not open more connections than the limit', async () => {
    await start({ limits: { maxConnectionsEach: 2 } });
    for (const clientId of ['a', 'b']) await bench.connected('meter', { clientId });
    await expect(bench.connected('meter', { clientId: 'c' })).rejects.toThrow('closed');
    await bench.connected('other');
  });

  test('a persistent session needs a client id', async () => {
    const raw = await bench.raw();
    raw.send(connectPacket('meter', { clientId: '', clean: false }));
    await soon(() => raw.packets()).toEqual([['connack', 2]]);
    await soon(() => raw.closed).toBe(true);
  });

  test('a connection that sends no CONNECT is closed', async () => {
    await start({ limits: { connectTimeoutMs: 50 } });
    const raw = await bench.raw();
    await soon(() => raw.closed).toBe(true);
  });

  test('bytes that are not MQTT end their own connection only', async () => {
    const meter = await bench.connected('meter');
    for (const bytes of [
      'GET / HTTP/1.1\r\n\r\n',
      '\x16\x03\x01\x02\x00\x01',
      '\x10\x02\x00\x00',
      '\xff'.repeat(100),
    ]) {
      const raw = await bench.raw();
      raw.socket.end(Buffer.from(bytes, 'latin1'));
      await soon(() => raw.closed).toBe(true);
    }
    await meter.publishAsync(readings, 'still here', { qos: 1 });
  });

  test('a thousand connections that open and close leave no state', async () => {
    for (let i = 0; i < 1000; i += 50)
      await Promise.all(
        Array.from({ length: 50 }, async (_, k) => {
          const raw = await bench.raw();
          raw.send(
            connectPacket(k % 2 === 0 ? 'meter' : 'other', { clientId: `c${k % 10}`, clean: true }),
            publishPacket(k % 2 === 0 ? readings : 'forpost/devices/other/readings', 'x', k % 3 === 0 ? 2 : 1, 1),
          );
          await soon(() => raw.closed || after(raw).length > 0).toBe(true);
          raw.socket.destroy();
        }),
      );
    await soon(() => bench.broker.sizes()).toEqual({
      sockets: 0,
      principals: 0,
      sessions: 0,
      queued: 0,
      retained: 0,
      inbound: 0,
    });
    expect(bench.broker.counters()).toMatchObject({ connectionsTotal: 1000, connections: 0 });
  });
});

describe('start and stop', () => {
  test('a port in use is reported in one sentence with the port and its setting', async () => {
    const other = createServer();
    other.listen(0, '127.0.0.1');
    await once(other, 'listening');
    const { port } = other.address() as { port: number };
    const second = new Bench({ mqtt: { port }, ports: {} });
    await expect(second.broker.start()).rejects.toMatchObject({
      code: 'FORPOST_PORT_TAKEN',
      message: expect.stringMatching(new RegExp(`^127\\.0\\.0\\.1:${port} is taken .*mqtt\\.port`)),
    });
    await second.stop();
    other.close();
  });

  test('MQTT without TLS listens beyond loopback only if the configuration allows it', async () => {
    const open = new Bench({ mqtt: { host: '0.0.0.0' } });
    await expect(open.broker.start()).rejects.toMatchObject({
      code: 'FORPOST_CONFIG_INVALID',
      message: expect.stringContaining('mqtt.allow_plaintext'),
    });
    await start({ mqtt: { host: '0.0.0.0', allow_plaintext: true } });
    await bench.connected('meter');
  });

  test('with a certificate the broker listens with TLS on the network and without TLS on loopback', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'forpost-tls-'));
    const [certificate, key] = [join(folder, 'cert.pem'), join(folder, 'key.pem')];
    makeCertificate(certificate, key);
    await start({ mqtt: { tls: { certificate, key, host: '127.0.0.1' } } });
    const port = bench.broker.tlsPort;
    const meter = await bench.connected('meter', { protocol: 'mqtts', port: port!, rejectUnauthorized: false });
    await meter.publishAsync(readings, 'sealed', { qos: 1 });
    expect(admitted()).toEqual(['sealed']);
    const cbc = { maxVersion: 'TLSv1.2', ciphers: 'ECDHE-ECDSA-AES128-SHA256' } as const;
    const old = bench.connected('other', { protocol: 'mqtts', port: port!, rejectUnauthorized: false, ...cbc });
    await expect(old).rejects.toThrow(/handshake/);
    const plain = await bench.raw(port);
    plain.send(connectPacket('meter'));
    await soon(() => plain.closed).toBe(true);
    expect(plain.packets().filter(([type]) => type === 'connack')).toEqual([]);
    rmSync(folder, { recursive: true });
  });

  test('without its certificate the broker starts without TLS and reports it; a reload with the certificate starts TLS', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'forpost-tls-'));
    const [certificate, key] = [join(folder, 'cert.pem'), join(folder, 'key.pem')];
    await start({ mqtt: { tls: { certificate, key, host: '127.0.0.1' } } });
    const plain = await bench.connected('meter');
    await plain.publishAsync(readings, 'plain', { qos: 1 });
    expect(bench.broker.problems()).toEqual([
      `mqtt.tls: ${certificate} is not there: this port refuses connections until the file can be read; no restart is needed`,
    ]);
    const sealed = () =>
      bench.connected('other', { protocol: 'mqtts', port: bench.broker.tlsPort!, rejectUnauthorized: false });
    await expect(sealed()).rejects.toThrow();
    makeCertificate(certificate, key);
    await bench.broker.reload();
    await sealed();
    expect(bench.broker.problems()).toEqual([]);
    rmSync(folder, { recursive: true });
  });

  test('a stop waits for pending commits and acknowledges them, and publishes no wills', async () => {
    bench.manual = true;
    const raw = await loggedIn('meter');
    await bench.connected('other', {
      will: { topic: 'forpost/devices/other/state', payload: Buffer.from('gone'), qos: 1, retain: false },
    });
    raw.send(publishPacket(readings, 'last', 1, 9));
    await soon(() => admitted()).toEqual(['last']);
    const stopping = bench.broker.stop();
    bench.admitted[0]!.commit();
    await stopping;
    await soon(() => raw.closed).toBe(true);
    expect(after(raw)).toEqual([['puback', 9]]);
    expect(admitted()).toEqual(['last']);
    await expect(bench.raw(bench.broker.port)).rejects.toThrow();
    bench.broker.publish('forpost/status', 'too late', { qos: 0, retain: false });
  });
});

test('the connections of one device together are read in small turns, so that other devices do not wait', async () => {
  let turn = 0;
  let watching = true;
  const tick = () => {
    turn++;
    if (watching) setImmediate(tick);
  };
  const perTurn = new Map<number, number>();
  await start({
    admit: async ({ payload }) => {
      perTurn.set(turn, (perTurn.get(turn) ?? 0) + payload.length);
    },
  });
  const clients = await Promise.all(Array.from({ length: 4 }, () => bench.raw()));
  for (const [index, client] of clients.entries()) client.send(connectPacket('meter', { clientId: `c${index}` }));
  await soon(() => clients.every((client) => client.packets().length === 1)).toBe(true);
  tick();
  const each = 200;
  const flood = Array.from({ length: each }, (_, i) => publishPacket(readings, 'x'.repeat(4000), 1, i + 1));
  for (const client of clients) client.send(...flood);
  const acknowledged = (client: RawClient) => client.packets().filter(([type]) => type === 'puback').length;
  await soon(() => clients.map(acknowledged)).toEqual(clients.map(() => each));
  watching = false;
  // two turns of 16 KB may pass between two samples, and a packet may have begun before the first sample
  expect(Math.max(...perTurn.values())).toBeLessThanOrEqual(2 * 16_384 + clients.length * 4000);
});

test('a device beyond its share of retained messages has further ones delivered but not retained', async () => {
  const panel = await bench.connected('panel');
  let seen = 0;
  panel.on('message', () => seen++);
  await panel.subscribeAsync('forpost/devices/#', { qos: 1 });
  const meter = await bench.connected('meter');
  const many = 300;
  await Promise.all(
    Array.from({ length: many }, (_, i) =>
      meter.publishAsync(`forpost/devices/meter/${i}`, 'x', { qos: 1, retain: true }),
    ),
  );
  await soon(() => seen).toBe(many);
  expect(bench.broker.sizes().retained).toBe(200);
  expect(bench.broker.counters().dropped).toBe(100);
});

test('a device that repeats a forbidden publish does not flood the log', async () => {
  const lines: string[] = [];
  await start({ logger: createLogger('test', 'info', { write: (line: string) => void lines.push(line) }) });
  lines.length = 0;
  for (let i = 0; i < 20; i++) {
    const client = await bench.raw();
    client.send(connectPacket('meter'), publishPacket('forpost/alerts/fake', 'x', 1, 1));
    const loud = await bench.raw();
    loud.send(Buffer.from([0x10, 0xff, 0xff, 0xff, 0x7f]));
    await soon(() => client.packets().at(-1)?.[0] === 'puback' && loud.closed).toBe(true);
  }
  expect(bench.broker.counters()).toMatchObject({ forbidden: 20, oversized: 20 });
  expect(lines.map((line) => (JSON.parse(line) as { msg: string }).msg).sort()).toEqual([
    '127.0.0.1 sent a CONNECT of 268435455 bytes: 65536 are allowed: connection closed',
    'may not publish to forpost/alerts/fake',
  ]);
});

function makeCertificate(certificate: string, key: string): void {
  const make = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  execFileSync(
    'openssl',
    [
      ...make,
      '-days',
      '2',
      '-subj',
      '/CN=127.0.0.1',
      '-addext',
      'subjectAltName=IP:127.0.0.1',
      '-keyout',
      key,
      '-out',
      certificate,
    ],
    { stdio: 'ignore' },
  );
}
