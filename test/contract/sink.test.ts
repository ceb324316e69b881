/**
 * The contract of sinks, each against its real other side: a Kafka broker, the centre's receiver, and the model. Their command
 * feeds run the feeds' contract.
 */
import { createHash, randomBytes } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import fastify, { type FastifyInstance } from 'fastify';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { addCommandPoll } from '../../cloud/commands/poll.ts';
import { fileCommands } from '../../cloud/commands/testing/file-commands.ts';
import { MemoryHistory } from '../../cloud/history/memory-store.ts';
import { ensureTopics } from '../../cloud/kafka/topics.ts';
import type { ReceivedEvent } from '../../cloud/receiver/delivery.ts';
import { receiverPlugin } from '../../cloud/receiver/receiver.ts';
import { ReceiverServer } from '../../cloud/receiver/receiver-server.ts';
import type { Sink, SinkBatch, SinkIdentity, SinkSession } from '../../edge/uplink/sink.ts';
import type { SinkContext } from '../../edge/uplink/sink-kind.ts';
import { httpSink } from '../../edge/uplink/sinks/http/http.ts';
import { kafkaSink } from '../../edge/uplink/sinks/kafka/kafka.ts';
import type { KafkaSinkConfig } from '../../edge/uplink/sinks/kafka/settings.ts';
import { type Fate, MemorySink } from '../../edge/uplink/testing/memory-sink.ts';
import { makeCertificates, type TestCertificates } from '../../scripts/kafka/certificates.ts';
import { readTopic, startTestKafka, type TestKafka } from '../../scripts/kafka/testing.ts';
import { leadersReady } from '../../scripts/kafka/topics.ts';
import { systemClock } from '../../shared/clock.ts';
import { encodeEvent, replayHeader, type StoredEvent } from '../../shared/event/codec.ts';
import type { DeviceId, Epoch, GatewayId, Lane, SiteId } from '../../shared/event/ids.ts';
import type { GatewayStatus } from '../../shared/event/status.ts';
import type { KafkaLogin } from '../../shared/kafka/security.ts';
import { silentLogger } from '../../shared/logging.ts';
import { type FeedSide, keepsFeedContract } from './command-feed.ts';

const identity: SinkIdentity = { site: 'home' as SiteId, gateway: 'gw-1' as GatewayId };
const logger = silentLogger();
const token = 'a-token-of-this-gateway-alone';
const context = (name: string, secret: SinkContext['secret'] = { token }): SinkContext => ({
  name,
  identity,
  secret,
  clock: systemClock,
  logger,
});

/** A sink and its other side, which the test can inspect, freeze and thaw. */
interface OtherSide {
  readonly sink: Sink;
  /** the same kind of sink with a wrong address */
  readonly lost: Sink;
  /** JSON of the events in a lane, in order of arrival */
  arrived(lane: Lane): Promise<readonly string[]>;
  /** JSON of the events that were marked as replayed */
  replayed(lane: Lane): Promise<readonly string[]>;
  statuses(): Promise<readonly GatewayStatus[]>;
  freeze(): void | Promise<void>;
  thaw(): void;
  stop(): Promise<void>;
}

async function memorySide(): Promise<OtherSide> {
  const sink = new MemorySink();
  const lost = new MemorySink('lost');
  lost.onOpen = () => ({ kind: 'fails', code: 'FORPOST_SINK_UNREACHABLE', arrives: 0 });
  const plain = (batch: SinkBatch): Fate =>
    batch.records.some(({ json }) => json.length > 1_000_000)
      ? { kind: 'fails', code: 'FORPOST_SINK_REFUSED', arrives: 0 }
      : { kind: 'well' };
  sink.onSend = plain;
  return {
    sink,
    lost,
    arrived: async (lane) => sink.arrived.filter((json) => JSON.parse(json).lane === lane),
    replayed: async (lane) => sink.replayed.filter((json) => JSON.parse(json).lane === lane),
    statuses: async () => sink.statuses,
    freeze() {
      sink.onSend = () => ({ kind: 'fails', code: 'FORPOST_SINK_TIMEOUT', arrives: 0 });
    },
    thaw() {
      sink.onSend = plain;
    },
    async stop() {},
  };
}

