/**
 * Creates and deletes topics on a development broker, adds partitions, and waits for their leaders.
 *
 * Always: clients can write to every partition that a function has created or waited for. A broker that has just started
 * or been thawed lags behind its controller: it answers metadata requests with UNKNOWN_TOPIC_OR_PARTITION for existing
 * topics, and knows a topic a moment before it leads its partitions. So these functions wait until the leader of every
 * partition answers a ListOffsets request; kafkajs' own `waitForLeaders` does not.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { ITopicConfig, Kafka } from 'kafkajs';

const deadlineMs = 20_000;
const pauseMs = 50;

/** Creates missing topics. `replicationFactor`: the broker's default unless a topic names one. */
export async function createTopics(client: Kafka, topics: readonly ITopicConfig[]): Promise<void> {
  const admin = client.admin();
  await eventually(async () => {
    await admin.connect();
    await admin.createTopics({ topics: [...topics], waitForLeaders: false });
  }).finally(() => admin.disconnect());
  await leadersReady(
    client,
    topics.map(({ topic }) => topic),
    Object.fromEntries(topics.map(({ topic, numPartitions }) => [topic, numPartitions ?? 1])),
  );
}

/** Adds partitions until each of `topics` has `count`. */
export async function addPartitions(client: Kafka, topics: readonly string[], count: number): Promise<void> {
  const admin = client.admin();
  await admin.connect();
  try {
    await admin.createPartitions({ topicPartitions: topics.map((topic) => ({ topic, count })) });
  } finally {
    await admin.disconnect();
  }
  await leadersReady(client, topics, Object.fromEntries(topics.map((topic) => [topic, count])));
}

/** Deletes topics; clients may see them for a moment longer. */
export async function deleteTopics(client: Kafka, topics: readonly string[]): Promise<void> {
  const admin = client.admin();
  await admin.connect();
  try {
    await admin.deleteTopics({ topics: [...topics] });
  } finally {
    await admin.disconnect();
  }
}

/** Waits until the leaders of all partitions of `topics` answer. `counts`: the number of partitions of each topic. */
export async function leadersReady(
  client: Kafka,
  topics: readonly string[],
  counts: Readonly<Record<string, number>> = {},
): Promise<void> {
  const admin = client.admin();
  await eventually(() => admin.connect());
  try {
    for (const topic of topics)
      await eventually(async () => {
        const found = (await admin.fetchTopicOffsets(topic)).length;
        const wanted = counts[topic] ?? 1;
        if (found < wanted) throw new Error(`${topic} has ${found} of ${wanted} partitions`);
      });
  } finally {
    await admin.disconnect();
  }
}

/** Waits until a thawed broker leads its partitions again: the controller has given them to others meanwhile. */
export async function servesAgain(client: Kafka): Promise<void> {
  const admin = client.admin();
  let topics: string[] = [];
  await eventually(async () => {
    await admin.connect();
    topics = await admin.listTopics();
  }).finally(() => admin.disconnect());
  await leadersReady(client, topics);
}

/** Repeats until an attempt succeeds. @throws the last error after the deadline */
async function eventually(attempt: () => Promise<void>): Promise<void> {
  const give = AbortSignal.timeout(deadlineMs);
  for (;;)
    try {
      return await attempt();
    } catch (error) {
      if (give.aborted) throw error;
      await sleep(pauseMs);
    }
}
