/** What the jobs beside the centre share: the cluster from the file, and whether a centre is at work on it. */
import { systemClock } from '@forpost/shared/clock.ts';
import { ForpostError } from '@forpost/shared/errors.ts';
import type { Logger } from '@forpost/shared/logging.ts';
import type { CloudConfig } from '../config/config.ts';
import { readPassword } from '../config/load.ts';
import { type KafkaCluster, kafkaClient, kafkaReason } from '../kafka/client.ts';

/** @throws ForpostError FORPOST_CONFIG_INVALID where the file names no Kafka */
export function clusterOf({ kafka }: CloudConfig, configFile: string): KafkaCluster {
  if (kafka === undefined)
    throw new ForpostError('FORPOST_CONFIG_INVALID', `${configFile} names no Kafka (kafka: brokers: …)`);
  const { prefix = 'forpost', development = false, brokers, tls, sasl } = kafka;
  return {
    ...{ brokers, prefix, development, tls },
    sasl: sasl && { ...sasl, password: readPassword(sasl.password_file) },
  };
}

/** Runs `work`; what kafkajs throws becomes one sentence. @throws ForpostError */
export async function inWords<Result>(cluster: KafkaCluster, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof ForpostError) throw error;
    const reason = kafkaReason(error, cluster, systemClock.now());
    const place = cluster.brokers.join(', ');
    throw new ForpostError('FORPOST_SINK_UNREACHABLE', `Kafka at ${place}: ${reason}`, { cause: error });
  }
}

/** How many members `groupId` has now. @throws what kafkajs throws */
export async function membersOf(cluster: KafkaCluster, groupId: string, logger: Logger): Promise<number> {
  const admin = kafkaClient(cluster, 'jobs', logger).admin();
  try {
    await admin.connect();
    const { groups } = await admin.describeGroups([groupId]);
    return groups.reduce((sum, { members }) => sum + members.length, 0);
  } finally {
    await admin.disconnect();
  }
}
