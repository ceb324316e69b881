import { expect, test } from 'vitest';
import { Frontier, recreatedTopics } from './lag.ts';

const seen = (partition: number, committed: number, high: number, low = 0) => ({
  topic: 't',
  partition,
  committed: BigInt(committed),
  high: BigInt(high),
  low: BigInt(low),
});

test('the records of a measurement are handled when every partition’s offset has passed its end offset of that measurement', () => {
  const frontier = new Frontier();
  frontier.update(1, [seen(0, 5, 10), seen(1, -1, 3)]);
  expect(frontier.handledAt).toBeUndefined();
  frontier.update(2, [seen(0, 10, 20), seen(1, 2, 3)]);
  expect(frontier.handledAt).toBeUndefined();
  // the lag is never zero, but all records of the first measurement are handled
  frontier.update(3, [seen(0, 15, 30), seen(1, 3, 9)]);
  expect(frontier.handledAt).toBe(1);
  frontier.update(4, [seen(0, 29, 40), seen(1, 9, 9)]);
  expect(frontier.handledAt).toBe(1);
  frontier.update(5, [seen(0, 30, 40), seen(1, 9, 9)]);
  expect(frontier.handledAt).toBe(3);
  frontier.update(6, [seen(0, 40, 40), seen(1, 9, 9)]);
  expect(frontier.handledAt).toBe(6);
});

test('an empty partition, one whose oldest records are deleted and a recreated one do not delay `handledAt`', () => {
  const frontier = new Frontier();
  frontier.update(1, [seen(0, -1, 0), seen(1, -1, 50, 50), seen(2, 40, 41, 41)]);
  expect(frontier.handledAt).toBe(1);
  frontier.update(2, [seen(0, 90, 100), seen(1, 50, 50, 50)]);
  frontier.update(3, [seen(0, -2, 4), seen(1, 50, 50, 50)]);
  expect(frontier.handledAt).toBe(1);
  frontier.update(4, [seen(0, 4, 4), seen(1, 50, 50, 50)]);
  expect(frontier.handledAt).toBe(4);
});

test('a recreated topic is recognised by its shorter end or by the group’s lost offset', () => {
  const before = [seen(0, 5, 10), seen(1, -1, 3), seen(2, 7, 7)];
  expect(recreatedTopics([], before)).toEqual([]);
  expect(recreatedTopics(before, before)).toEqual([]);
  // 0 and 1: records came and were handled; 2: old records were deleted, and its offset went back to the oldest (-2);
  // 3 was added
  expect(recreatedTopics(before, [seen(0, 10, 12), seen(1, 3, 3), seen(2, -2, 9, 8), seen(3, -1, 0)])).toEqual([]);
  expect(recreatedTopics(before, [seen(0, -1, 10), seen(1, -1, 3), seen(2, -1, 7)])).toEqual(['t']);
  expect(recreatedTopics(before, [seen(0, 5, 10), seen(1, -1, 2), seen(2, 7, 7)])).toEqual(['t']);
});
