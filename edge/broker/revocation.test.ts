/** Credentials that end while their clients are connected: by password and by certificate, over TCP, TLS and WebSocket. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '@forpost/shared/clock.ts';
import { makeCredential } from '@forpost/shared/made-credential.ts';
import mqtt, { type IClientOptions, type MqttClient } from 'mqtt';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { DeviceRegistry } from '../devices/registry.ts';
import { noStateStore, type StateChange } from '../mqtt-state/mqtt-state.ts';
import type { MqttSecret } from '../site/secrets.ts';
import type { Site } from '../site/site.ts';
import { Bench } from './testing/broker.ts';
import { closing, soon } from './testing/started-broker.ts';

const site = {
  devices: ['meter', 'pump', 'valve'].map((id) => ({ id, decoder: 'native' })),
  consumers: [{ id: 'panel', subscribe: ['forpost/#'] }],
} as unknown as Site;
const readings = 'forpost/devices/meter/readings';
/** the promised limit from a revocation to the end of the connection */
const withinMs = 1000;

let folder: string;
const pem = (name: string) => join(folder, `${name}.pem`);
const read = (name: string) => readFileSync(pem(name), 'utf8');
const openssl = (...args: string[]) => execFileSync('openssl', args, { stdio: 'pipe' }).toString();

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'forpost-revocation-'));
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];
  const own = (name: string) =>
    openssl('req', '-x509', ...key, '-subj', `/CN=${name}`, '-keyout', pem(`${name}-key`), '-out', pem(name));
  for (const name of ['localhost', 'site-ca', 'self']) own(name);
  const request = ['-subj', '/CN=pump-7', '-keyout', pem('pump-key'), '-out', pem('pump-request')];
  openssl('req', '-new', ...key, ...request);
  const by = ['-CA', pem('site-ca'), '-CAkey', pem('site-ca-key'), '-CAcreateserial', '-out', pem('pump')];
  openssl('x509', '-req', '-in', pem('pump-request'), ...by);
});
afterAll(() => rmSync(folder, { recursive: true }));

async function started(secrets: Record<string, MqttSecret>) {
  const registry = new DeviceRegistry({ site, secrets: { mqtt: secrets, console: {} }, clock: systemClock });
  const { logIns } = registry;
  const tls = {
    certificate: pem('localhost'),
    key: pem('localhost-key'),
    host: '127.0.0.1',
    client_ca: pem('site-ca'),
  };
  const bench = new Bench({
    mqtt: { tls, websocket: {} },
    ports: { plain: 0, tls: 0, webSocket: 0, webSocketTls: 0 },
    authenticate: logIns.authenticate,
    acquaintance: logIns.acquaintance,
    wantsCertificates: () => logIns.wantsCertificates,
  });
  onTestFinished(() => bench.stop());
  await bench.broker.start();
  const endInvalid = () => bench.broker.endInvalid((id, credential) => logIns.standing(id, credential));
  const connected = (url: string, options: IClientOptions): Promise<MqttClient> =>
    new Promise((resolve, reject) => {
      const client = mqtt.connect(url, { reconnectPeriod: 0, rejectUnauthorized: false, ...options });
      onTestFinished(() => void client.end(true));
      client.once('connect', () => resolve(client)).once('error', reject);
    });
  const { port, tlsPort, webSocketPort, webSocketTlsPort } = bench.broker;
  const urls = {
    tcp: `mqtt://127.0.0.1:${port}`,
    tls: `mqtts://127.0.0.1:${tlsPort}`,
    ws: `ws://127.0.0.1:${webSocketPort}/mqtt`,
    wss: `wss://127.0.0.1:${webSocketTlsPort}/mqtt`,
  };
  return { bench, logIns, endInvalid, connected, urls };
}

/** Whether the broker accepts the log-in. */
const letsIn = (connecting: Promise<MqttClient>) =>
  connecting.then(
    () => true,
    () => false,
  );

test('a revocation ends every connection of its principal within a second, over TCP, TLS and WebSocket, by password and certificate', async () => {
  const made = makeCredential();
  const { bench, logIns, endInvalid, connected, urls } = await started({
    meter: { password: made.hash, certificates: ['name:pump-7'] },
    pump: made.hash,
    panel: made.hash,
  });
  const certificate = { cert: read('pump'), key: read('pump-key') };
  const login = { username: 'meter', password: made.password };
  const will = { topic: readings, payload: Buffer.from('{"values":{"power_w":9}}'), qos: 1, retain: false } as const;
  const clients = await Promise.all([
    ...(['tcp', 'tls', 'ws', 'wss'] as const).map((by) => connected(urls[by], { ...login, clientId: by })),
    connected(urls.tls, { ...certificate, clientId: 'certificate' }),
    connected(urls.wss, { ...certificate, clientId: 'certificate over WebSocket', protocolVersion: 5 }),
    connected(urls.tcp, { ...login, clientId: 'will', will }),
  ]);
  const panel = await connected(urls.ws, { username: 'panel', password: made.password });
  const pump = await connected(urls.tcp, { username: 'pump', password: made.password });
  const closed = Promise.all(clients.map(closing));
  const began = performance.now();
  logIns.revoke('meter');
  expect(endInvalid()).toBe(clients.length);
  for (const client of clients) client.publish(readings, 'late', { qos: 0 });
  await closed;
  expect(performance.now() - began).toBeLessThan(withinMs);
  expect(await letsIn(connected(urls.tcp, login))).toBe(false);
  expect(await letsIn(connected(urls.tls, certificate))).toBe(false);
  // the broker admits neither a revoked client's late publishes nor its will
  await pump.publishAsync('forpost/devices/pump/readings', 'one', { qos: 1 });
  expect(bench.admitted.map(({ text }) => text)).toEqual(['one']);
  expect(panel.connected).toBe(true);
  logIns.revoke('panel');
  endInvalid();
  await closing(panel);
  expect(pump.connected).toBe(true);
});

