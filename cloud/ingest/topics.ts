/**
 * Makes sure that the topics are there, as shared/event/topics.ts plans them. The centre creates; gateways only check.
 *
 * Always: an existing topic is left as it is, and what differs in a way that can lose events is said: a topic that
 * stamps with the client's clock deletes what a gateway with a wrong clock sends.
 */
import { ForpostError } from '@forpost/shared/errors.ts';
import { developmentPartitions, type TopicName, topic, topicPlans } from '@forpost/shared/event/topics.ts';
import type { Logger } from '@forpost/shared/logging.ts';
import kafkajs, { type Admin, type Kafka } from 'kafkajs';
import { firstCause, type KafkaCluster } from './kafka-client.ts';

const names = Object.keys(topicPlans) as TopicName[];
const replicas = 3;
const minInSync = 2;

/** Creates what is missing. Returns the full names of what it created. @throws ForpostError */
export async function ensureTopics(client: Kafka, cluster: KafkaCluster, logger: Logger): Promise<readonly string[]> {
  const admin = client.admin();
  try {
    // a connect that was not answered in time has left its socket open: it is to be closed too
    await admin.connect();
    const there = new Set(await admin.listTopics());
    const missing = names.filter((name) => !there.has(topic(cluster.prefix, name)));
    if (missing.length > 0) {
      await admin.createTopics({
        topics: missing.map((name) => plan(cluster, name)),
        waitForLeaders: true,
        timeout: 10_000,
      });
      logger.info({ topics: missing.map((name) => topic(cluster.prefix, name)) }, 'created topics');
    }
    await checkStamps(
      admin,
      cluster,
      names.filter((name) => !missing.includes(name)),
      logger,
    );
    return missing.map((name) => topic(cluster.prefix, name));
  } catch (error) {
    throw inWords(error, cluster);
  } finally {
    await admin.disconnect();
  }
}

function plan({ prefix, development }: KafkaCluster, name: TopicName) {
  const { partitions, retentionMs, cleanup } = topicPlans[name];
  return {
    topic: topic(prefix, name),
    numPartitions: development ? Math.min(partitions, developmentPartitions) : partitions,
    replicationFactor: development ? 1 : replicas,
    configEntries: [
      { name: 'message.timestamp.type', value: 'LogAppendTime' },
      { name: 'cleanup.policy', value: cleanup },
      { name: 'retention.ms', value: String(retentionMs) },
      { name: 'min.insync.replicas', value: String(development ? 1 : minInSync) },
    ],
  };
}

async function checkStamps(admin: Admin, { prefix }: KafkaCluster, some: readonly TopicName[], logger: Logger) {
  if (some.length === 0) return;
  const { resources } = await admin.describeConfigs({
    includeSynonyms: false,
    resources: some.map((name) => ({
      type: kafkajs.ConfigResourceTypes.TOPIC,
      name: topic(prefix, name),
      configNames: ['message.timestamp.type'],
    })),
  });
  for (const { resourceName, configEntries } of resources)
    if (
      configEntries.some(
        ({ configName, configValue }) => configName === 'message.timestamp.type' && configValue !== 'LogAppendTime',
      )
    )
      logger.error(
        { topic: resourceName },
        'this topic stamps records with the client’s clock: a gateway with a wrong clock loses events; set message.timestamp.type=LogAppendTime',
      );
}

function inWords(error: unknown, { development }: KafkaCluster): unknown {
  const reason = [
    firstCause(error).message,
    ...(error instanceof kafkajs.KafkaJSAggregateError ? error.errors.map((each) => firstCause(each).message) : []),
  ];
  if (development || !reason.some((text) => /replication.factor/i.test(text))) return error;
  return new ForpostError(
    'FORPOST_SINK_TOPIC_MISSING',
    `Kafka has fewer than ${replicas} brokers, so the topics cannot be created: for a single broker set kafka: development: true`,
    { cause: error },
  );
}
