/**
 * Reads the records that stand in Kafka now, once and in order by partition, for jobs beside the centre (rebuild,
 * replay).
 *
 *   look ──► the range of each partition ──► reading, each partition from its place ── all ends reached ──► over
 *                                              └── Kafka away ──► a fresh consumer continues from the places ┘
 *
 * Always: the reader has a consumer group of its own, which commits nothing and is deleted at the end, so no other group's
 * offsets change. Each record is handed over once in the life of the job, in the order of its partition. Records that
 * Kafka deletes meanwhile are skipped.
 */
import { randomUUID } from 'node:crypto';
import { type Clock, sleep } from '@forpost/shared/clock.ts';
import type { Logger } from '@forpost/shared/logging.ts';
import type { EachBatchPayload, Kafka, KafkaMessage } from 'kafkajs';
import { type KafkaCluster, kafkaClient } from './client.ts';
import { SupervisedConsumer } from './supervised-consumer.ts';

/** Of one partition: the offsets from <= offset < to. */
export interface PartitionRange {
  /** full name */
  readonly topic: string;
  readonly partition: number;
  readonly from: bigint;
  readonly to: bigint;
}

export interface RangeReaderOptions {
  readonly cluster: KafkaCluster;
  /** for logs and ids */
  readonly name: string;
  readonly ranges: readonly PartitionRange[];
  /** called in the order of each partition. An error ends the job. */
  readonly handle: (messages: readonly KafkaMessage[], topic: string) => Promise<void>;
  readonly clock: Clock;
  readonly random: () => number;
  readonly logger: Logger;
}

/** The ranges of records in `topics` now. @throws the errors of kafkajs */
export async function heldRanges(client: Kafka, topics: readonly string[]): Promise<readonly PartitionRange[]> {
  const admin = client.admin();
  try {
    await admin.connect();
    const held: PartitionRange[] = [];
    for (const topic of topics)
      for (const { partition, low, high } of await admin.fetchTopicOffsets(topic))
        held.push({ topic, partition, from: BigInt(low), to: BigInt(high) });
    return held;
  } finally {
    await admin.disconnect();
  }
}

/** How often the reader asks whether Kafka has deleted records that were still to be read. */
const checkEveryMs = 5_000;

/** Resolves when every record of the ranges has been handed over. @throws what `handle` throws */
export async function readRanges(options: RangeReaderOptions): Promise<void> {
  const { cluster, name, ranges, handle, clock, random, logger } = options;
  const nameOf = ({ topic, partition }: Pick<PartitionRange, 'topic' | 'partition'>) => `${topic}/${partition}`;
  const ends = new Map(ranges.map((range) => [nameOf(range), range.to]));
  const places = new Map(ranges.map((range) => [nameOf(range), range.from]));
  const left = () => ranges.filter((range) => (places.get(nameOf(range)) ?? 0n) < range.to);
  const { promise: over, resolve, reject } = Promise.withResolvers<void>();

  const eachBatch = async ({ batch, resolveOffset, heartbeat }: EachBatchPayload) => {
    const key = nameOf(batch);
    const place = places.get(key) ?? 0n;
    const end = ends.get(key) ?? 0n;
    const fresh = batch.messages.filter(({ offset }) => BigInt(offset) >= place && BigInt(offset) < end);
    if (fresh.length > 0) {
      try {
        await handle(fresh, batch.topic);
      } catch (error) {
        reject(error);
        throw error;
      }
    }
    const next = BigInt(batch.lastOffset()) + 1n;
    if (next > place) places.set(key, next);
    resolveOffset(batch.lastOffset());
    if (left().length === 0) resolve();
    else await heartbeat();
  };
  const consumer = new SupervisedConsumer({
    cluster,
    name,
    eachBatch,
    clock,
    random,
    logger,
    groupId: `${cluster.prefix}-${name}-${randomUUID()}`,
    topics: [...new Set(ranges.map(({ topic }) => topic))],
    onJoined: async (joined) => {
      for (const range of left())
        joined.seek({
          topic: range.topic,
          partition: range.partition,
          offset: `${places.get(nameOf(range)) ?? range.from}`,
        });
    },
  });
  if (left().length === 0) return;
  const stop = new AbortController();
  const watching = passOverDeleted(options, places, left, resolve, stop.signal);
  await consumer.start();
  try {
    await over;
  } finally {
    stop.abort();
    await Promise.all([consumer.stop(), watching]);
  }
}

/** Moves places forward to the oldest remaining record where Kafka has deleted records. */
async function passOverDeleted(
  { cluster, name, clock, logger }: RangeReaderOptions,
  places: Map<string, bigint>,
  left: () => readonly PartitionRange[],
  resolve: () => void,
  stopping: AbortSignal,
): Promise<void> {
  for (;;) {
    await sleep(clock, checkEveryMs, stopping);
    if (stopping.aborted) return;
    try {
      const client = kafkaClient(cluster, name, logger);
      for (const { topic, partition, from } of await heldRanges(client, [...new Set(left().map((one) => one.topic))])) {
        const key = `${topic}/${partition}`;
        const place = places.get(key);
        if (place !== undefined && place < from) places.set(key, from);
      }
      if (left().length === 0) resolve();
    } catch (error) {
      logger.debug({ err: error }, 'the oldest offsets cannot be read from Kafka');
    }
  }
}