test('a rotated password ends the connections that used it, and leaves the one by certificate', async () => {
  const [old, next] = [makeCredential(), makeCredential()];
  const fingerprint = openssl('x509', '-in', pem('self'), '-noout', '-fingerprint', '-sha256').trim().split('=')[1];
  const certificates = [`sha256:${fingerprint?.replaceAll(':', '').toLowerCase()}`];
  const { logIns, endInvalid, connected, urls } = await started({ meter: { password: old.hash, certificates } });
  const own = { cert: read('self'), key: read('self-key') };
  const byPassword = await connected(urls.tls, { username: 'meter', password: old.password, clientId: 'a' });
  const byCertificate = await connected(urls.tls, { ...own, username: 'meter', clientId: 'b' });
  logIns.set({ meter: { password: next.hash, certificates } });
  expect(endInvalid()).toBe(1);
  await closing(byPassword);
  expect(byCertificate.connected).toBe(true);
  logIns.set({ meter: next.hash });
  expect(endInvalid()).toBe(1);
  await closing(byCertificate);
  expect(await letsIn(connected(urls.tls, { username: 'meter', password: next.password }))).toBe(true);
});

test('no log-in succeeds by a certificate without the site’s CA, or by another principal’s certificate', async () => {
  const made = makeCredential();
  const { connected, urls, bench } = await started({
    meter: made.hash,
    pump: { certificates: ['name:pump-7'] },
    valve: { certificates: ['name:self'] },
  });
  const [pump, self] = [
    { cert: read('pump'), key: read('pump-key') },
    { cert: read('self'), key: read('self-key') },
  ];
  // «self» is signed by itself
  expect(await letsIn(connected(urls.tls, self))).toBe(false);
  expect(await letsIn(connected(urls.tls, { ...pump, username: 'meter', password: 'no' }))).toBe(false);
  expect(await letsIn(connected(urls.tls, { ...pump, username: 'valve' }))).toBe(false);
  expect(await letsIn(connected(urls.tls, { ...pump, username: 'meter', password: made.password }))).toBe(true);
  expect(await letsIn(connected(urls.tls, { ...pump, clientId: 'its own' }))).toBe(true);
  await soon(() => bench.connections).toContain('+pump');
});

test('messages that wait for a revoked client are dropped at once, and nobody gets them by a new credential; those of a rotated one stay', async () => {
  const [made, next] = [makeCredential(), makeCredential()];
  const { bench, logIns, endInvalid, connected, urls } = await started({
    meter: made.hash,
    pump: made.hash,
    panel: made.hash,
  });
  const stay = { username: 'panel', password: made.password, clientId: 'wall', clean: false };
  const panel = await connected(urls.tcp, stay);
  await panel.subscribeAsync(readings, { qos: 1 });
  await panel.endAsync();
  const meter = await connected(urls.tcp, { username: 'meter', password: made.password });
  await soon(() => bench.broker.counters().connections).toBe(1);
  await meter.publishAsync(readings, 'for the wall', { qos: 1 });
  await soon(() => bench.broker.counters().queued).toBe(1);
  logIns.set({ panel: next.hash });
  endInvalid();
  expect(bench.broker.counters().queued).toBe(1);
  logIns.revoke('panel');
  endInvalid();
  expect(bench.broker.counters()).toMatchObject({ queued: 0, sessions: 0 });
  await meter.publishAsync(readings, 'again', { qos: 1 });
  logIns.set({ panel: made.hash });
  const got: string[] = [];
  const back = mqtt.connect(urls.tcp, { ...stay, reconnectPeriod: 0 });
  onTestFinished(() => void back.end(true));
  back.on('message', (_, payload) => got.push(String(payload)));
  const isPresent = await new Promise((resolve) => back.once('connect', (packet) => resolve(packet.sessionPresent)));
  expect(isPresent).toBe(false);
  await back.publishAsync('elsewhere', '', { qos: 1 }).catch(() => undefined);
  expect(got).toEqual([]);
});

test('a gateway that was killed right after a revocation does not bring the revoked client’s session back', async () => {
  const saved: StateChange[] = [];
  const stored = (session: number, client: string) => ({
    session,
    client,
    absentMs: 0,
    subscriptions: [],
    inbound: [],
    queue: [
      {
        session,
        message: session,
        topic: 'a',
        payload: Buffer.from('x'),
        qos: 1 as const,
        messageId: null,
        released: false,
      },
    ],
  });
  const bench = new Bench({
    storage: {
      ...noStateStore,
      recall: (restore) =>
        restore({
          sessions: [stored(1, 'panel/wall'), stored(2, 'other/wall')],
          retained: [],
          redeliveries: new Uint8Array(),
        }),
      save: (change) => void saved.push(change),
    },
    isRevoked: (principal) => principal === 'panel',
  });
  onTestFinished(() => bench.stop());
  await bench.broker.start();
  expect(bench.broker.counters()).toMatchObject({ sessions: 1, queued: 1 });
  expect(saved).toContainEqual({ kind: 'session-ended', session: 1 });
});
