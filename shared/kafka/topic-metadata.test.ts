import { expect, test } from 'vitest';
import { describeTopics, typeOf } from './topic-metadata.ts';

/** An error as kafkajs throws it: Kafka's own error is the cause of a vague one. */
const kafkaSays = (type: string) => new Error('retries exceeded', { cause: Object.assign(new Error(type), { type }) });

/** A cluster with these topics, and its errors for some others. */
function cluster(there: readonly string[], says: Readonly<Record<string, string>> = {}) {
  return {
    async fetchTopicMetadata({ topics }: { topics: string[] }) {
      for (const name of topics) if (!there.includes(name)) throw kafkaSays(says[name] ?? 'UNKNOWN_TOPIC_OR_PARTITION');
      return { topics: topics.map((name) => ({ name, partitions: [name] })) };
    },
  };
}

test('existing topics are described; missing and hidden ones are named', async () => {
  expect(await describeTopics(cluster(['a', 'b']), ['a', 'b'])).toEqual({
    topics: [
      { name: 'a', partitions: ['a'] },
      { name: 'b', partitions: ['b'] },
    ],
    missing: [],
  });
  const some = cluster(['b'], { c: 'TOPIC_AUTHORIZATION_FAILED' });
  expect(await describeTopics(some, ['a', 'b', 'c'])).toEqual({
    topics: [{ name: 'b', partitions: ['b'] }],
    missing: ['a', 'c'],
  });
});

test('a topic without a leader throws Kafka’s error and does not count as missing', async () => {
  const asked = describeTopics(cluster(['b'], { a: 'LEADER_NOT_AVAILABLE' }), ['a', 'b']);
  expect(typeOf(await asked.catch((error: unknown) => error))).toBe('LEADER_NOT_AVAILABLE');
  expect(typeOf(new Error('something else'))).toBe('');
});
