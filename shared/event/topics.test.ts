import { expect, test } from 'vitest';
import { murmur2, partitionOf } from './topics.ts';

// the vectors of Kafka's own org.apache.kafka.common.utils.UtilsTest.testMurmur2
const vectors: readonly (readonly [string, number])[] = [
  ['21', -973932308],
  ['foobar', -790332482],
  ['a-little-bit-long-string', -985981536],
  ['a-little-bit-longer-string', -1486304829],
  ['lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8', -58897971],
  ['abc', 479470107],
];

test.each(vectors)('the key "%s" has the hash that Kafka’s own client computes', (key, hash) => {
  expect(murmur2(Buffer.from(key))).toBe(hash);
});

test('every key has a partition, and always the same one', () => {
  for (let i = 0; i < 1000; i++) {
    const partition = partitionOf(`gateway-${i}`, 12);
    expect(partition).toBeGreaterThanOrEqual(0);
    expect(partition).toBeLessThan(12);
    expect(partitionOf(`gateway-${i}`, 12)).toBe(partition);
  }
  expect(() => partitionOf('x', 0)).toThrow(RangeError);
});
