import { expect, test } from 'vitest';
import { maxWatched } from '../live.ts';
import { mostWatched, watchList } from './watch-list.ts';

const cameras = Array.from({ length: 20 }, (_, n) => `camera-${n + 1}`);
const first = cameras.slice(0, 16);

test('the page watches as many cameras as the gateway allows, and all of them where there are fewer', () => {
  expect(mostWatched).toBe(maxWatched);
  expect(watchList(cameras, new Set(), [])).toEqual(first);
  expect(watchList(['yard', 'barn'], new Set(['barn']), [])).toEqual(['yard', 'barn']);
});

test('the seventeenth camera is watched when it comes into view', () => {
  const list = watchList(cameras, new Set(['camera-17']), first);
  expect(list).toEqual([...cameras.slice(0, 15), 'camera-17']);
});

test('a camera is watched until its place is needed, and a removed camera takes no place', () => {
  const before = watchList(cameras, new Set(['camera-17']), first);
  expect(watchList(cameras, new Set(['camera-3', 'gone']), before)).toEqual(before);
  expect(watchList(cameras.slice(1), new Set(), before)).toEqual([...cameras.slice(1, 15), 'camera-16', 'camera-17']);
});
