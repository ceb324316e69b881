/** The notifier on a real Kafka with real webhooks, and without Kafka. */
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { systemClock } from '@forpost/shared/clock.ts';
import { eventContentType } from '@forpost/shared/event/codec.ts';
import { partitionOf, topic } from '@forpost/shared/event/topics.ts';
import { silentLogger } from '@forpost/shared/logging.ts';
import type { Producer } from 'kafkajs';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { KafkaSetupError, type RunningKafka, startKafka } from '../../scripts/kafka/kafka.ts';
import { testClient } from '../../scripts/kafka/testing.ts';
import { addPartitions, createTopics, servesAgain } from '../../scripts/kafka/topics.ts';
import { unless } from '../../test/harness/unless.ts';
import { type KafkaCluster, kafkaClient, zstd } from '../kafka/client.ts';
import type { Notification } from './channel.ts';
import { createRoutes } from './channels/registry.ts';
import { Notifier, notifyGroup } from './notifier.ts';
import { alertEvent, alertJson } from './testing/recording-channel.ts';

/** The webhook of an alarm desk: records each notification with its time; `refuse` makes it answer with an error. */
class Desk {
  readonly notified: { readonly notification: Notification; readonly atMs: number }[] = [];
  refuse = false;
  refused = 0;
  readonly #server: Server;

