/** Kafka for the jobs: its errors in words, and the number of members of a consumer group. */
import { systemClock } from '@forpost/shared/clock.ts';
import { ForpostError } from '@forpost/shared/errors.ts';
import type { Logger } from '@forpost/shared/logging.ts';
import { type KafkaCluster, kafkaClient, kafkaReason } from '../kafka/client.ts';

/** Runs `work`, and turns an error of kafkajs into one sentence. @throws ForpostError */
export async function withKafkaReasons<Result>(cluster: KafkaCluster, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof ForpostError) throw error;
    const reason = kafkaReason(error, cluster, systemClock.now());
    const place = cluster.brokers.join(', ');
    throw new ForpostError('FORPOST_SINK_UNREACHABLE', `Kafka at ${place}: ${reason}`, { cause: error });
  }
}

/** How many members `groupId` has now. @throws the errors of kafkajs */
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
