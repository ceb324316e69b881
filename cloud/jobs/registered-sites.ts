/** Reads the sites of gateways from the registry in Kafka, for jobs beside the centre. */
import type { Clock } from '@forpost/shared/clock.ts';
import { topic } from '@forpost/shared/event/topics.ts';
import type { Logger } from '@forpost/shared/logging.ts';
import { type KafkaCluster, kafkaClient } from '../kafka/client.ts';
import { heldRanges, readRanges } from '../kafka/range-reader.ts';
import { RegistryBook, recordIn } from '../registry/registry.ts';
import { gatewaySiteKind, gatewaySiteOf } from '../sites/gateway-sites.ts';

/**
 * Tells whether a gateway may have named a site: the site is or was its own (a rebuild reads records older than a
 * move), or its site is not known. A cluster without a registry topic knows no site.
 */
export async function registeredSites(
  cluster: KafkaCluster,
  clock: Clock,
  logger: Logger,
): Promise<(gateway: string, site: string) => boolean> {
  const book = new RegistryBook();
  const name = topic(cluster.prefix, 'registry');
  const ranges = await heldRanges(kafkaClient(cluster, 'registry', logger), [name]).catch((error: unknown) => {
    if (typeof error === 'object' && error !== null && 'type' in error && error.type === 'UNKNOWN_TOPIC_OR_PARTITION')
      return [];
    throw error;
  });
  await readRanges({
    cluster,
    name: 'registry',
    ranges,
    clock,
    random: Math.random,
    logger,
    handle: async (messages) => {
      for (const { value } of messages) {
        const record = value === null ? undefined : recordIn(value.toString('utf8'));
        if (record !== undefined) book.apply(record);
      }
    },
  });
  return (gateway, site) => {
    const known = gatewaySiteOf(book.get(gatewaySiteKind, gateway));
    return known === undefined || known.site === site || known.former.some((one) => one.site === site);
  };
}
