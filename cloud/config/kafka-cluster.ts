/** The Kafka cluster that cloud.yaml names, with the password from its file. */
import { ForpostError } from '@forpost/shared/errors.ts';
import type { KafkaCluster } from '../kafka/client.ts';
import type { CloudConfig } from './config.ts';
import { readPassword } from './load.ts';

/** Undefined where the file names no Kafka. @throws ForpostError FORPOST_CONFIG_INVALID */
export function kafkaClusterOf({ kafka }: Pick<CloudConfig, 'kafka'>): KafkaCluster | undefined {
  if (kafka === undefined) return undefined;
  const { prefix = 'forpost', development = false, brokers, tls, sasl } = kafka;
  return {
    brokers,
    prefix,
    development,
    tls,
    sasl: sasl && { ...sasl, password: readPassword(sasl.password_file) },
  };
}

/** The cluster for jobs that need Kafka. @throws ForpostError FORPOST_CONFIG_INVALID where the file names no Kafka */
export function clusterOf(config: Pick<CloudConfig, 'kafka'>, configFile: string): KafkaCluster {
  const cluster = kafkaClusterOf(config);
  if (cluster === undefined)
    throw new ForpostError('FORPOST_CONFIG_INVALID', `${configFile} names no Kafka (kafka: brokers: …)`);
  return cluster;
}