/** The receiver's options, and the parts of the other side that do not depend on its listener. */
function receiverSide() {
  const received: ReceivedEvent[] = [];
  const marked: boolean[] = [];
  const statuses: GatewayStatus[] = [];
  let frozen: Promise<void> | undefined;
  let thaw = () => {};
  const options = {
    gateways: () => gateways,
    delivery: {
      async events(_gateway: string, events: readonly ReceivedEvent[], replayed = false) {
        await frozen;
        received.push(...events);
        marked.push(...events.map(() => replayed));
      },
      async status(status: GatewayStatus) {
        statuses.push(status);
      },
    },
  };
  const other = {
    arrived: async (lane: Lane) => received.filter(({ event }) => event.lane === lane).map(({ json }) => json),
    replayed: async (lane: Lane) =>
      received.flatMap(({ event, json }, i) => (event.lane === lane && marked[i] === true ? [json] : [])),
    statuses: async () => statuses,
    freeze() {
      frozen = new Promise((resolve) => {
        thaw = resolve;
      });
    },
    thaw: () => {
      thaw();
      frozen = undefined;
    },
  };
  return { options, other };
}

async function httpSide(): Promise<OtherSide> {
  const { options, other } = receiverSide();
  const app: FastifyInstance = fastify();
  await app.register(receiverPlugin, options);
  await app.listen({ port: 0, host: '127.0.0.1' });
  const { port } = app.server.address() as AddressInfo;
  return {
    ...other,
    sink: httpSink({ kind: 'http', url: `http://127.0.0.1:${port}/` }, context('http')),
    lost: httpSink({ kind: 'http', url: 'http://127.0.0.1:9' }, context('lost')),
    stop: () => app.close(),
  };
}

/** The receiver with TLS and a client certificate instead of a token. */
async function certifiedSide(): Promise<OtherSide> {
  const pem = await makeCertificates();
  const own = await pem.sign('gw-1');
  const side = receiverSide();
  const server = new ReceiverServer({
    ...{ host: '127.0.0.1', port: 0, clock: systemClock, logger },
    tls: { ...pem.server, client_ca: pem.ca, client_certificate_required: true },
    ...side.options,
  });
  await server.start();
  const tls = { ca: pem.ca, ...own };
  return {
    ...side.other,
    sink: httpSink({ kind: 'http', url: server.url, tls }, { ...context('http'), secret: undefined }),
    lost: httpSink({ kind: 'http', url: 'https://127.0.0.1:9', tls }, context('lost')),
    async stop() {
      await server.stop();
      await pem.remove();
    },
  };
}
const gateways = {
  'gw-1': { token_sha256: createHash('sha256').update(token).digest('hex') },
  'gw-2': { token_sha256: createHash('sha256').update('another-ones-token').digest('hex') },
};

/** One broker with every kind of listener; each kind has its own topics there. */
let shared: Promise<{ readonly broker: TestKafka; readonly pem: TestCertificates }> | undefined;
afterAll(async () => {
  if (shared === undefined) return;
  const { broker, pem } = await shared;
  await broker.remove();
  await pem.remove();
});
function startedShared() {
  shared ??= startShared();
  return shared;
}
async function startShared() {
  const pem = await makeCertificates();
  const users = { 'gw-1': password };
  const broker = await startTestKafka({ keystore: pem.keystore, clientCa: pem.ca, users, saslPort: 0, mtlsPort: 0 });
  return { broker, pem };
}
const password = 'the-password-of-gw-1';

async function kafkaSide(
  prefix: string,
  way: (from: { broker: TestKafka; pem: TestCertificates }) => Pick<KafkaSinkConfig, 'brokers' | 'tls' | 'sasl'>,
): Promise<OtherSide> {
  const { broker, pem } = await startedShared();
  const cluster = { brokers: broker.brokers, prefix, development: true };
  await leadersReady(broker.client, (await ensureTopics(broker.client, cluster, logger)).created);
  const config: KafkaSinkConfig = { kind: 'kafka', prefix, ...way({ broker, pem }) };
  return {
    sink: kafkaSink(config, context('kafka', { password })),
    lost: kafkaSink({ ...config, brokers: ['127.0.0.1:9'] }, context('lost', { password })),
    async arrived(lane) {
      const records = await readTopic(broker.client, `${prefix}.${lane}`);
      return records.map(({ message }) => String(message.value));
    },
    async replayed(lane) {
      const records = await readTopic(broker.client, `${prefix}.${lane}`);
      return records.flatMap(({ message }) =>
        String(message.headers?.[replayHeader]) === '1' ? [String(message.value)] : [],
      );
    },
    async statuses() {
      const records = await readTopic(broker.client, `${prefix}.status`);
      return records.map(({ message }) => JSON.parse(String(message.value)) as GatewayStatus);
    },
    freeze: () => stopped(broker.pid),
    thaw: () => process.kill(broker.pid, 'SIGCONT'),
    // the next side uses the broker too
    stop: async () => {},
  };
}

/** A signal takes a moment to reach each thread, and a request could still be answered: waits for that. */
async function stopped(pid: number): Promise<void> {
  process.kill(pid, 'SIGSTOP');
  const states = () =>
    readdirSync(`/proc/${pid}/task`).map((thread) =>
      readFileSync(`/proc/${pid}/task/${thread}/stat`, 'utf8')
        .replace(/^.*\) /s, '')
        .charAt(0),
    );
  await vi.waitFor(() => expect(new Set(states())).toEqual(new Set(['T'])), { timeout: 20_000, interval: 5 });
}

