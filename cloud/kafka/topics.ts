/**
 * Creates missing topics as shared/event/topics.ts plans them, and checks existing ones. Gateways only check.
 *
 * Always: an existing topic stays unchanged. A setting that can lose events is reported to staff in a sentence: for example,
 * a topic that stamps records with the client's clock deletes the events of a gateway with a wrong clock.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { ForpostError } from '@forpost/shared/errors.ts';
import {
  developmentPartitions,
  type TopicName,
  type TopicPlan,
  topic,
  topicPlans,
} from '@forpost/shared/event/topics.ts';
import { describeTopics } from '@forpost/shared/kafka/topic-metadata.ts';
import type { Logger } from '@forpost/shared/logging.ts';
import { words } from '@forpost/shared/texts/english.ts';
import type { Message } from '@forpost/shared/texts/message.ts';
import { message } from '@forpost/shared/texts/texts.ts';
import kafkajs, { type Admin, type Kafka } from 'kafkajs';
import { firstCause, type KafkaCluster } from './client.ts';
import { isProtocolError } from './protocol-error.ts';

const names = Object.keys(topicPlans) as TopicName[];
const replicas = 3;
const minInSync = 2;
/**
 * When Kafka compacts a compacted topic. The centre reads all of it at each start, and Kafka never compacts an open
 * segment.
 */
const compactedSegment = { ms: 3_600_000, bytes: 64 * 1024 * 1024, dirtyRatio: 0.2 };
/** Shortest acceptable retention: a centre may be down for a night. */
const leastRetentionMs = 86_400_000;

export interface EnsuredTopics {
  /** full names */
  readonly created: readonly string[];
  /** settings of existing topics that can lose events */
  readonly problems: readonly Message[];
}

const createTimeoutMs = 10_000;
const leaderPauseMs = 100;
const notYet = ['UNKNOWN_TOPIC_OR_PARTITION', 'LEADER_NOT_AVAILABLE'];

/**
 * Waits until every partition of new topics has a leader, at most `withinMs`. A broker may not know a topic yet that
 * the controller has just made: kafkajs' `waitForLeaders` takes that answer for a failure.
 * @throws a permanent error at once, and the last other error after `withinMs`
 */
export async function waitForLeaders(
  admin: Pick<Admin, 'fetchTopicMetadata'>,
  topics: readonly string[],
  withinMs = createTimeoutMs,
): Promise<void> {
  const end = performance.now() + withinMs;
  for (;;) {
    try {
      const { topics: found } = await admin.fetchTopicMetadata({ topics: [...topics] });
      if (found.every(({ partitions }) => partitions.every(({ leader }) => leader >= 0))) return;
    } catch (error) {
      if (!isProtocolError(error, notYet) || performance.now() > end) throw error;
    }
    if (performance.now() > end) return;
    await sleep(leaderPauseMs);
  }
}

/** Creates the missing topics, and looks at the settings of the others. @throws ForpostError */
export async function ensureTopics(client: Kafka, cluster: KafkaCluster, logger: Logger): Promise<EnsuredTopics> {
  const admin = client.admin();
  try {
    // a connect that was not answered in time leaves its socket open: close that one too
    await admin.connect();
    const { missing: created } = await describeTopics(
      admin,
      names.map((name) => topic(cluster.prefix, name)),
    );
    const missing = names.filter((name) => created.includes(topic(cluster.prefix, name)));
    if (missing.length > 0) {
      await admin.createTopics({
        topics: missing.map((name) => plan(cluster, name)),
        waitForLeaders: false,
        timeout: createTimeoutMs,
      });
      await waitForLeaders(admin, created);
      logger.info({ topics: created }, 'created topics');
    }
    const present = names.filter((name) => !missing.includes(name));
    return { created, problems: present.length === 0 ? [] : await problemsOf(admin, cluster, present) };
  } catch (error) {
    throw explained(error, cluster);
  } finally {
    await admin.disconnect();
  }
}

