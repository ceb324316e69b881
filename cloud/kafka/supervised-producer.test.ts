import { partitionOf } from '@forpost/shared/event/topics.ts';
import { silentLogger } from '@forpost/shared/logging.ts';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { readTopic, startTestKafka, type TestKafka } from '../../scripts/kafka/testing.ts';
import { createTopics, leadersReady } from '../../scripts/kafka/topics.ts';
import { kafkaClient } from './client.ts';
import { unanswered } from './supervised-producer.ts';

let kafka: TestKafka;
beforeAll(async () => {
  kafka = await startTestKafka();
}, 90_000);
afterAll(() => kafka.remove());

test('a record that kafkajs drops silently, because it does not know the partition, does not count as sent', async () => {
  const client = kafkaClient(kafka, 'test', silentLogger());
  const admin = client.admin();
  await admin.connect();
  await createTopics(client, [{ topic: 'grows', numPartitions: 1 }]);
  const producer = client.producer({ idempotent: false, allowAutoTopicCreation: false, retry: { retries: 0 } });
  await producer.connect();
  const batch = (partition: number) => [{ topic: 'grows', messages: [{ key: 'gw-1', value: 'x', partition }] }];
  const send = async (partition: number) => {
    const topicMessages = batch(partition);
    return unanswered(topicMessages, await producer.sendBatch({ acks: -1, topicMessages }));
  };
  await vi.waitFor(async () => expect(await send(0)).toBeUndefined(), { timeout: 10_000 });
  await admin.createPartitions({ topicPartitions: [{ topic: 'grows', count: 8 }] });
  const partition = partitionOf('gw-1', 8);
  expect(await send(partition)).toBe(`grows/${partition}`);
  await leadersReady(client, ['grows']);
  expect(await readTopic(client, 'grows')).toHaveLength(1);
  await producer.disconnect();
  await admin.disconnect();
});

test('an answer with an error does not count as an answer', () => {
  const sent = [{ topic: 'a', messages: [{ partition: 0 }, { partition: 1 }] }];
  const answer = (partition: number, errorCode = 0) => ({ topicName: 'a', partition, errorCode });
  expect(unanswered(sent, [answer(0), answer(1)])).toBeUndefined();
  expect(unanswered(sent, [answer(0), answer(1, 3)])).toBe('a/1');
});
