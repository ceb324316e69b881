/**
 * Adds partitions to the lanes' topics while the gateway drains: its later events go to another partition than its earlier ones.
 * No event is lost or duplicated, and the centre reports that order is at risk.
 */
import { topic } from '@forpost/shared/event/topics.ts';
import type { CentreView } from '../../../cloud/health/schemas.ts';
import { testClient } from '../../../scripts/kafka/testing.ts';
import { until } from '../../harness/process.ts';
import { type Scenario, sleep } from './scenario.ts';

const topics = [topic('forpost', 'alerts'), topic('forpost', 'telemetry')];
/** enough for a long-lived setting: each partition costs the broker files and the centre a fetch */
const mostPartitions = 60;
const reportedWithinMs = 20_000;
/** Kafka itself may be away at that moment */
const addedWithinMs = 30_000;

export const partitionsAdded: Scenario = {
  name: 'partitions-added',
  weight: 1,
  async disturb({ setting, random, loadMs, count, say }) {
    await sleep(random.int(50, loadMs));
    const added = await until(
      'partitions are added',
      () => add(setting.kafka.brokers, random.int(1, 2)),
      addedWithinMs,
    );
    count('partitions_added', added);
    say(`${added} partitions were added`);
    // the gateway asks for the number of partitions when it connects
    setting.link.reset();
  },
  /** The gateway reports it too, at its next look at the topics: each minute, and at each connection. */
  async check({ setting: { kafka, centre } }) {
    const counts = await partitionCounts(kafka.brokers);
    const isReported = async () => {
      const { problems } = await centre.api<CentreView>('/api/v1/centre');
      return counts.every(([name, now]) =>
        problems.some((text) => text.startsWith(`${name} has ${now} partitions and had`)),
      );
    };
    await until(`the centre reports ${JSON.stringify(counts)}`, isReported, reportedWithinMs);
  },
};

/** Partitions by topic. */
async function partitionCounts(brokers: readonly string[]): Promise<readonly (readonly [string, number])[]> {
  const admin = testClient(brokers).admin();
  try {
    await admin.connect();
    const { topics: found } = await admin.fetchTopicMetadata({ topics });
    return found.map(({ name, partitions }) => [name, partitions.length]);
  } finally {
    await admin.disconnect();
  }
}

/** Adds partitions up to the bound; returns how many each topic got. */
async function add(brokers: readonly string[], more: number): Promise<number> {
  const wanted = (await partitionCounts(brokers)).flatMap(([name, now]) =>
    now + more > mostPartitions ? [] : [{ topic: name, count: now + more }],
  );
  const admin = testClient(brokers).admin();
  try {
    await admin.connect();
    if (wanted.length > 0) await admin.createPartitions({ topicPartitions: wanted, timeout: 5_000 });
    return wanted.length > 0 ? more : 0;
  } finally {
    await admin.disconnect();
  }
}
