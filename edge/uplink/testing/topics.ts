/** For tests of the uplink: a gateway's topics at a test's Kafka. */
import { decodeEvent } from '@forpost/shared/event/codec.ts';
import type { ForpostEvent } from '@forpost/shared/event/event.ts';
import type { Lane } from '@forpost/shared/event/ids.ts';
import { partitionOf, type TopicName, topicPlans } from '@forpost/shared/event/topics.ts';
import { expect } from 'vitest';
import { readTopic, type TestKafka } from '../../../scripts/kafka/testing.ts';
import { createTopics } from '../../../scripts/kafka/topics.ts';
import { gateway } from './site.ts';

export const partitions = 3;

/** Creates topics as the centre does; the gateway creates none. */
export async function topicsAt(
  { client }: TestKafka,
  prefix: string,
  names: readonly TopicName[] = ['alerts', 'telemetry', 'status'],
): Promise<void> {
  const topics = names.map((name) => ({
    topic: `${prefix}.${name}`,
    numPartitions: partitions,
    replicationFactor: 1,
    configEntries: [{ name: 'cleanup.policy', value: topicPlans[name].cleanup }],
  }));
  await createTopics(client, topics);
}

/** All events of a lane, each in the gateway's partition under the gateway's key. */
export async function eventsIn({ client }: TestKafka, prefix: string, lane: Lane): Promise<readonly ForpostEvent[]> {
  const records = await readTopic(client, `${prefix}.${lane}`);
  return records.map(({ partition, message }) => {
    expect(partition).toBe(partitionOf(gateway, partitions));
    expect(String(message.key)).toBe(gateway);
    const decoded = decodeEvent(message.value ?? Buffer.alloc(0));
    if (!decoded.ok) throw new Error(decoded.reason);
    return decoded.event;
  });
}
