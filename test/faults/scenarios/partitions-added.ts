/**
 * Somebody adds partitions to the lanes' topics while the gateway drains: its later events go to another partition than
 * its earlier ones. Nothing is lost or doubled, and the centre says that order is at risk.
 */
import { topic } from '@forpost/shared/event/topics.ts';
import type { CentreView, GatewaysAnswer, GatewayView } from '../../../cloud/api/schemas.ts';
import { testClient } from '../../../scripts/kafka/testing.ts';
import { until } from '../../harness/process.ts';
import type { GatewayUnderTest } from '../gateway-under-test.ts';
import type { FaultSetting } from '../setting.ts';
import { type Scenario, sleep } from './scenario.ts';

const topics = [topic('forpost', 'alerts'), topic('forpost', 'telemetry')];
/** a setting that lives long has enough of them: each costs the broker files and the centre a fetch */
const mostPartitions = 60;
const toldWithinMs = 20_000;
/** Kafka may be away itself just now */
const addedWithinMs = 30_000;

export const partitionsAdded: Scenario = {
  name: 'partitions-added',
  weight: 1,
  async disturb({ setting, gateway, random, loadMs, count, say }) {
    await sleep(random.int(50, loadMs));
    // one that was not connected yet has seen no other number
    await until('the gateway was connected once', async () => (await view(setting, gateway)) !== undefined);
    const added = await until(
      'partitions are added',
      () => add(setting.kafka.brokers, random.int(1, 2)),
      addedWithinMs,
    );
    count('partitions_added', added);
    say(`${added} partitions were added`);
    // the gateway asks how many there are when it connects
    setting.link.reset();
  },
  async check({ setting, gateway }) {
    const told = async () => (await view(setting, gateway))?.problems.some((text) => risk.test(text));
    await until('the gateway says at the centre that order is at risk', told, toldWithinMs);
    const known = async () =>
      (await setting.centre.api<CentreView>('/api/v1/centre')).problems.some((text) => more.test(text));
    await until('the centre says that the topics have more partitions', known, toldWithinMs);
  },
};

/** The gateway's last status at the centre. */
async function view({ centre }: FaultSetting, { id }: GatewayUnderTest): Promise<GatewayView | undefined> {
  const { gateways } = await centre.api<GatewaysAnswer>('/api/v1/gateways');
  return gateways.find(({ gateway, last_contact }) => gateway === id && last_contact !== null);
}

const risk = /order is at risk/;
const more = /has \d+ partitions and had \d+/;

/** How many each topic has got more; none beyond a bound. */
async function add(brokers: readonly string[], more: number): Promise<number> {
  const admin = testClient(brokers).admin();
  try {
    await admin.connect();
    const { topics: found } = await admin.fetchTopicMetadata({ topics });
    const wanted = found.flatMap(({ name, partitions }) =>
      partitions.length + more > mostPartitions ? [] : [{ topic: name, count: partitions.length + more }],
    );
    if (wanted.length > 0) await admin.createPartitions({ topicPartitions: wanted, timeout: 5_000 });
    return wanted.length > 0 ? more : 0;
  } finally {
    await admin.disconnect();
  }
}
