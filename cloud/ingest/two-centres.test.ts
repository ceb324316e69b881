/** Two centres of one group with one history and a real Kafka, which start and stop in the middle of inserts. */
import { sleep, systemClock } from '@forpost/shared/clock.ts';
import type { ForpostEvent } from '@forpost/shared/event/event.ts';
import { asId } from '@forpost/shared/event/ids.ts';
import { partitionOf } from '@forpost/shared/event/topics.ts';
import { silentLogger } from '@forpost/shared/logging.ts';
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest';
import { startTestKafka, type TestKafka } from '../../scripts/kafka/testing.ts';
import { GatewayDirectory } from '../gateways/directory.ts';
import { MemoryHistory } from '../history/memory-store.ts';
import type { KafkaCluster } from '../kafka/client.ts';
import { ensureTopics } from '../kafka/topics.ts';
import { Ledgers } from '../ledger/ledgers.ts';
import { eventJson, gatewayStatus } from '../testing/events.ts';
import { Ingest } from './ingest.ts';

const logger = silentLogger();
const clock = systemClock;
let kafka: TestKafka;
beforeAll(async () => {
  kafka = await startTestKafka();
}, 90_000);
afterAll(() => kafka.remove());

const running: { stop(): Promise<void> }[] = [];
afterEach(async () => {
  for (const part of running.splice(0).reverse()) await part.stop();
});

/** A history with inserts so slow that a rebalance happens during one. */
class Slow extends MemoryHistory {
  override async insert(events: readonly ForpostEvent[]): Promise<void> {
    await sleep(clock, 150);
    await super.insert(events);
  }
}

const gateways = ['gw-1', 'gw-2', 'gw-3', 'gw-4', 'gw-5', 'gw-6'];
const each = 1_500;
const soon = { timeout: 60_000, interval: 50 };
const cluster = (): KafkaCluster => ({ brokers: kafka.brokers, prefix: 'two', development: true });

function aCentre(history: MemoryHistory) {
  const directory = new GatewayDirectory({ clock, handledAt: () => ingest.status().handledAt });
  const ledgers = new Ledgers({
    history,
    gateways: directory,
    ends: { of: (one) => history.ends(one) },
    ours: () => ingest.ownsAll(),
    clock,
  });
  const ingest = new Ingest({
    kafka: cluster(),
    history,
    clock,
    random: Math.random,
    logger,
    events: {
      stored: () => {},
      held: (events) => ledgers.stored(events),
      assigned: () => ledgers.forget(),
      repeated: () => {},
      status: (status, at) => void directory.applyStatus(status, at),
      poison: () => {},
    },
  });
  running.push(ingest);
  return { ingest, ledgers };
}

async function write(topic: string, gateway: string, values: readonly string[]): Promise<void> {
  const producer = kafka.client.producer();
  await producer.connect();
  const partition = partitionOf(gateway, 3);
  // small batches, so that rebalances happen both between and during batches
  for (let i = 0; i < values.length; i += 100)
    await producer.send({
      topic,
      acks: -1,
      messages: values.slice(i, i + 100).map((value) => ({ key: gateway, value, partition })),
    });
  await producer.disconnect();
}

test('two centres that start and stop during inserts store each event once, and neither reports a missing event', async () => {
  await ensureTopics(kafka.client, cluster(), logger);
  const history = new Slow(clock);
  const numbers = Array.from({ length: each }, (_, i) => i + 1);
  await Promise.all(
    gateways.map(async (gateway) => {
      await write(
        'two.telemetry',
        gateway,
        numbers.map((n) => eventJson(n, { gateway })),
      );
      const lane = {
        epoch: asId<'epoch'>('e1'),
        lane: 'telemetry',
        assigned: each,
        acknowledged: each,
        bytes: 0,
      } as const;
      await write('two.status', gateway, [JSON.stringify(gatewayStatus({ gateway: asId(gateway), lanes: [lane] }))]);
    }),
  );
  const first = aCentre(history);
  const second = aCentre(history);
  const centres = [first, second];
  const missing: string[] = [];
  let over = false;
  const watching = (async () => {
    for (; !over; await sleep(clock, 100))
      for (const [index, { ledgers }] of centres.entries())
        for (const gateway of gateways) {
          const { ledger } = (await ledgers.of(gateway)) ?? {};
          if (ledger !== undefined && ledger.missing > 0) missing.push(`${index} ${gateway} ${ledger.missing}`);
        }
  })();
  const stored = async () =>
    (await Promise.all(gateways.map((gateway) => history.received({ gateway, epoch: 'e1', lane: 'telemetry' }))))
      .flat()
      .reduce((sum, [from, through]) => sum + through - from + 1, 0);
  const total = gateways.length * each;

  await first.ingest.start();
  await vi.waitFor(async () => expect(await stored()).toBeGreaterThan(0), soon);
  await second.ingest.start();
  await vi.waitFor(() => expect(second.ingest.status().events.state).toBe('consuming'), soon);
  await first.ingest.stop();
  await first.ingest.start();
  await vi.waitFor(async () => expect(await stored()).toBe(total), soon);
  await vi.waitFor(() => {
    for (const { ingest } of centres) expect(ingest.status().handledAt).toBeDefined();
  }, soon);
  // a gateway may still use an earlier number of partitions, so no centre is sure of a gateway while others store too
  await vi.waitFor(async () => {
    expect(centres.map(({ ingest }) => ingest.ownsAll())).toEqual([false, false]);
    for (const { ledgers } of centres)
      for (const gateway of gateways)
        expect((await ledgers.of(gateway))?.ledger).toMatchObject({ assigned: each, received: each, waiting: 0 });
  }, soon);
  over = true;
  await watching;
  expect(missing).toEqual([]);
});