const plainSide = () => kafkaSide('forpost', ({ broker }) => ({ brokers: broker.brokers }));
/** configured brokers may be dead, at any place of the list */
const deadFirstSide = () =>
  kafkaSide('dead-first', ({ broker }) => ({ brokers: ['127.0.0.1:9', '127.0.0.1:10', ...broker.brokers] }));
const loginSide = (mechanism: KafkaLogin['mechanism']) =>
  kafkaSide(mechanism, ({ broker, pem }) => ({
    brokers: [`127.0.0.1:${broker.secured!.saslPort}`],
    tls: { ca: pem.ca },
    sasl: { mechanism, user: 'gw-1' },
  }));
const certificateSide = () =>
  kafkaSide('mtls', ({ broker, pem }) => ({
    brokers: [`127.0.0.1:${broker.secured!.mtlsPort}`],
    tls: { ca: pem.ca, ...pem.client },
  }));

const deadlineMs = 10_000;
let numbers = 0;

/** The next `count` events of a lane. */
function nextBatch(lane: Lane, count: number, data = '{"values":{"power_w":512.3}}'): SinkBatch {
  const epoch = 'e-1' as Epoch;
  const records = Array.from({ length: count }, () => {
    const sequence = ++numbers;
    const event: StoredEvent = {
      epoch,
      lane,
      sequence,
      type: 'forpost.reading.v1',
      device: 'meter' as DeviceId,
      time: 1_780_000_000_000,
      received: 1_780_000_000_001,
      clock: 'synced',
      boot: 'b',
      uptime: 5,
      data,
    };
    return { sequence, json: encodeEvent(identity.site, identity.gateway, event) };
  });
  return { epoch, lane, records };
}

const status = (counter: number): GatewayStatus => ({
  ...identity,
  name: 'Home',
  version: '0.1.0',
  starts: 1,
  counter,
  at: '2026-06-01T12:00:00.000Z',
  clock: 'synced',
  boot: 'b',
  uptime: 1,
  revision: 'r',
  lanes: [],
  uplinks: [],
  cameras: [],
  devices: [],
  problems: [],
});

describe.each([
  ['memory', memorySide],
  ['http', httpSide],
  ['http (mTLS)', certifiedSide],
  ['kafka', plainSide],
  ['kafka (the first two brokers of three are dead)', deadFirstSide],
  ['kafka (TLS, SCRAM-SHA-512)', () => loginSide('scram-sha-512')],
  ['kafka (TLS, PLAIN)', () => loginSide('plain')],
  ['kafka (mTLS)', certificateSide],
] as const)('the %s sink', (_kind, side) => {
  let other: OtherSide;
  const open: SinkSession[] = [];
  const session = async (): Promise<SinkSession> => {
    const opened = await other.sink.open(deadlineMs);
    open.push(opened);
    return opened;
  };

  beforeAll(async () => {
    other = await side();
  });
  afterAll(async () => {
    await Promise.all(open.map((one) => one.close()));
    await other?.stop();
  });

  test('events that it calls safe have arrived, byte for byte and in order', async () => {
    const one = await session();
    const batches = [nextBatch('telemetry', 300), nextBatch('alerts', 2), nextBatch('telemetry', 300)];
    for (const batch of batches) await one.send(batch, deadlineMs);
    const sent = (lane: Lane) =>
      batches.filter((batch) => batch.lane === lane).flatMap(({ records }) => records.map(({ json }) => json));
    expect(await other.arrived('telemetry')).toEqual(sent('telemetry'));
    expect(await other.arrived('alerts')).toEqual(sent('alerts'));
  });

  test('a gateway’s state arrives, the newest last', async () => {
    const one = await session();
    await one.status(status(1), deadlineMs);
    await one.status(status(2), deadlineMs);
    expect((await other.statuses()).at(-1)).toEqual(status(2));
  });

  test('an event that is too large is refused for good, and a new session continues', async () => {
    const huge = nextBatch('telemetry', 1, JSON.stringify(randomBytes(14_000_000).toString('base64')));
    await expect((await session()).send(huge, deadlineMs)).rejects.toMatchObject({
      code: 'FORPOST_SINK_REFUSED',
      retryable: false,
    });
    const batch = nextBatch('telemetry', 1);
    await (await session()).send(batch, deadlineMs);
    expect((await other.arrived('telemetry')).at(-1)).toBe(batch.records[0]!.json);
  });

  test('without an answer a batch fails at its deadline and can be sent again', async () => {
    const one = await session();
    await other.freeze();
    const batch = nextBatch('telemetry', 3);
    try {
      await expect(one.send(batch, 400)).rejects.toMatchObject({ code: 'FORPOST_SINK_TIMEOUT', retryable: true });
      await one.close();
    } finally {
      other.thaw();
    }
    // a broker that was away for long needs a moment to rejoin its own cluster
    await vi.waitFor(async () => (await session()).send(batch, deadlineMs), { timeout: 30_000, interval: 200 });
    const arrived = await other.arrived('telemetry');
    for (const { json } of batch.records) expect(arrived).toContain(json);
  });

  test('when nobody answers, opening fails with a reason and can be tried again', async () => {
    await expect(other.lost.open(deadlineMs)).rejects.toMatchObject({
      code: 'FORPOST_SINK_UNREACHABLE',
      retryable: true,
    });
  });

  test('replayed events are marked, and no others', async () => {
    const one = await session();
    await one.send(nextBatch('alerts', 1), deadlineMs);
    const again = nextBatch('alerts', 2);
    await one.send({ ...again, replayed: true }, deadlineMs);
    expect(await other.replayed('alerts')).toEqual(again.records.map(({ json }) => json));
  });

  test('reports its bytes on the wire, after compression', async () => {
    const one = await session();
    const before = one.wireBytes;
    const batch = nextBatch('telemetry', 300);
    const json = batch.records.reduce((sum, record) => sum + record.json.length, 0);
    await one.send(batch, deadlineMs);
    const took = one.wireBytes - before;
    expect(took).toBeGreaterThan(json / 100);
    expect(took).toBeLessThanOrEqual(_kind === 'memory' ? json : json / 3);
  });

  test('a closed session sends nothing more, and closing it twice is harmless', async () => {
    const one = await session();
    await one.close();
    await one.close();
    await expect(one.send(nextBatch('telemetry', 1), deadlineMs)).rejects.toThrow();
  });
});

