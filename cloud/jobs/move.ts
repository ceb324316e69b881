/**
 * `forpost cloud move`: staff move a gateway to another site from the command line. With Kafka the centre may run
 * meanwhile; without Kafka the registry is a file of the running centre, so the centre must be stopped.
 */
import { join } from 'node:path';
import { sleep, systemClock } from '@forpost/shared/clock.ts';
import { ForpostError } from '@forpost/shared/errors.ts';
import { createLogger } from '@forpost/shared/logging.ts';
import { kafkaClusterOf } from '../config/kafka-cluster.ts';
import { loadCloud } from '../config/load.ts';
import { executorFor } from '../history/clickhouse/clickhouse-history.ts';
import { FileRegistry } from '../registry/file-registry.ts';
import type { Registry } from '../registry/registry.ts';
import { TopicRegistry } from '../registry/topic-registry.ts';
import { GatewaySites } from '../sites/gateway-sites.ts';

const connectMs = 20_000;
const checkEveryMs = 50;

/** @throws ForpostError with what a person has to correct */
export async function moveGateway(configFile: string, gateway: string, site: string, by: string): Promise<void> {
  const config = loadCloud(configFile);
  const logger = createLogger('move', config.log_level ?? 'warn');
  const kafka = kafkaClusterOf(config);
  if (kafka === undefined) {
    const executor = executorFor({ url: config.history?.url, folder: join(config.data, 'history') });
    // fails where a centre is running: it has the history open
    await executor.open();
    try {
      await moved(new FileRegistry(join(config.data, 'registry.jsonl'), systemClock, logger), gateway, site, by);
    } finally {
      await executor.close();
    }
    return;
  }
  const registry = new TopicRegistry({ kafka, clock: systemClock, random: Math.random, logger });
  await moved(registry, gateway, site, by);
}

async function moved(registry: Registry, gateway: string, site: string, by: string): Promise<void> {
  await registry.start();
  try {
    const until = systemClock.uptime() + connectMs;
    while (!registry.complete) {
      if (systemClock.uptime() > until)
        throw new ForpostError(
          'FORPOST_SINK_UNREACHABLE',
          `Kafka did not give the registry within ${connectMs / 1000} s`,
        );
      await sleep(systemClock, checkEveryMs);
    }
    await new GatewaySites(registry, systemClock, createLogger('move', 'warn')).move(gateway, site, by);
  } finally {
    await registry.stop();
  }
}
