/**
 * Somebody adds partitions to the lanes' topics while the gateway drains: its later events go to another partition than
 * its earlier ones. Nothing is lost or doubled, and the centre says that order is at risk.
 */
import { topic } from '@forpost/shared/event/topics.ts';
import { testClient } from '../../../scripts/kafka/testing.ts';
import { until } from '../../harness/process.ts';
import { type Scenario, sleep } from './scenario.ts';

const topics = [topic('forpost', 'alerts'), topic('forpost', 'telemetry')];
/** a setting that lives long has enough of them: each costs the broker files and the centre a fetch */
const mostPartitions = 24;
/** Kafka may be away itself just now */
const addedWithinMs = 30_000;

export const partitionsAdded: Scenario = {
  name: 'partitions-added',
  weight: 1,
  async disturb({ setting, random, loadMs, count, say }) {
    await sleep(random.int(50, loadMs));
    const added = random.int(1, 3);
    await until('partitions are added', () => add(setting.kafka.brokers, added), addedWithinMs);
    count('partitions_added', added);
    say(`${added} partitions were added`);
    // the gateway asks how many there are when it connects
    setting.link.reset();
  },
};

async function add(brokers: readonly string[], more: number): Promise<true> {
  const admin = testClient(brokers).admin();
  try {
    await admin.connect();
    const { topics: found } = await admin.fetchTopicMetadata({ topics });
    const wanted = found.flatMap(({ name, partitions }) =>
      partitions.length + more > mostPartitions ? [] : [{ topic: name, count: partitions.length + more }],
    );
    if (wanted.length > 0) await admin.createPartitions({ topicPartitions: wanted, timeout: 5_000 });
    return true;
  } finally {
    await admin.disconnect();
  }
}
