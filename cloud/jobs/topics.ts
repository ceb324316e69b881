/** `forpost cloud topics`: what the gateways' «Kafka has no topic …» names as the way out. */
import { systemClock } from '@forpost/shared/clock.ts';
import { ForpostError } from '@forpost/shared/errors.ts';
import { createLogger } from '@forpost/shared/logging.ts';
import { loadCloud, readPassword } from '../config/load.ts';
import { kafkaClient, kafkaReason } from '../kafka/client.ts';
import { ensureTopics } from '../kafka/topics.ts';

/** Lines that say what was created. @throws ForpostError with what a person has to mend */
export async function createTopics(configFile: string): Promise<readonly string[]> {
  const { kafka, log_level: level } = loadCloud(configFile);
  if (kafka === undefined)
    throw new ForpostError('FORPOST_CONFIG_INVALID', `${configFile} names no Kafka (kafka: brokers: …)`);
  const logger = createLogger('topics', level ?? 'warn');
  const { prefix = 'forpost', development = false, brokers, tls, sasl } = kafka;
  const cluster = {
    ...{ brokers, prefix, development, tls },
    sasl: sasl && { ...sasl, password: readPassword(sasl.password_file) },
  };
  try {
    const { created, problems } = await ensureTopics(kafkaClient(cluster, 'topics', logger), cluster, logger);
    const done =
      created.length === 0 ? [`all topics of "${prefix}" are there`] : created.map((name) => `created ${name}`);
    return [...done, ...problems];
  } catch (error) {
    if (error instanceof ForpostError) throw error;
    const reason = kafkaReason(error, cluster, systemClock.now());
    throw new ForpostError('FORPOST_SINK_UNREACHABLE', `Kafka at ${brokers.join(', ')}: ${reason}`, { cause: error });
  }
}
