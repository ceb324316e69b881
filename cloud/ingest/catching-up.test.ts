/** Ingest on a real Kafka and an embedded ClickHouse, with a long backlog and with partitions that moved. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '@forpost/shared/clock.ts';
import { encodeEvent } from '@forpost/shared/event/codec.ts';
import { asId } from '@forpost/shared/event/ids.ts';
import { partitionOf } from '@forpost/shared/event/topics.ts';
import { silentLogger } from '@forpost/shared/logging.ts';
import { inEnglish } from '@forpost/shared/texts/english.ts';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { startTestKafka, type TestKafka } from '../../scripts/kafka/testing.ts';
import { addPartitions, leadersReady } from '../../scripts/kafka/topics.ts';
import { ClickHouseHistory } from '../history/clickhouse/clickhouse-history.ts';
import { EmbeddedExecutor } from '../history/clickhouse/embedded.ts';
import { zstd } from '../kafka/client.ts';
import { PartitionCounts } from '../kafka/partition-counts.ts';
import { ensureTopics } from '../kafka/topics.ts';
import { eventJson } from '../testing/events.ts';
import { Ingest } from './ingest.ts';

const logger = silentLogger();
let kafka: TestKafka;
let folder: string;
let raw: EmbeddedExecutor;
let history: ClickHouseHistory;
beforeAll(async () => {
  kafka = await startTestKafka();
  folder = await mkdtemp(join(tmpdir(), 'forpost-catching-up-'));
  raw = new EmbeddedExecutor(join(folder, 'history'));
  history = new ClickHouseHistory({ executor: raw, clock: systemClock, logger });
  await history.start();
});
afterAll(async () => {
  await history.stop();
  await kafka.remove();
  await rm(folder, { recursive: true });
});

const cluster = (prefix: string) => ({ brokers: kafka.brokers, prefix, development: true });

async function topicsOf(prefix: string): Promise<void> {
  await ensureTopics(kafka.client, cluster(prefix), logger);
  await leadersReady(kafka.client, [`${prefix}.telemetry`, `${prefix}.alerts`]);
}

function anIngest(prefix: string, partitions?: PartitionCounts) {
  const reported = { stored: 0, repeated: 0, poison: [] as string[] };
  const ingest = new Ingest({
    kafka: cluster(prefix),
    history,
    clock: systemClock,
    random: Math.random,
    logger,
    ...(partitions === undefined ? {} : { partitions }),
    events: {
      stored: (events) => {
        reported.stored += events.length;
      },
      repeated: (count) => {
        reported.repeated += count;
      },
      status: () => {},
      poison: ({ reason }) => void reported.poison.push(reason),
    },
  });
  return { ingest, reported };
}

async function write(topic: string, values: readonly string[], key: string, partition: number): Promise<void> {
  const producer = kafka.client.producer();
  await producer.connect();
  for (let i = 0; i < values.length; i += 5000) {
    const messages = values.slice(i, i + 5000).map((value) => ({ key, value, partition }));
    await producer.send({ topic, acks: -1, compression: zstd, messages });
  }
  await producer.disconnect();
}

const dayMs = 86_400_000;

/** Events a second from the start of ingest until a backlog of two gateways, `count` of each, is in the history. */
async function drained(prefix: string, count: number, timeOf: (n: number) => number): Promise<number> {
  await topicsOf(prefix);
  const gateways = ['a', 'b'].map((name) => `${prefix}-${name}`);
  const now = Date.now();
  for (const gateway of gateways) {
    const values = Array.from({ length: count }, (_, i) => {
      const received = now - 40 * dayMs + Math.floor((i * 40 * dayMs) / count);
      return encodeEvent(asId('home'), asId(gateway), {
        epoch: asId<'epoch'>('e1'),
        lane: 'telemetry',
        sequence: i + 1,
        type: 'forpost.reading.v1',
        device: asId<'device'>(`m-${i % 20}`),
        time: timeOf(i),
        received,
        clock: 'synced',
        boot: 'b',
        uptime: i,
        data: JSON.stringify({ values: { power_w: i } }),
      });
    });
    await write(`${prefix}.telemetry`, values, gateway, partitionOf(gateway, 3));
  }
  const { ingest, reported } = anIngest(prefix);
  const started = performance.now();
  await ingest.start();
  try {
    await vi.waitFor(() => expect(reported.stored).toBe(2 * count), { timeout: 200_000, interval: 50 });
    const seconds = (performance.now() - started) / 1000;
    for (const gateway of gateways)
      expect(await history.received({ gateway, epoch: 'e1', lane: 'telemetry' })).toEqual([[1, count]]);
    expect(reported.poison).toEqual([]);
    return Math.round((2 * count) / seconds);
  } finally {
    await ingest.stop();
  }
}

