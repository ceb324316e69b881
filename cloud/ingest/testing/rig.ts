/** For tests of ingest: a centre's ingest on a real Kafka, and functions that write and read its topics. */
import { createRequire } from 'node:module';
import { systemClock } from '@forpost/shared/clock.ts';
import { ForpostError } from '@forpost/shared/errors.ts';
import type { ForpostEvent } from '@forpost/shared/event/event.ts';
import type { Lane } from '@forpost/shared/event/ids.ts';
import { partitionOf } from '@forpost/shared/event/topics.ts';
import { silentLogger } from '@forpost/shared/logging.ts';
import kafkajs from 'kafkajs';
import { onTestFinished, vi } from 'vitest';
import type { TestKafka } from '../../../scripts/kafka/testing.ts';
import { createTopics } from '../../../scripts/kafka/topics.ts';
import { MemoryHistory } from '../../history/memory-store.ts';
import type { KafkaCluster } from '../../kafka/client.ts';
import { eventJson } from '../../testing/events.ts';
import { Ingest, ingestGroup } from '../ingest.ts';

/** JSON of the telemetry events of these numbers. */
export const json = (numbers: readonly number[], lane: Lane = 'telemetry') =>
  numbers.map((n) => eventJson(n, { lane }));
export const soon = { timeout: 25_000, interval: 20 };
/** A lane of the events' gateway. */
export const lane = (epoch = 'e1', name: Lane = 'telemetry') => ({ gateway: 'gw-1', epoch, lane: name }) as const;
/** `count` numbers from `from` on. */
export const span = (from: number, count: number) => Array.from({ length: count }, (_, i) => from + i);

/** A history that fails while `down`. */
export class FailingHistory extends MemoryHistory {
  down = false;
  override async insert(events: readonly ForpostEvent[]): Promise<void> {
    if (this.down) throw new ForpostError('FORPOST_HISTORY_FAILED', 'the history is away');
    await super.insert(events);
  }
}

/** A block of snappy that holds `bytes` as they are: their number, then literals. */
export function snappy(bytes: Buffer): Buffer {
  const parts: Buffer[] = [];
  let size = bytes.length;
  for (; size > 0x7f; size >>>= 7) parts.push(Buffer.from([(size & 0x7f) | 0x80]));
  parts.push(Buffer.from([size]));
  for (let at = 0; at < bytes.length; at += 256) {
    const literal = bytes.subarray(at, at + 256);
    parts.push(Buffer.from([60 << 2, literal.length - 1]), literal);
  }
  return Buffer.concat(parts);
}

/** Makes the next commit of kafkajs in this process fail as after a closed connection. */
export function failNextCommit() {
  const manager: { readonly prototype: { commitOffsets(): Promise<void> } } = createRequire(import.meta.url)(
    'kafkajs/src/consumer/offsetManager',
  );
  const closed = new kafkajs.KafkaJSConnectionError('Closed connection');
  return vi.spyOn(manager.prototype, 'commitOffsets').mockRejectedValueOnce(closed);
}

/** `kafka`: the broker of the test's file, once it is up. */
export function ingestRig(kafka: () => TestKafka) {
  const logger = silentLogger();

  /** A centre's ingest on a history, and the reports of that ingest. */
  function anIngest(prefix: string, history = new FailingHistory(systemClock)) {
    const reported = { stored: [] as string[], repeated: 0, statuses: [] as string[], poison: [] as string[] };
    const ingest = new Ingest({
      kafka: cluster(prefix),
      history,
      events: {
        stored: (events) => reported.stored.push(...events.map(({ id }) => id)),
        repeated: (count) => {
          reported.repeated += count;
        },
        status: ({ gateway, counter }) => reported.statuses.push(`${gateway} ${counter}`),
        poison: ({ reason }) => void reported.poison.push(reason),
      },
      clock: systemClock,
      random: Math.random,
      logger,
    });
    onTestFinished(() => ingest.stop());
    return { ingest, history, reported };
  }

  function cluster(prefix: string): KafkaCluster {
    return { brokers: kafka().brokers, prefix, development: true };
  }

  /** Writes any records into a topic as a gateway does. */
  async function produce(
    topic: string,
    values: readonly (string | Buffer | null)[],
    key = 'gw-1',
    compression = kafkajs.CompressionTypes.ZSTD,
  ): Promise<void> {
    const producer = kafka().client.producer({ createPartitioner: kafkajs.Partitioners.DefaultPartitioner });
    await producer.connect();
    const partition = partitionOf(key, 3);
    const messages = values.map((value) => ({ key, value, partition }));
    await producer.send({ topic, messages, acks: -1, compression });
    await producer.disconnect();
  }

  /** Creates a lane's topic before the centre does. */
  async function made(name: string, setting: string, value: string): Promise<void> {
    await createTopics(kafka().client, [{ topic: name, numPartitions: 3, configEntries: [{ name: setting, value }] }]);
  }

  /** The committed offsets of ingest in the telemetry topic that are above 0. */
  async function committed(prefix: string): Promise<readonly number[]> {
    const admin = kafka().client.admin();
    await admin.connect();
    const [telemetry] = await admin.fetchOffsets({ groupId: ingestGroup(prefix), topics: [`${prefix}.telemetry`] });
    await admin.disconnect();
    return telemetry?.partitions.map(({ offset }) => Number(offset)).filter((offset) => offset > 0) ?? [];
  }

  /** The ids of the consumers in ingest's group, according to the broker. */
  async function members(prefix: string): Promise<readonly string[]> {
    const admin = kafka().client.admin();
    await admin.connect();
    const { groups } = await admin.describeGroups([ingestGroup(prefix)]);
    await admin.disconnect();
    return groups.flatMap((group) => group.members.map(({ memberId }) => memberId));
  }

  return { anIngest, cluster, produce, made, committed, members };
}
