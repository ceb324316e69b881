import fc from 'fast-check';
import { expect, test } from 'vitest';
import { isTopicFilter, topicMatches } from './topic-filter.ts';
import { TopicTree } from './topic-tree.ts';

const level = fc.constantFrom('a', 'b', '', '$x');
const topics = fc
  .array(level, { minLength: 1, maxLength: 4 })
  .map((levels) => levels.join('/'))
  .filter((topic) => topic !== '');
const filters = fc
  .tuple(fc.array(fc.oneof(level, fc.constant('+')), { maxLength: 3 }), fc.constantFrom('', 'a', '+', '#'))
  .map(([levels, last]) => [...levels, last].join('/'))
  .filter(isTopicFilter);

test('a filter finds the value of each matching topic once, after any changes', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(topics, fc.boolean()), { maxLength: 30 }), filters, (changes, filter) => {
      const tree = new TopicTree<string>();
      const held = new Set<string>();
      for (const [topic, isSet] of changes) {
        if (isSet) tree.set(topic, topic);
        else tree.delete(topic);
        held[isSet ? 'add' : 'delete'](topic);
      }
      const expected = [...held].filter((topic) => topicMatches(filter, topic));
      expect([...tree.matching(filter)].sort()).toEqual(expected.sort());
    }),
    { numRuns: 2000 },
  );
});

test('a search through many topics yields to other work even if no topic matches', () => {
  const tree = new TopicTree<string>();
  for (let n = 0; n < 1000; n++) tree.set(`a/${n}/b`, 'x');
  const found = [...tree.matching('+/+/c')];
  expect(found.length).toBeGreaterThan(2);
  expect(found.every((value) => value === undefined)).toBe(true);
});