  constructor() {
    this.#server = createServer(async (request, response) => {
      const notification = JSON.parse(await text(request)) as Notification;
      if (this.refuse) this.refused++;
      else this.notified.push({ notification, atMs: performance.now() });
      response.writeHead(this.refuse ? 503 : 204).end();
    });
  }

  async open(): Promise<this> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    return this;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/`;
  }

  ids(): string[] {
    return this.notified.map(({ notification }) => notification.id);
  }

  close(): Promise<void> {
    this.#server.closeAllConnections();
    return new Promise((resolve) => this.#server.close(() => resolve()));
  }
}

const id = (sequence: number) => `gw-1/e1/alerts/${sequence}`;
const now = () => ({ received: systemClock.now() });
let desk: Desk;
let phone: Desk;
let notifiers: Notifier[];
let data: string;

beforeEach(async () => {
  data = await mkdtemp(join(tmpdir(), 'forpost-notifier-'));
  desk = await new Desk().open();
  phone = await new Desk().open();
  notifiers = [];
});
afterEach(async () => {
  for (const notifier of notifiers) await notifier.stop();
  await desk.close();
  await phone.close();
  await rm(data, { recursive: true });
});

const routes = () =>
  createRoutes([
    { id: 'desk', kind: 'webhook', url: desk.url },
    { id: 'phone', kind: 'webhook', url: phone.url, severity: 'critical' },
  ]);
const common = { clock: systemClock, random: Math.random, logger: silentLogger() };

describe('without Kafka', () => {
  function notifier(): Notifier {
    const made = new Notifier({ ...common, folder: data, routes: routes() });
    notifiers.push(made);
    return made;
  }

  test('an event from the receiver is sent once to each channel that wants it', async () => {
    const made = notifier();
    await made.start();
    const serious = alertEvent(1, { severity: 'critical' }, now());
    made.onEvent(serious);
    made.onEvent(serious);
    made.onEvent(alertEvent(2, {}, now()));
    made.onEvent(alertEvent(3, { severity: 'info' }, now()));
    made.onEvent(alertEvent(4, { test: true, severity: 'critical' }, now()));
    await vi.waitFor(() => expect(made.status().channels.map(({ sent }) => sent)).toEqual([2, 1]), { timeout: 10_000 });
    expect(desk.ids().sort()).toEqual([id(1), id(2)]);
    expect(phone.ids()).toEqual([id(1)]);
    expect(made.status()).toMatchObject({ connected: true, reason: '', notifications: 3 });
  });

  test('a failed channel delays no other channel, and the status shows its error', async () => {
    const made = notifier();
    await made.start();
    phone.refuse = true;
    for (let i = 1; i <= 20; i++) made.onEvent(alertEvent(i, { severity: 'critical' }, now()));
    await vi.waitFor(() => expect(desk.notified).toHaveLength(20), { timeout: 10_000 });
    const [deskStatus, phoneStatus] = made.status().channels;
    expect(deskStatus).toMatchObject({ channel: 'desk', lastError: '' });
    expect(phoneStatus).toMatchObject({ channel: 'phone', sent: 0, failed: 0, queue: 20 });
    await vi.waitFor(() => expect(made.status().channels[1]?.lastError).toContain('says HTTP 503'), {
      timeout: 10_000,
    });
    phone.refuse = false;
    await vi.waitFor(() => expect(new Set(phone.ids()).size).toBe(20), { timeout: 15_000 });
  });
});

let kafka: RunningKafka | undefined;
let folder: string;
let withoutKafka: string | undefined;
folder = await mkdtemp(join(tmpdir(), 'forpost-notify-'));
try {
  kafka = await startKafka({ dataFolder: join(folder, 'kafka'), port: 0 });
} catch (error) {
  if (!(error instanceof KafkaSetupError)) throw error;
  withoutKafka = error.message;
}

describe('on Kafka', unless(withoutKafka), () => {
  let producer: Producer;
  let prefix: string;
  let prefixes = 0;

  const cluster = (): KafkaCluster => ({ brokers: kafka!.brokers, prefix, development: true });
  const client = () => kafkaClient(cluster(), 'test', silentLogger());

  beforeAll(async () => {
    producer = client().producer({ idempotent: false });
    await producer.connect();
  });
  afterAll(async () => {
    await producer.disconnect();
    await kafka!.stop();
    await rm(folder, { recursive: true });
  });
  beforeEach(async () => {
    prefix = `t${++prefixes}`;
    await createTopics(testClient(kafka!.brokers), [{ topic: topic(prefix, 'alerts'), numPartitions: 3 }]);
  });

  async function started(): Promise<Notifier> {
    const made = new Notifier({ ...common, folder: data, kafka: cluster(), routes: routes() });
    notifiers.push(made);
    await made.start();
    await vi.waitFor(() => expect(made.status()).toMatchObject({ connected: true }), { timeout: 20_000 });
    return made;
  }

  async function raise(sequence: number, data: object = {}, partition = partitionOf('gw-1', 3), key = 'gw-1') {
    await producer.send({
      topic: topic(prefix, 'alerts'),
      acks: -1,
      compression: zstd,
      messages: [
        {
          key,
          value: alertJson(sequence, data, now()),
          partition,
          headers: { 'content-type': eventContentType },
        },
      ],
    });
  }

  const committed = async () => {
    const admin = testClient(kafka!.brokers).admin();
    await admin.connect();
    try {
      const [group] = await admin.fetchOffsets({ groupId: notifyGroup(prefix), topics: [topic(prefix, 'alerts')] });
      return group!.partitions.reduce((sum, { offset }) => sum + Math.max(0, Number(offset)), 0);
    } finally {
      await admin.disconnect();
    }
  };

  test('the notification about an alert in Kafka is sent within 300 ms', async () => {
    await started();
    const latencies: number[] = [];
    for (let i = 1; i <= 20; i++) {
      await raise(i, {}, i % 3);
      const inKafkaMs = performance.now();
      await vi.waitFor(() => expect(desk.notified).toHaveLength(i), { interval: 2, timeout: 5000 });
      latencies.push(desk.notified.at(-1)!.atMs - inKafkaMs);
    }
    latencies.sort((a, b) => a - b);
    console.log(
      `notified after ${latencies[10]!.toFixed(1)} ms (median), ${latencies[19]!.toFixed(1)} ms (worst of 20)`,
    );
    // a busy machine may delay the slowest one, but not the median
    expect(latencies[10]).toBeLessThan(300);
    await vi.waitFor(async () => expect(await committed()).toBe(20), { timeout: 5000 });
  });

  test('a notifier sends each alert since its first start, also those that came while it was stopped, and no earlier one', async () => {
    await raise(1);
    const first = await started();
    await first.stop();
    await raise(2);
    await started();
    await vi.waitFor(() => expect(desk.ids()).toEqual([id(2)]), { timeout: 15_000 });
  });

  test('an alert that another gateway wrote in a gateway’s name notifies nobody', async () => {
    await started();
    await raise(1, {}, 0, 'gw-2');
    await raise(2, {}, 0);
    await vi.waitFor(() => expect(desk.ids()).toEqual([id(2)]), { timeout: 15_000 });
    await vi.waitFor(async () => expect(await committed()).toBe(2), { timeout: 5000 });
  });

  test('people are notified about alerts since the first start, although that start never reached Kafka', async () => {
    await raise(1);
    const unreachable = { ...cluster(), brokers: ['127.0.0.1:1'] };
    const first = new Notifier({ ...common, folder: data, kafka: unreachable, routes: routes() });
    await first.start();
    await first.stop();
    await raise(2);
    await started();
    await vi.waitFor(() => expect(desk.ids()).toEqual([id(2)]), { timeout: 15_000 });
  });

  test('a restart sends the alerts that a channel had not accepted, and does not repeat a settled one', async () => {
    phone.refuse = true;
    const first = await started();
    await raise(1);
    await raise(2, { severity: 'critical' });
    await raise(3);
    await vi.waitFor(() => expect(desk.notified).toHaveLength(3), { timeout: 10_000 });
    await vi.waitFor(() => expect(phone.refused).toBeGreaterThan(0), { timeout: 10_000 });
    await vi.waitFor(async () => expect(await committed()).toBe(1), { timeout: 5000 });
    await first.stop();
    phone.refuse = false;
    await started();
    await vi.waitFor(() => expect(phone.ids()).toEqual([id(2)]), { timeout: 15_000 });
    await vi.waitFor(async () => expect(await committed()).toBe(3), { timeout: 5000 });
    // at least once: 3 was accepted before the restart, but 2 before it was not settled
    expect(desk.ids()).toContain(id(3));
    expect(desk.ids().filter((notified) => notified === id(1))).toHaveLength(1);
  });

  test('records that are no events, and updates of alarms, cause no notification, and their offsets are committed', async () => {
    await started();
    const messages = ['', '{', '[]', '{"specversion":"1.0"}'].map((value) => ({ key: 'x', value, partition: 0 }));
    await producer.send({ topic: topic(prefix, 'alerts'), acks: -1, messages });
    await producer.send({
      topic: topic(prefix, 'alerts'),
      acks: -1,
      messages: [{ key: 'x', value: null, partition: 0 }],
    });
    await raise(1, { change: 'updated' }, 0);
    await raise(2, {}, 0);
    await vi.waitFor(() => expect(desk.ids()).toEqual([id(2)]), { timeout: 10_000 });
    await vi.waitFor(async () => expect(await committed()).toBe(7), { timeout: 5000 });
  });

  test('the offset of a deleted topic is not committed to a new topic of the same name', async () => {
    phone.refuse = true;
    const made = await started();
    await raise(1, { severity: 'critical' });
    await vi.waitFor(() => expect(phone.refused).toBeGreaterThan(0), { timeout: 10_000 });
    const admin = client().admin();
    await admin.connect();
    await admin.deleteTopics({ topics: [topic(prefix, 'alerts')] });
    phone.refuse = false;
    await vi.waitFor(() => expect(phone.ids()).toEqual([id(1)]), { timeout: 15_000 });
    // gives the notifier time for one or two commits that the broker refuses
    await new Promise((resolve) => setTimeout(resolve, 1000));
    await admin.disconnect();
    await createTopics(testClient(kafka!.brokers), [{ topic: topic(prefix, 'alerts'), numPartitions: 3 }]);
    for (let look = 0; look < 20; look++) {
      expect(await committed()).toBe(0);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    await vi.waitFor(() => expect(made.status().connected).toBe(true), { timeout: 20_000 });
    await vi.waitFor(() => raise(2), { timeout: 10_000 });
    await vi.waitFor(() => expect(desk.ids()).toContain(id(2)), { timeout: 20_000 });
  });

  test('alerts in a recreated topic and in added partitions are sent', async () => {
    const name = topic(prefix, 'alerts');
    const first = await started();
    await raise(1);
    await vi.waitFor(() => expect(desk.ids()).toEqual([id(1)]), { timeout: 10_000 });
    const admin = client().admin();
    await admin.connect();
    await admin.deleteTopics({ topics: [name] });
    await admin.disconnect();
    await vi.waitFor(() => expect(first.status().connected).toBe(false), { timeout: 20_000 });
    await createTopics(testClient(kafka!.brokers), [{ topic: name, numPartitions: 3 }]);
    // kafkajs does not see a topic's generation, so it misses no record only once it has read the new topic's metadata
    await vi.waitFor(() => expect(first.status().connected).toBe(true), { timeout: 20_000 });
    await vi.waitFor(() => raise(2), { timeout: 10_000 });
    await vi.waitFor(() => expect(desk.ids()).toContain(id(2)), { timeout: 20_000 });
    await first.stop();
    await addPartitions(testClient(kafka!.brokers), [name], 4);
    // a kafkajs producer silently drops records for a partition that it does not know
    await producer.disconnect();
    producer = client().producer({ idempotent: false });
    await producer.connect();
    await vi.waitFor(() => raise(3, {}, 3), { timeout: 10_000 });
    await started();
    await vi.waitFor(() => expect(desk.ids()).toContain(id(3)), { timeout: 20_000 });
    expect(desk.ids()).toEqual([id(1), id(2), id(3)]);
  });

  test('the notifier stops though Kafka hangs', async () => {
    const made = await started();
    process.kill(kafka!.pid, 'SIGSTOP');
    try {
      const other = new Notifier({ ...common, folder: data, kafka: cluster(), routes: routes() });
      await other.start();
      await vi.waitFor(() => expect(made.status().connected).toBe(false), { timeout: 20_000 });
      const begun = performance.now();
      await Promise.all([made.stop(), other.stop()]);
      expect(performance.now() - begun).toBeLessThan(5_000);
    } finally {
      process.kill(kafka!.pid, 'SIGCONT');
      await servesAgain(testClient(kafka!.brokers));
    }
  });

  test('after Kafka was down, alerts that came meanwhile are sent', async () => {
    const made = await started();
    await raise(1);
    await vi.waitFor(() => expect(desk.ids()).toEqual([id(1)]), { timeout: 10_000 });
    await kafka!.kill();
    await vi.waitFor(() => expect(made.status().connected).toBe(false), { timeout: 20_000 });
    expect(made.status().reason).not.toBe('');
    kafka = await startKafka({ dataFolder: join(folder, 'kafka'), port: kafka!.port });
    producer = client().producer({ idempotent: false });
    await producer.connect();
    await raise(2);
    await vi.waitFor(() => expect(desk.ids()).toEqual([id(1), id(2)]), { timeout: 40_000 });
    expect(made.status().connected).toBe(true);
  });
});

test('the notifier starts and stops without a reachable Kafka', async () => {
  const made = new Notifier({
    ...common,
    folder: data,
    kafka: { brokers: ['127.0.0.1:1'], prefix: 'forpost', development: true },
    routes: routes(),
  });
  await made.start();
  await vi.waitFor(() => expect(made.status().reason).toContain('ECONNREFUSED'), { timeout: 10_000 });
  expect(made.status().connected).toBe(false);
  await made.stop();
  await made.stop();
});
