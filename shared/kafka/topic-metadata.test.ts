import { expect, test } from 'vitest';
import { describeTopics, typeOf } from './topic-metadata.ts';

/** What kafkajs throws: Kafka's own error behind one that says nothing. */
const kafkaSays = (type: string) => new Error('retries exceeded', { cause: Object.assign(new Error(type), { type }) });

/** A cluster with these topics, and what it says of some others. */
function cluster(there: readonly string[], says: Readonly<Record<string, string>> = {}) {
  return {
    async fetchTopicMetadata({ topics }: { topics: string[] }) {
      for (const name of topics) if (!there.includes(name)) throw kafkaSays(says[name] ?? 'UNKNOWN_TOPIC_OR_PARTITION');
      return { topics: topics.map((name) => ({ name, partitions: [name] })) };
    },
  };
}

test('topics that are there are described, and the others named, also those that one may not see', async () => {
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

test('a topic without a leader is not missing: that is an error, which tells its kind', async () => {
  const asked = describeTopics(cluster(['b'], { a: 'LEADER_NOT_AVAILABLE' }), ['a', 'b']);
  expect(typeOf(await asked.catch((error: unknown) => error))).toBe('LEADER_NOT_AVAILABLE');
  expect(typeOf(new Error('something else'))).toBe('');
});
