/**
 * The Kafka topics, and the partition of a key. Every sink computes the partition here and sends it explicitly, because
 * clients' defaults differ: two common ones put 19 of 40 keys into different partitions.
 */
import type { Lane } from './ids.ts';

export type TopicName = 'alerts' | 'telemetry' | 'status' | 'commands' | 'registry' | 'operations' | 'deadletter';

export interface TopicPlan {
  readonly partitions: number;
  /** ms; -1 = for ever (a compacted topic) */
  readonly retentionMs: number;
  readonly cleanup: 'delete' | 'compact';
}

const dayMs = 86_400_000;

/** The plan for a cluster. A single development broker uses `developmentPartitions` and one replica. */
export const topicPlans: Readonly<Record<TopicName, TopicPlan>> = {
  alerts: { partitions: 12, retentionMs: 365 * dayMs, cleanup: 'delete' },
  telemetry: { partitions: 48, retentionMs: 30 * dayMs, cleanup: 'delete' },
  status: { partitions: 12, retentionMs: -1, cleanup: 'compact' },
  commands: { partitions: 12, retentionMs: 7 * dayMs, cleanup: 'delete' },
  registry: { partitions: 1, retentionMs: -1, cleanup: 'compact' },
  operations: { partitions: 12, retentionMs: 365 * dayMs, cleanup: 'delete' },
  deadletter: { partitions: 3, retentionMs: 30 * dayMs, cleanup: 'delete' },
};

/** Partitions of every topic on a single development broker. */
export const developmentPartitions = 3;

export function topic(prefix: string, name: TopicName): string {
  return `${prefix}.${name}`;
}

export function laneTopic(prefix: string, lane: Lane): string {
  return topic(prefix, lane);
}

/** Partition of a key, as Kafka's Java client computes it: (murmur2(key) & 0x7fffffff) mod partitions. */
export function partitionOf(key: string, partitions: number): number {
  if (!Number.isInteger(partitions) || partitions < 1) throw new RangeError(`${partitions} partitions`);
  return (murmur2(Buffer.from(key, 'utf8')) & 0x7fffffff) % partitions;
}

/** MurmurHash2, 32-bit, with the seed of org.apache.kafka.common.utils.Utils.murmur2. */
export function murmur2(data: Uint8Array): number {
  const m = 0x5bd1e995;
  const length = data.length;
  let h = 0x9747b28c ^ length;
  const view = new DataView(data.buffer, data.byteOffset, length);
  const whole = length & ~3;
  for (let i = 0; i < whole; i += 4) {
    let k = Math.imul(view.getInt32(i, true), m);
    k ^= k >>> 24;
    h = Math.imul(h, m) ^ Math.imul(k, m);
  }
  const rest = length & 3;
  if (rest === 3) h ^= view.getUint8(whole + 2) << 16;
  if (rest >= 2) h ^= view.getUint8(whole + 1) << 8;
  if (rest >= 1) h = Math.imul(h ^ view.getUint8(whole), m);
  h ^= h >>> 13;
  h = Math.imul(h, m);
  return h ^ (h >>> 15);
}
