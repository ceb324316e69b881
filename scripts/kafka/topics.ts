/**
 * Topics of a development broker: made, grown, and waited for.
 *
 * Always: whoever returns from here can write to every partition named. A broker that has just started, or has just
 * been thawed, lags behind its controller: it answers metadata requests with UNKNOWN_TOPIC_OR_PARTITION for topics that
 * exist, and knows a topic a moment before it leads its partitions. So each function waits until the leader of every
 * partition answers a ListOffsets request, which is what kafkajs' own `waitForLeaders` does not do.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { ITopicConfig, Kafka } from 'kafkajs';

const deadlineMs = 20_000;
const pauseMs = 50;

/** Makes the topics that are missing. `replicationFactor` is the broker's default where a topic names none. */
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

/** Waits until the leaders of all partitions of `topics` answer; `counts`: how many partitions each must have. */
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

/** Waits until a broker that was frozen leads again what it led: its controller has put it aside meanwhile. */
export async function servesAgain(client: Kafka): Promise<void> {
  const admin = client.admin();
  let topics: string[] = [];
  await eventually(async () => {
    await admin.connect();
    topics = await admin.listTopics();
  }).finally(() => admin.disconnect());
  await leadersReady(client, topics);
}

/** Tries until it succeeds. @throws the last error once the deadline has passed */
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
