/** `forpost cloud topics`: creates the topics that Kafka lacks. The gateways' error «Kafka has no topic …» names it. */
import { createLogger } from '@forpost/shared/logging.ts';
import { inEnglish } from '@forpost/shared/texts/english.ts';
import { clusterOf } from '../config/kafka-cluster.ts';
import { loadCloud } from '../config/load.ts';
import { kafkaClient } from '../kafka/client.ts';
import { ensureTopics } from '../kafka/topics.ts';
import { withKafkaReasons } from './cluster.ts';

/** Lines that say what was created. @throws ForpostError with what a person has to correct */
export async function createTopics(configFile: string): Promise<readonly string[]> {
  const config = loadCloud(configFile);
  const cluster = clusterOf(config, configFile);
  const logger = createLogger('topics', config.log_level ?? 'warn');
  const { created, problems } = await withKafkaReasons(cluster, () =>
    ensureTopics(kafkaClient(cluster, 'topics', logger), cluster, logger),
  );
  const done =
    created.length === 0 ? [`all topics of "${cluster.prefix}" are there`] : created.map((name) => `created ${name}`);
  return [...done, ...problems.map(inEnglish)];
}