test('a backlog with times of 300 months is stored at the rate of a backlog of a single month', async () => {
  const tame = await drained('tame', 20_000, () => Date.UTC(2026, 0, 15));
  const wild = await drained('wild', 50_000, (i) => Date.UTC(2001, i % 300, 15));
  console.log(`${tame} events/s of one month, ${wild} events/s of 300 months`);
  // a table partitioned by event month would refuse the inserts for good (over 100 partitions); the factor 5 allows for
  // other load on the machine
  expect(wild).toBeGreaterThan(tame / 5);
  const [parts] = await raw.query<{ partitions: string }>(
    "SELECT uniqExact(partition) AS partitions FROM system.parts WHERE active AND table = 'events' AND database = 'forpost'",
    {},
  );
  // partitioned by the month of the insert; the test may run over a month's end
  expect(Number(parts?.partitions)).toBeLessThanOrEqual(2);
}, 300_000);

test('partitions added during a drain lose and duplicate no event, and staff are warned that order is at risk', async () => {
  await topicsOf('grown');
  const file = join(folder, 'topics.json');
  const partitions = new PartitionCounts(file, logger);
  const { ingest, reported } = anIngest('grown', partitions);
  // gateways whose partition changes when 3 partitions become 5
  const gateways = Array.from({ length: 40 }, (_, i) => `gw-${i}`)
    .filter((gateway) => partitionOf(gateway, 3) !== partitionOf(gateway, 5))
    .slice(0, 3);
  const values = (gateway: string, from: number, through: number) =>
    Array.from({ length: through - from + 1 }, (_, i) => eventJson(from + i, { gateway }));
  await ingest.start();
  try {
    for (const gateway of gateways)
      await write('grown.telemetry', values(gateway, 1, 400), gateway, partitionOf(gateway, 3));
    await vi.waitFor(() => expect(ingest.status().handledAt).toBeDefined(), { timeout: 30_000 });
    expect(partitions.problems.map(inEnglish)).toEqual([]);
    await addPartitions(kafka.client, ['grown.telemetry'], 5);
    for (const gateway of gateways) {
      // a gateway that has noticed the change goes back to its cursor; another one continues as before
      await write('grown.telemetry', values(gateway, 301, 800), gateway, partitionOf(gateway, 5));
      await write('grown.telemetry', values(gateway, 401, 900), gateway, partitionOf(gateway, 3));
    }
    for (const gateway of gateways) {
      const key = { gateway, epoch: 'e1', lane: 'telemetry' } as const;
      await vi.waitFor(async () => expect(await history.received(key)).toEqual([[1, 900]]), {
        timeout: 60_000,
        interval: 200,
      });
      await vi.waitFor(async () => expect(await history.rows(key)).toEqual({ rows: 900, distinct: 900 }), {
        timeout: 10_000,
      });
    }
    // Kafka may deliver a batch again when the group is rebalanced: that counts as repeated too
    await vi.waitFor(() => expect(reported.repeated).toBeGreaterThanOrEqual(3 * 500), { timeout: 30_000 });
    expect(partitions.problems.map(inEnglish)).toEqual([
      expect.stringMatching(/^grown.telemetry has 5 partitions and had 3/),
    ]);
    expect(reported.poison).toEqual([]);
  } finally {
    await ingest.stop();
  }
  const restarted = new PartitionCounts(file, logger);
  await restarted.compare(
    new Map([
      ['grown.alerts', 3],
      ['grown.telemetry', 5],
    ]),
  );
  expect(restarted.problems).toHaveLength(1);
});
