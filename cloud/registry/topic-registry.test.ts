/** The registry in a real Kafka: two centres agree on who was first, and a third one that comes later reads the same. */
import { systemClock } from '@forpost/shared/clock.ts';
import { silentLogger } from '@forpost/shared/logging.ts';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { startTestKafka, type TestKafka } from '../../scripts/kafka/testing.ts';
import { ensureTopics } from '../kafka/topics.ts';
import { TopicRegistry } from './topic-registry.ts';

const logger = silentLogger();
let kafka: TestKafka;
beforeAll(async () => {
  kafka = await startTestKafka();
}, 90_000);
afterAll(() => kafka.remove());

async function centre() {
  const cluster = { brokers: kafka.brokers, prefix: 'forpost', development: true };
  // a topic that has just been made has no leader for a moment
  const made = () =>
    ensureTopics(kafka.client, cluster, logger).then(
      () => true,
      () => false,
    );
  await expect.poll(made, { timeout: 30_000 }).toBe(true);
  const registry = new TopicRegistry({ kafka: cluster, clock: systemClock, random: Math.random, logger });
  await registry.start();
  onTestFinished(() => registry.stop());
  await expect.poll(() => registry.complete, { timeout: 30_000 }).toBe(true);
  return registry;
}

test('when two centres write the same record at once, one write is refused, and all centres have the same record, also one that starts later', async () => {
  const [one, two] = [await centre(), await centre()];
  const write = (registry: TopicRegistry, site: string, seen: number) =>
    registry.put({ kind: 'gateway-site', id: 'gw-1', author: site, data: { site }, seen });
  const won = await Promise.all([write(one, 'home', 0), write(two, 'shop', 0)]);
  expect(won.toSorted()).toEqual([false, true]);
  const site = won[0] ? 'home' : 'shop';
  await expect.poll(() => one.get('gateway-site', 'gw-1')?.data).toEqual({ site });
  await expect.poll(() => two.get('gateway-site', 'gw-1')?.data).toEqual({ site });
  expect(await write(one, 'moved', 1)).toBe(true);
  await expect.poll(() => two.get('gateway-site', 'gw-1')?.revision).toBe(2);
  expect(await write(two, 'late', 1)).toBe(false);

  const later = await centre();
  expect(later.get('gateway-site', 'gw-1')).toMatchObject({ revision: 2, author: 'moved', data: { site: 'moved' } });
});
