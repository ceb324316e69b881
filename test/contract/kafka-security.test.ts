/** A Kafka with TLS and log-ins: mistakes of both sides are reported in words. Runs against a real broker. */
import { copyFile, mkdir, readFile, rm } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { createServer } from 'node:tls';
import { pino } from 'pino';
import { afterAll, afterEach, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest';
import { kafkaClient } from '../../cloud/kafka/client.ts';
import { SupervisedConsumer } from '../../cloud/kafka/supervised-consumer.ts';
import { SupervisedProducer } from '../../cloud/kafka/supervised-producer.ts';
import { ensureTopics } from '../../cloud/kafka/topics.ts';
import { outboxIn, temporaryFolder } from '../../edge/outbox/sqlite/testing/test-support.ts';
import type { SinkIdentity } from '../../edge/uplink/sink.ts';
import type { SinkSecret } from '../../edge/uplink/sink-kind.ts';
import { kafkaSink } from '../../edge/uplink/sinks/kafka/kafka.ts';
import type { KafkaSinkConfig } from '../../edge/uplink/sinks/kafka/settings.ts';
import { Uplink } from '../../edge/uplink/uplink.ts';
import { makeCertificates, type TestCertificates } from '../../scripts/kafka/certificates.ts';
import { startTestKafka, type TestKafka } from '../../scripts/kafka/testing.ts';
import { leadersReady } from '../../scripts/kafka/topics.ts';
import { systemClock } from '../../shared/clock.ts';
import { asId } from '../../shared/event/ids.ts';
import type { KafkaLogin, KafkaSecurity } from '../../shared/kafka/security.ts';
import { silentLogger } from '../../shared/logging.ts';

const right = 'the:password/of+all-of-them';
const wrong = 'not-the-password-at-all';
const identity: SinkIdentity = { site: asId('home'), gateway: asId('gw-1') };
const soon = { timeout: 20_000, interval: 20 };

let pem: TestCertificates;
let kafka: TestKafka;
let loginPort: string[];
let certificatePort: string[];
beforeAll(async () => {
  pem = await makeCertificates();
  const users = { 'gw-1': right, centre: right };
  kafka = await startTestKafka({ keystore: pem.keystore, clientCa: pem.ca, users, saslPort: 0, mtlsPort: 0 });
  loginPort = [`127.0.0.1:${kafka.secured!.saslPort}`];
  certificatePort = [`127.0.0.1:${kafka.secured!.mtlsPort}`];
  const plain = { brokers: kafka.brokers, prefix: 'forpost', development: true };
  await leadersReady(kafka.client, (await ensureTopics(kafka.client, plain, silentLogger())).created);
}, 90_000);
afterAll(async () => {
  await kafka?.remove();
  await pem?.remove();
});

const running: { stop(): Promise<void> }[] = [];
afterEach(async () => {
  for (const part of running.splice(0).reverse()) await part.stop();
});

const login = (user: string, mechanism: KafkaLogin['mechanism'] = 'scram-sha-512') => ({ mechanism, user });

/** A gateway's uplink with these sinks and nothing to send. */
async function uplinkTo(
  sinks: Readonly<Record<string, Partial<KafkaSinkConfig>>>,
  secrets: Record<string, SinkSecret>,
) {
  const folder = temporaryFolder();
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const outbox = outboxIn(folder, { sinks: Object.keys(sinks) });
  await outbox.start();
  running.push(outbox);
  const uplink = new Uplink({
    sinks: Object.entries(sinks).map(([name, way]) => ({ kind: 'kafka', brokers: loginPort, ...way, name })),
    secrets,
    identity,
    outboxFile: outbox.file,
    inHand: outbox.inHand,
    acknowledge: (...ack) => outbox.acknowledge(...ack),
    onCommit: (listener) => outbox.onCommit(listener),
    status: () => {
      throw new Error('nobody asked for the state of this gateway');
    },
    clock: systemClock,
    random: Math.random,
    logger: silentLogger(),
  });
  running.push(uplink);
  await uplink.start();
  return uplink;
}

/** A TLS server with an expired certificate. */
async function oldServer(): Promise<string> {
  const { certificate, key } = pem.expired;
  const server = createServer({ cert: await readFile(certificate), key: await readFile(key) });
  server.on('tlsClientError', () => {});
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

test('each mistake of a gateway shows in its uplink’s reason, in a sentence that names the remedy', async () => {
  const tls = { ca: pem.ca };
  const missing = join(pem.folder, 'missing.pem');
  const mistakes: Readonly<Record<string, readonly [Partial<KafkaSinkConfig>, string]>> = {
    password: [{ tls, sasl: login('gw-1') }, 'refuses the user or the password: correct sasl.user or its password'],
    'password-plain': [{ tls, sasl: login('gw-1', 'plain') }, 'refuses the user or the password'],
    user: [{ tls, sasl: login('nobody') }, 'or add the user to the broker'],
    forgotten: [
      { tls, sasl: login('gw-1') },
      'no password for the uplink "forgotten" (uplink: forgotten: password: …)',
    ],
    'unknown-ca': [{ tls: { ca: pem.otherCa }, sasl: login('gw-1') }, 'give that CA’s PEM file as tls.ca'],
    'public-cas': [{ tls: true, sasl: login('gw-1') }, 'give that CA’s PEM file as tls.ca'],
    'no-certificate': [{ brokers: certificatePort, tls }, 'asks for a certificate of ours: give it as tls.certificate'],
    'expired-certificate': [
      { brokers: certificatePort, tls: { ...tls, ...pem.expired } },
      `${pem.expired.certificate} has expired (2020-01-01): put a new one there`,
    ],
    'missing-file': [{ tls: { ca: missing }, sasl: login('gw-1') }, `tls.ca: ${missing} is not there`],
    'expired-broker': [{ brokers: [await oldServer()], tls }, 'has expired by this machine’s clock'],
    'plain-client': [{}, 'this port wants TLS (tls)'],
    'no-login': [{ tls }, 'or a log-in (sasl) that is not configured'],
    'tls-on-plain': [{ brokers: kafka.brokers, tls }, 'this port does not speak TLS'],
    'login-on-plain': [{ brokers: kafka.brokers, sasl: login('gw-1') }, 'this port takes no log-in: leave sasl out'],
  };
  const names = Object.keys(mistakes).filter((name) => mistakes[name]![0].sasl !== undefined && name !== 'forgotten');
  const uplink = await uplinkTo(
    Object.fromEntries(Object.entries(mistakes).map(([name, [way]]) => [name, way])),
    Object.fromEntries(names.map((name) => [name, { password: wrong }])),
  );
  await vi.waitFor(() => {
    const reasons = Object.fromEntries(uplink.statuses().map(({ sink, reason }) => [sink, reason]));
    expect(reasons).toEqual(
      Object.fromEntries(Object.entries(mistakes).map(([name, [, said]]) => [name, expect.stringContaining(said)])),
    );
  }, soon);
  expect(JSON.stringify(uplink.statuses())).not.toContain(wrong);
});

test('a renewed certificate is used without a restart', async () => {
  const own = join(pem.folder, 'own');
  await mkdir(own);
  const put = async ({ certificate, key }: TestCertificates['client']) => {
    await copyFile(certificate, join(own, 'gateway.pem'));
    await copyFile(key, join(own, 'gateway.key'));
  };
  await put(pem.expired);
  const tls = { ca: pem.ca, certificate: join(own, 'gateway.pem'), key: join(own, 'gateway.key') };
  const uplink = await uplinkTo({ kafka: { brokers: certificatePort, tls } }, {});
  await vi.waitFor(() => expect(uplink.statuses()[0]!.reason).toContain('has expired (2020-01-01)'), soon);
  await put(pem.client);
  await vi.waitFor(() => expect(uplink.statuses()).toMatchObject([{ state: 'live', reason: '' }]), soon);
});

test.each([
  ['plain', right],
  ['plain', wrong],
  ['scram-sha-256', right],
  ['scram-sha-512', wrong],
] as const)('no log line has the password (%s, %s)', async (mechanism, secret) => {
  let lines = '';
  const logger = pino(
    { level: 'trace' },
    {
      write: (line: string) => {
        lines += line;
      },
    },
  );
  const user = 'gw-1';
  const sasl = { mechanism, user };
  const sink = kafkaSink(
    { kind: 'kafka', brokers: loginPort, tls: { ca: pem.ca }, sasl },
    { name: 'kafka', identity, secret: { password: secret }, clock: systemClock, logger },
  );
  let said = '';
  try {
    await (await sink.open(10_000)).close();
  } catch (error) {
    logger.warn({ err: error }, 'as a part would log it');
    said = String(error);
  }
  expect(said === '').toBe(secret !== wrong);
  if (secret === wrong) expect(lines).not.toBe('');
  for (const form of [
    secret,
    Buffer.from(secret).toString('base64'),
    Buffer.from(`\0${user}\0${secret}`).toString('base64'),
  ])
    expect(lines + said).not.toContain(form);
});

describe('the centre', () => {
  const cluster = (way: KafkaSecurity, brokers = loginPort) => ({
    brokers,
    prefix: 'forpost',
    development: true,
    ...way,
  });
  const own = (given: string, user = 'centre'): KafkaSecurity => ({
    tls: { ca: pem.ca },
    sasl: { mechanism: 'scram-sha-512', user, password: given },
  });

  test.each([
    ['a log-in', () => cluster(own(right))],
    ['a certificate', () => cluster({ tls: { ca: pem.ca, ...pem.client } }, certificatePort)],
  ])('creates topics, sends and reads with %s', async (way, made) => {
    const prefix = way.replace(' ', '-');
    const to = { ...made(), prefix };
    const { created } = await ensureTopics(kafkaClient(to, 'test', silentLogger()), to, silentLogger());
    await leadersReady(kafka.client, created);
    const producer = new SupervisedProducer(to, 'test', systemClock, silentLogger());
    await producer.start();
    running.push(producer);
    await producer.send([{ topic: `${prefix}.alerts`, key: 'gw-1', value: 'hello' }]);
    const read: string[] = [];
    const consumer = new SupervisedConsumer({
      cluster: to,
      name: 'test',
      groupId: `${prefix}-test`,
      topics: [`${prefix}.alerts`],
      eachBatch: async ({ batch }) => void read.push(...batch.messages.map(({ value }) => String(value))),
      clock: systemClock,
      random: Math.random,
      logger: silentLogger(),
    });
    await consumer.start();
    running.push(consumer);
    await vi.waitFor(() => expect(read).toContain('hello'), soon);
  });

  test.each([
    ['a wrong password', () => cluster(own(wrong)), 'refuses the user or the password'],
    ['an unknown CA', () => cluster({ ...own(right), tls: { ca: pem.otherCa } }), 'PEM file as tls.ca'],
    ['no certificate', () => cluster({ tls: { ca: pem.ca } }, certificatePort), 'asks for a certificate of ours'],
    [
      'an expired certificate',
      () => cluster({ tls: { ca: pem.ca, ...pem.expired } }, certificatePort),
      'has expired (2020-01-01): put a new one there',
    ],
    ['a plain client', () => cluster({}), 'this port wants TLS (tls)'],
  ])('names the remedy for %s', async (_mistake, made, said) => {
    const producer = new SupervisedProducer(made(), 'test', systemClock, silentLogger());
    await producer.start();
    running.push(producer);
    await expect(producer.send([{ topic: 'forpost.alerts', key: 'gw-1', value: 'x' }])).rejects.toMatchObject({
      code: 'FORPOST_SINK_UNREACHABLE',
      message: expect.stringContaining(said),
    });
    const consumer = new SupervisedConsumer({
      cluster: made(),
      name: 'test',
      groupId: 'mistaken',
      topics: ['forpost.alerts'],
      eachBatch: async () => {},
      clock: systemClock,
      random: Math.random,
      logger: silentLogger(),
    });
    await consumer.start();
    running.push(consumer);
    await vi.waitFor(() => expect(consumer.state).toMatchObject({ reason: expect.stringContaining(said) }), soon);
  });
});
