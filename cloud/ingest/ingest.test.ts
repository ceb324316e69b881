import { randomBytes } from 'node:crypto';
import { systemClock } from '@forpost/shared/clock.ts';
import { partitionOf } from '@forpost/shared/event/topics.ts';
import { silentLogger } from '@forpost/shared/logging.ts';
import kafkajs from 'kafkajs';
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest';
import { readTopic, startTestKafka, type TestKafka } from '../../scripts/kafka/testing.ts';
import { createTopics, deleteTopics, leadersReady, servesAgain } from '../../scripts/kafka/topics.ts';
import { boundAnswers, defaultBatchMb, maxUnpackedBytes } from '../kafka/codecs.ts';
import { ensureTopics } from '../kafka/topics.ts';
import { KafkaDelivery } from '../receiver/delivery.ts';
import { event, eventJson, gatewayStatus } from '../testing/events.ts';
import { failNextCommit, ingestRig, json, lane, snappy, soon, span } from './testing/rig.ts';

const logger = silentLogger();
let kafka: TestKafka;
beforeAll(async () => {
  kafka = await startTestKafka();
}, 90_000);
afterAll(() => kafka.remove());

const { anIngest, cluster, produce, made, committed, members } = ingestRig(() => kafka);

describe('ingest', () => {
  test('stores each event once, although events come twice, out of order and again after a restart', async () => {
    await ensureTopics(kafka.client, cluster('once'), logger);
    const { ingest, history, reported } = anIngest('once');
    // a batch of an abandoned producer landed after its re-send, and the low numbers come last of all
    await produce('once.telemetry', json([11, 12, 13, 14, 19, 20, 12, 13, 14, 15, 16, 17, 18, 19]));
    await produce('once.telemetry', json(span(1, 12)));
    await produce('once.alerts', json([1, 2, 2, 1], 'alerts'));
    await ingest.start();
    await vi.waitFor(async () => {
      expect(await history.received(lane())).toEqual([[1, 20]]);
      expect(await history.received(lane('e1', 'alerts'))).toEqual([[1, 2]]);
    }, soon);
    expect(await history.rows(lane())).toEqual({ rows: 20, distinct: 20 });
    expect(new Set(reported.stored).size).toBe(22);
    expect(reported.stored).toHaveLength(22);
    // Kafka may deliver a batch again when the group is rebalanced: that counts as repeated too
    expect(reported.repeated).toBeGreaterThanOrEqual(8);
    expect(reported.poison).toEqual([]);
    const stoodSince = systemClock.uptime();
    await vi.waitFor(() => expect(ingest.status().handledAt).toBeGreaterThan(stoodSince), soon);
    expect(ingest.status().lags).toEqual([]);
    await ingest.stop();

    await produce('once.telemetry', json([19, 20, 21, 5]));
    const again = anIngest('once', history);
    await again.ingest.start();
    await vi.waitFor(async () => expect(await history.received(lane())).toEqual([[1, 21]]), soon);
    expect(again.reported.stored).toEqual(['gw-1/e1/telemetry/21']);
    expect(await history.rows(lane())).toEqual({ rows: 21, distinct: 21 });
  });

  test('creates the topics with the broker’s clock as their time, and shows a gateway’s state at once', async () => {
    const { ingest, reported } = anIngest('fresh');
    await ingest.start();
    await vi.waitFor(() => expect(ingest.status().statuses.state).toBe('consuming'), soon);
    const admin = kafka.client.admin();
    await admin.connect();
    const { resources } = await admin.describeConfigs({
      includeSynonyms: false,
      resources: ['telemetry', 'status'].map((name) => ({
        type: kafkajs.ConfigResourceTypes.TOPIC,
        name: `fresh.${name}`,
        configNames: ['message.timestamp.type', 'cleanup.policy', 'compression.type', 'segment.ms'],
      })),
    });
    await admin.disconnect();
    const settings = resources.map(({ configEntries }) => configEntries.map(({ configValue }) => configValue).sort());
    expect(settings).toEqual([
      ['604800000', 'LogAppendTime', 'delete', 'zstd'],
      ['3600000', 'LogAppendTime', 'compact', 'zstd'],
    ]);
    expect(ingest.status().topicProblems).toEqual([]);

    const delivery = new KafkaDelivery(cluster('fresh'), systemClock, logger);
    onTestFinished(() => delivery.stop());
    await delivery.start();
    await produce('fresh.status', ['no JSON', JSON.stringify(gatewayStatus()), null]);
    await produce('fresh.status', [JSON.stringify(gatewayStatus({ counter: 9 }))], 'another-key');
    await delivery.status(gatewayStatus({ counter: 2 }));
    await vi.waitFor(() => expect(reported.statuses).toEqual(['gw-1 1', 'gw-1 2']), soon);
  });

  test('an unreadable record goes to the dead letters unchanged, and blocks no other record', async () => {
    await ensureTopics(kafka.client, cluster('poison'), logger);
    const { ingest, history, reported } = anIngest('poison');
    await ingest.start();
    await produce('poison.telemetry', [eventJson(1), '{"half":', eventJson(2)]);
    await produce('poison.telemetry', [eventJson(1, { gateway: 'gw-2' })], 'gw-1');
    await produce('poison.telemetry', [eventJson(3), eventJson(2, { power: 1_000_000 })]);
    await vi.waitFor(() => expect(reported.poison).toHaveLength(3), soon);
    expect(await history.received(lane())).toEqual([[1, 3]]);
    expect(await history.lanes()).toHaveLength(1);
    const letters = (await readTopic(kafka.client, 'poison.deadletter')).map(({ message }) => ({
      original: String(message.value),
      reason: String(message.headers?.reason),
      topic: String(message.headers?.topic),
    }));
    expect(letters).toEqual([
      { original: '{"half":', reason: expect.stringContaining('not JSON'), topic: 'poison.telemetry' },
      {
        original: eventJson(1, { gateway: 'gw-2' }),
        reason: 'the key "gw-1" is not the gateway "gw-2"',
        topic: 'poison.telemetry',
      },
      {
        original: eventJson(2, { power: 1_000_000 }),
        reason: expect.stringContaining('other content'),
        topic: 'poison.telemetry',
      },
    ]);
  });

  test('a key larger than a dead letter, and a thousand malformed records, block no other record', async () => {
    await made('large.telemetry', 'max.message.bytes', '4000000');
    await ensureTopics(kafka.client, cluster('large'), logger);
    const { ingest, history, reported } = anIngest('large');
    const producer = kafka.client.producer();
    await producer.connect();
    const partition = partitionOf('gw-1', 3);
    await producer.send({
      topic: 'large.telemetry',
      messages: [{ key: randomBytes(2_400_000).toString('base64'), value: eventJson(1), partition }],
    });
    await producer.disconnect();
    await produce(
      'large.telemetry',
      span(1, 1000).map((n) => `nonsense ${n}`),
    );
    await produce('large.telemetry', [eventJson(2)]);
    await ingest.start();
    await vi.waitFor(async () => expect(await history.received(lane())).toEqual([[2, 2]]), soon);
    await vi.waitFor(() => expect(reported.poison).toHaveLength(1001), soon);
    const letters = (await readTopic(kafka.client, 'large.deadletter')).map(({ message }) => String(message.value));
    expect(new Set(letters)).toEqual(new Set([eventJson(1), ...span(1, 1000).map((n) => `nonsense ${n}`)]));
  });

  test('a batch that cannot be unpacked goes to the dead letters unchanged, and stops no partition', async () => {
    // the broker leaves records packed as they come
    await made('packed.telemetry', 'compression.type', 'producer');
    await ensureTopics(kafka.client, cluster('packed'), logger);
    const { ingest, history, reported } = anIngest('packed');
    const { CompressionCodecs: codecs, CompressionTypes: types } = kafkajs;
    const before = codecs[types.Snappy];
    codecs[types.Snappy] = () => ({ ...before(), compress: async ({ buffer }: { buffer: Buffer }) => snappy(buffer) });
    try {
      await produce('packed.telemetry', json([1, 2, 3]), 'gw-1', types.Snappy);
    } finally {
      codecs[types.Snappy] = before;
    }
    await produce('packed.telemetry', [Buffer.alloc(maxUnpackedBytes)]);
    await produce('packed.telemetry', json([4]));
    await ingest.start();
    await vi.waitFor(async () => expect(await history.received(lane())).toEqual([[4, 4]]), soon);
    await vi.waitFor(() => expect(reported.poison).toHaveLength(4), soon);
    expect(reported.poison).toEqual([
      ...Array.from({ length: 3 }, () => expect.stringMatching(/batch of 3 records, packed with snappy, cannot be/)),
      expect.stringMatching(/batch of 1 records, packed with zstd, cannot be unpacked/),
    ]);
    const letters = await readTopic(kafka.client, 'packed.deadletter');
    expect(letters.map(({ message }) => String(message.headers?.offset))).toEqual(['0', '1', '2', '3']);
    expect(String(letters[0]?.message.value)).toContain('"id":"gw-1/e1/telemetry/1"');
    await vi.waitFor(() => expect(ingest.status().lags).toEqual([]), soon);
  });

  test('small batches that unpack to more than the bound are processed whole, one after the other', async () => {
    await ensureTopics(kafka.client, cluster('swelling'), logger);
    const { ingest, history, reported } = anIngest('swelling');
    const swollen = ' '.repeat(defaultBatchMb * 131_072);
    for (const n of span(1, 5)) await produce('swelling.telemetry', [eventJson(n) + swollen]);
    await produce('swelling.telemetry', json(span(6, 50)));
    await ingest.start();
    await vi.waitFor(async () => expect(await history.received(lane())).toEqual([[1, 55]]), soon);
    await vi.waitFor(async () => expect(await committed('swelling')).toEqual([55]), soon);
    expect(reported).toMatchObject({ poison: [], repeated: 0 });
  });

  test('while the history cannot be reached, a backlog of large events takes no more memory than batch_mb allows', async () => {
    onTestFinished(() => boundAnswers(defaultBatchMb));
    boundAnswers(8);
    await ensureTopics(kafka.client, cluster('large'), logger);
    const large = ' '.repeat(900_000);
    // 160 MB unpacked, a few KB packed
    for (const gateway of ['gw-1', 'gw-2', 'gw-3', 'gw-4', 'gw-5', 'gw-6'])
      for (const n of span(1, 30)) await produce('large.telemetry', [eventJson(n, { gateway }) + large], gateway);
    const { ingest, history, reported } = anIngest('large');
    history.down = true;
    const before = process.memoryUsage().arrayBuffers;
    let most = 0;
    const watch = setInterval(() => {
      most = Math.max(most, process.memoryUsage().arrayBuffers - before);
    }, 5);
    await ingest.start();
    await vi.waitFor(() => expect(ingest.status().trouble).toBeDefined(), soon);
    history.down = false;
    await vi.waitFor(() => expect(reported.stored).toHaveLength(180), soon);
    clearInterval(watch);
    console.log(`${Math.round(most / 2 ** 20)} MB of buffers at most`);
    // memory of the batch in work, of the batch fetched meanwhile, and of garbage that is not collected yet
    expect(most).toBeLessThan(100 * 2 ** 20);
    expect(reported).toMatchObject({ poison: [], repeated: 0 });
  });

  test('a failing dead-letter topic is reported, and delays its record until the topic accepts it', async () => {
    await made('unwritten.deadletter', 'max.message.bytes', '10');
    await ensureTopics(kafka.client, cluster('unwritten'), logger);
    const { ingest, history, reported } = anIngest('unwritten');
    await ingest.start();
    await produce('unwritten.telemetry', [eventJson(1), '{"half":', eventJson(2)]);
    await vi.waitFor(() => expect(ingest.status().trouble).toBeDefined(), soon);
    expect(ingest.status().trouble).toEqual({
      since: expect.any(Number),
      deadLetters: true,
      reason: expect.stringMatching(/^Kafka: .*larger than/),
    });
    expect(await history.received(lane())).toEqual([[1, 2]]);
    expect(await committed('unwritten')).toEqual([]);
    expect(reported.poison).toEqual([]);
    const admin = kafka.client.admin();
    await admin.connect();
    const configEntries = [{ name: 'max.message.bytes', value: '1000000' }];
    const topicType = kafkajs.ConfigResourceTypes.TOPIC;
    await admin.alterConfigs({
      validateOnly: false,
      resources: [{ type: topicType, name: 'unwritten.deadletter', configEntries }],
    });
    await admin.disconnect();
    await vi.waitFor(async () => expect(await committed('unwritten')).toEqual([3]), soon);
    expect(reported.poison).toHaveLength(1);
    expect(ingest.status().trouble).toBeUndefined();
    expect(await readTopic(kafka.client, 'unwritten.deadletter')).toHaveLength(1);
  });

  test('while the history is unreachable no offset is committed, and afterwards no event is missing', async () => {
    await ensureTopics(kafka.client, cluster('away'), logger);
    const { ingest, history } = anIngest('away');
    history.down = true;
    await ingest.start();
    await produce('away.telemetry', json(span(1, 50)));
    await vi.waitFor(() => expect(ingest.status().events.state).toBe('consuming'), soon);
    expect(await committed('away')).toEqual([]);
    const unread = () => ingest.status().lags.reduce((sum, { records }) => sum + records, 0);
    const stoodSince = systemClock.uptime();
    await vi.waitFor(() => expect(unread()).toBe(50), soon);
    // no acknowledged event may count as missing yet
    expect(ingest.status().handledAt ?? 0).toBeLessThan(stoodSince);
    await vi.waitFor(
      () => expect(ingest.status().trouble).toEqual({ since: expect.any(Number), reason: 'the history is away' }),
      soon,
    );
    history.down = false;
    await vi.waitFor(async () => expect(await history.received(lane())).toEqual([[1, 50]]), soon);
    await vi.waitFor(() => expect(ingest.status().handledAt).toBeGreaterThan(stoodSince), soon);
    expect(ingest.status().trouble).toBeUndefined();
    expect(unread()).toBe(0);
    await vi.waitFor(async () => expect(await committed('away')).toEqual([50]), soon);
  });

  test('a failed commit is tried again, also where no further record comes into its partition', async () => {
    await ensureTopics(kafka.client, cluster('quiet'), logger);
    const { ingest, history } = anIngest('quiet');
    await ingest.start();
    await vi.waitFor(() => expect(ingest.status().events.state).toBe('consuming'), soon);
    const commits = failNextCommit();
    try {
      await produce('quiet.telemetry', json(span(1, 5)));
      await vi.waitFor(() => expect(commits).toHaveBeenCalled(), soon);
      await vi.waitFor(async () => expect(await committed('quiet')).toEqual([5]), soon);
    } finally {
      commits.mockRestore();
    }
    expect(await history.rows(lane())).toEqual({ rows: 5, distinct: 5 });
    await vi.waitFor(() => expect(ingest.status().lags).toEqual([]), soon);
  });

  test('ingest and the receiver’s delivery continue by themselves after Kafka was killed and restarted', async () => {
    const { ingest, history } = anIngest('killed');
    const delivery = new KafkaDelivery(cluster('killed'), systemClock, logger);
    onTestFinished(() => delivery.stop());
    await delivery.start();
    await ingest.start();
    await vi.waitFor(() => expect(ingest.status().events.state).toBe('consuming'), soon);
    const deliver = (numbers: readonly number[]) =>
      delivery.events(
        'gw-1',
        numbers.map((n) => ({ event: event(n), json: eventJson(n) })),
      );
    await deliver([1, 2, 3]);
    await kafka.kill();
    await expect(deliver([4])).rejects.toMatchObject({ code: 'FORPOST_SINK_UNREACHABLE', retryable: true });
    await Promise.all([
      vi.waitFor(
        () => expect(ingest.status().events).toMatchObject({ state: 'connecting', reason: expect.stringMatching(/./) }),
        soon,
      ),
      kafka.restart(),
    ]);
    await vi.waitFor(() => deliver([4, 5]), soon);
    await vi.waitFor(async () => expect(await history.received(lane())).toEqual([[1, 5]]), soon);
    expect(await history.rows(lane())).toEqual({ rows: 5, distinct: 5 });
  });

  test('continues when the topics are deleted and recreated with another number of partitions', async () => {
    const { ingest, history } = anIngest('anew');
    await ingest.start();
    await vi.waitFor(() => expect(ingest.status().events.state).toBe('consuming'), soon);
    await produce('anew.telemetry', json(span(1, 20)));
    await vi.waitFor(async () => expect(await history.received(lane())).toEqual([[1, 20]]), soon);
    await deleteTopics(kafka.client, ['anew.telemetry', 'anew.alerts']);
    const topics = ['anew.telemetry', 'anew.alerts'].map((topic) => ({ topic, numPartitions: 5 }));
    await createTopics(kafka.client, topics);
    const delivery = new KafkaDelivery(cluster('anew'), systemClock, logger);
    onTestFinished(() => delivery.stop());
    await delivery.start();
    const events = span(21, 5).map((n) => ({ event: event(n), json: eventJson(n) }));
    await vi.waitFor(() => delivery.events('gw-1', events), soon);
    await vi.waitFor(async () => expect(await history.received(lane())).toEqual([[1, 25]]), soon);
  });

  test('ingest survives a wall clock that is set back by an hour with a fresh consumer', async () => {
    await ensureTopics(kafka.client, cluster('clock'), logger);
    const { ingest, history } = anIngest('clock');
    const { now } = Date;
    const ahead = vi.spyOn(Date, 'now').mockImplementation(() => now() + 3_600_000);
    let first: string | undefined;
    try {
      await ingest.start();
      await vi.waitFor(() => expect(ingest.status().events.state).toBe('consuming'), soon);
      await vi.waitFor(async () => {
        const all = await members('clock');
        expect(all).toHaveLength(1);
        [first] = all;
      }, soon);
    } finally {
      ahead.mockRestore();
    }
    await vi.waitFor(async () => {
      expect(await members('clock')).toEqual([expect.not.stringMatching(first ?? '')]);
      expect(ingest.status().events.state).toBe('consuming');
    }, soon);
    const [second] = await members('clock');
    await produce('clock.telemetry', json(span(1, 5)));
    await vi.waitFor(async () => expect(await committed('clock')).toEqual([5]), soon);
    expect(await history.rows(lane())).toEqual({ rows: 5, distinct: 5 });
    expect(await members('clock')).toEqual([second]);
  });

  test('every record of a recreated topic is read, although a batch of the deleted topic was still waiting', async () => {
    await ensureTopics(kafka.client, cluster('waited'), logger);
    const { ingest, history } = anIngest('waited');
    history.down = true;
    await ingest.start();
    await produce('waited.telemetry', json(span(1, 50)));
    await vi.waitFor(() => expect(ingest.status().lags).toMatchObject([{ records: 50 }]), soon);
    await vi.waitFor(() => expect(ingest.status().trouble).toBeDefined(), soon);
    await deleteTopics(kafka.client, ['waited.telemetry']);
    // ingest recreates the topic by itself
    await vi.waitFor(() => expect(ingest.status().lags).toEqual([]), soon);
    await leadersReady(kafka.client, ['waited.telemetry']);
    await produce('waited.telemetry', json(span(51, 60)));
    await vi.waitFor(() => expect(ingest.status().lags).toMatchObject([{ records: 60 }]), soon);
    history.down = false;
    await vi.waitFor(async () => expect(await committed('waited')).toEqual([60]), soon);
    // an event that was deleted before it was stored is gone
    expect(await history.received(lane())).toEqual([[51, 110]]);
  });

  test.each(['before it is reached', 'while it is read'])('ingest stops though Kafka hangs %s', async (when) => {
    const { ingest } = anIngest('hanging');
    const delivery = new KafkaDelivery(cluster('hanging'), systemClock, logger);
    await delivery.start();
    if (when === 'while it is read') {
      await ingest.start();
      await vi.waitFor(() => expect(ingest.status().events.state).toBe('consuming'), soon);
      // new partitions may not have a leader yet
      await vi.waitFor(() => delivery.events('gw-1', [{ event: event(1), json: eventJson(1) }]), soon);
    }
    process.kill(kafka.pid, 'SIGSTOP');
    try {
      if (when === 'before it is reached') await ingest.start();
      const sent = delivery.events('gw-1', [{ event: event(2), json: eventJson(2) }]).catch(() => 'not sent');
      await vi.waitFor(() => expect(ingest.status().events.state).toBe('connecting'), soon);
      const begun = performance.now();
      await Promise.all([ingest.stop(), delivery.stop()]);
      expect(performance.now() - begun).toBeLessThan(5_000);
      expect(await sent).toBe('not sent');
    } finally {
      process.kill(kafka.pid, 'SIGCONT');
      await servesAgain(kafka.client);
    }
  });
});
