import { expect, test } from 'vitest';
import { WeighedCache } from './weighed-cache.ts';

const aCache = (maxEntries: number, maxWeight: number) =>
  new WeighedCache<number>({ maxEntries, maxWeight, weigh: (value) => value });
const names = (cache: WeighedCache<number>) => ['a', 'b', 'c'].filter((name) => cache.peek(name) !== undefined);

test('beyond the bound the entry that was unused for longest is dropped', () => {
  const cache = aCache(2, 100);
  cache.set('a', 1);
  cache.set('b', 1);
  expect(cache.get('a')).toBe(1);
  cache.set('c', 1);
  expect(names(cache)).toEqual(['a', 'c']);
});

test('a heavy value pushes out others, and never itself', () => {
  const cache = aCache(10, 10);
  cache.set('a', 4);
  cache.set('b', 4);
  cache.set('c', 4);
  expect(names(cache)).toEqual(['b', 'c']);
  cache.set('b', 7);
  expect(names(cache)).toEqual(['b']);
  cache.set('c', 99);
  expect(names(cache)).toEqual(['c']);
  cache.delete('c');
  cache.set('a', 5);
  cache.set('b', 5);
  expect(names(cache)).toEqual(['a', 'b']);
  cache.clear();
  expect(cache.size).toBe(0);
});