function plan({ prefix, development }: KafkaCluster, name: TopicName) {
  const { partitions, retentionMs, cleanup } = topicPlans[name];
  const settings = {
    'message.timestamp.type': 'LogAppendTime',
    'cleanup.policy': cleanup,
    'retention.ms': retentionMs,
    'min.insync.replicas': development ? 1 : minInSync,
    // the broker repacks records of a producer with another codec, which the centre could not read
    'compression.type': 'zstd',
    ...(cleanup === 'compact' && {
      'segment.ms': compactedSegment.ms,
      'segment.bytes': compactedSegment.bytes,
      'min.cleanable.dirty.ratio': compactedSegment.dirtyRatio,
    }),
  };
  return {
    topic: topic(prefix, name),
    numPartitions: development ? Math.min(partitions, developmentPartitions) : partitions,
    replicationFactor: development ? 1 : replicas,
    configEntries: Object.entries(settings).map(([setting, value]) => ({ name: setting, value: String(value) })),
  };
}

const checked = ['message.timestamp.type', 'cleanup.policy', 'retention.ms', 'min.insync.replicas', 'compression.type'];

async function problemsOf(
  admin: Admin,
  { prefix, development }: KafkaCluster,
  some: readonly TopicName[],
): Promise<readonly Message[]> {
  const { resources } = await admin.describeConfigs({
    includeSynonyms: false,
    resources: some.map((name) => ({
      type: kafkajs.ConfigResourceTypes.TOPIC,
      name: topic(prefix, name),
      configNames: checked,
    })),
  });
  const settings = new Map(
    resources.map(({ resourceName, configEntries }) => [
      resourceName,
      new Map(configEntries.map(({ configName, configValue }) => [configName, configValue])),
    ]),
  );
  const { topics } = await admin.fetchTopicMetadata({ topics: some.map((name) => topic(prefix, name)) });
  const fewest = new Map(
    topics.map(({ name, partitions }) => [name, Math.min(...partitions.map((one) => one.replicas.length))]),
  );
  return some.flatMap((name) => {
    const full = topic(prefix, name);
    const now = settings.get(full) ?? new Map();
    return [
      ...settingProblems(full, topicPlans[name], now),
      ...(development ? [] : replicaProblems(full, fewest.get(full) ?? replicas, now)),
    ];
  });
}

/** The problems of the topic with the full name `of`, from its settings by their Kafka names. Pure. */
export function settingProblems(
  of: string,
  { cleanup }: TopicPlan,
  now: ReadonlyMap<string, string>,
): readonly Message[] {
  const problems: Message[] = [];
  if (now.get('message.timestamp.type') === 'CreateTime')
    problems.push(message('centre/reason.topic-client-clock', { topic: of }));
  const policy = now.get('cleanup.policy') ?? cleanup;
  if (cleanup === 'delete' && policy.includes('compact'))
    problems.push(message('centre/reason.topic-compacted', { topic: of }));
  if (cleanup === 'compact' && !policy.includes('compact'))
    problems.push(message('centre/reason.topic-not-compacted', { topic: of }));
  const retentionMs = Number(now.get('retention.ms') ?? -1);
  if (policy.includes('delete') && retentionMs >= 0 && retentionMs < leastRetentionMs)
    problems.push(
      message('centre/reason.topic-retention', { topic: of, minutes: String(Math.round(retentionMs / 60_000)) }),
    );
  const codec = now.get('compression.type') ?? '';
  if (['snappy', 'lz4'].includes(codec)) problems.push(message('centre/reason.topic-codec', { topic: of, codec }));
  return problems;
}

function replicaProblems(of: string, fewest: number, now: ReadonlyMap<string, string>): readonly Message[] {
  if (fewest < replicas)
    return [message('centre/reason.topic-replicas', { topic: of, count: fewest, planned: String(replicas) })];
  return Number(now.get('min.insync.replicas') ?? minInSync) < minInSync
    ? [message('centre/reason.topic-one-broker', { topic: of, planned: String(minInSync) })]
    : [];
}

function explained(error: unknown, { development }: KafkaCluster): unknown {
  const reason = [
    firstCause(error).message,
    ...(error instanceof kafkajs.KafkaJSAggregateError ? error.errors.map((each) => firstCause(each).message) : []),
  ];
  if (development || !reason.some((text) => /replication.factor/i.test(text))) return error;
  return new ForpostError('FORPOST_SINK_TOPIC_MISSING', words('centre/reason.few-brokers', { replicas }), {
    cause: error,
  });
}
