import fc from 'fast-check';
import { expect, test } from 'vitest';
import { FilterSet } from './filter-set.ts';
import { anyCovers, anyMatches, isTopicFilter } from './topic-filter.ts';

const level = fc.constantFrom('a', 'b', '', '$SYS', '+');
const topic = fc
  .array(fc.constantFrom('a', 'b', '', '$SYS'), { minLength: 1, maxLength: 4 })
  .map((levels) => levels.join('/'))
  .filter((text) => text !== '');
const filter = fc
  .tuple(fc.array(level, { maxLength: 3 }), fc.boolean())
  .map(([levels, hash]) => [...levels, ...(hash ? ['#'] : [])].join('/'))
  .filter(isTopicFilter);
const filters = fc.array(filter, { maxLength: 8 });

test('a set of filters matches a topic, and covers a filter, exactly if one of its filters does', () => {
  fc.assert(
    fc.property(filters, topic, filter, (all, name, requested) => {
      const set = new FilterSet(all);
      expect(set.matches(name)).toBe(anyMatches(all, name));
      expect(set.covers(requested)).toBe(anyCovers(all, requested));
    }),
    { numRuns: 2000 },
  );
});

test('two filters overlap exactly if some topic matches both', () => {
  fc.assert(
    fc.property(filters, filter, fc.array(topic, { maxLength: 40 }), (all, asked, topics) => {
      const set = new FilterSet();
      for (const one of all) set.add(one, 'somebody');
      const both = topics.some((name) => anyMatches(all, name) && anyMatches([asked], name));
      if (both) expect(set.overlapping(asked)).toBe('somebody');
      expect(set.overlapping(asked, 'somebody')).toBeUndefined();
    }),
    { numRuns: 2000 },
  );
  const set = new FilterSet(['tele/plug/+', 'home/#']);
  for (const asked of ['tele/+/SENSOR', 'tele/#', '+/plug/LWT', 'home', 'home/a/b', '#'])
    expect(set.overlapping(asked)).toBe('');
  for (const asked of ['tele/plug', 'tele/plug/a/b', 'stat/#', 'homes/a'])
    expect(set.overlapping(asked)).toBeUndefined();
});

test('a filter that is removed as often as it was added is as if it had never been there', () => {
  fc.assert(
    fc.property(filters, filters, topic, filter, (kept, gone, name, asked) => {
      const set = new FilterSet([...kept, ...gone]);
      for (const one of gone) set.remove(one);
      expect(set.matches(name)).toBe(anyMatches(kept, name));
      expect(set.covers(asked)).toBe(new FilterSet(kept).covers(asked));
      expect(set.overlapping(asked)).toBe(new FilterSet(kept).overlapping(asked));
    }),
    { numRuns: 500 },
  );
  const set = new FilterSet(['a/b']);
  set.remove('a/+');
  set.remove('a');
  expect(set.matches('a/b')).toBe(true);
});