const order = { kind: 'ping', arguments: {}, author: 'admin', validMs: 3_600_000 };

/** The centre's receiver with commands, over HTTPS with a token. */
async function httpFeedSide(): Promise<FeedSide> {
  const pem = await makeCertificates();
  const { commands, remove } = await fileCommands({ clock: systemClock, history: new MemoryHistory(systemClock) });
  const { options } = receiverSide();
  const server = new ReceiverServer({
    ...{ host: '127.0.0.1', port: 0, clock: systemClock, logger, ...options, tls: pem.server },
    capabilities: { addGatewayRoutes: (app, gatewayOf) => addCommandPoll(app, commands, gatewayOf) },
  });
  await server.start();
  const feedOf = (url: string) => {
    const { commands: feed } = httpSink({ kind: 'http', url, tls: { ca: pem.ca } }, context('http'));
    if (feed === undefined) throw new Error('the sink has no commands');
    return feed;
  };
  return {
    feed: feedOf(server.url),
    lost: feedOf('https://127.0.0.1:9'),
    async issue() {
      await commands.issue({ ...order, gateway: 'gw-1' });
      await commands.issue({ ...order, gateway: 'gw-2' });
      const { commands: waiting } = await commands.poll('gw-1', '', 0, AbortSignal.timeout(5_000));
      return JSON.stringify(waiting.at(-1));
    },
    async stop() {
      await server.stop();
      await remove();
      await pem.remove();
    },
  };
}

/** The brokers' commands topic. */
async function kafkaFeedSide(): Promise<FeedSide> {
  const prefix = 'fed';
  const side = await kafkaSide(prefix, ({ broker }) => ({ brokers: broker.brokers }));
  const { broker } = await startedShared();
  const producer = broker.client.producer();
  await producer.connect();
  const feedOf = ({ commands: feed }: Sink) => {
    if (feed === undefined) throw new Error('the sink has no commands');
    return feed;
  };
  // a status tells the feed the brokers' time, as in a gateway
  const session = await side.sink.open(deadlineMs);
  await session.status(status(1), deadlineMs);
  await session.close();
  const admin = broker.client.admin();
  await admin.connect();
  // the first group makes the broker's own topic for groups, which takes a while
  await vi.waitFor(() => admin.describeGroups(['nobody']), { timeout: 20_000 });
  await admin.disconnect();
  let count = 0;
  return {
    feed: feedOf(side.sink),
    async issue() {
      const value = `{"command":${++count}}`;
      const messages = [
        { key: 'gw-2', value: '{}' },
        { key: 'gw-1', value },
      ];
      await producer.send({ topic: `${prefix}.commands`, acks: -1, messages });
      return value;
    },
    async stop() {
      await producer.disconnect();
      await side.stop();
    },
  };
}

keepsFeedContract('http', httpFeedSide);
keepsFeedContract('kafka', kafkaFeedSide);
