/** Lists of events stay small, whatever a gateway sends. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { maxEventBytes, shortened, withinBytes } from './shorten.ts';

test('an event of a usual size goes into a list as it came', () => {
  const event = { id: 'gw-1/e1/alerts/1', data: { message: 'x'.repeat(5_000), list: [1, 2, 3] } };
  expect(shortened(event)).toEqual(event);
});

test('an event of any size and shape goes into a list with a few KB, and says how large it is', () => {
  const hostile = fc.oneof(
    fc.constant('x'.repeat(900_000)),
    fc.constant(Object.fromEntries(Array.from({ length: 20_000 }, (_, i) => [`field-${i}`, 'y'.repeat(20)]))),
    fc.constant(Array.from({ length: 100_000 }, () => [])),
    fc.constant(JSON.parse(`{"__proto__": 1, "message": "${'\u202e'.repeat(300_000)}"}`) as object),
    fc.jsonValue({ maxDepth: 8 }).map((value) => Array.from({ length: 3_000 }, () => value)),
  );
  fc.assert(
    fc.property(hostile, (data) => {
      const short = shortened({ id: 'gw-1/e1/alerts/1', extension: 'z'.repeat(500_000), data });
      expect(JSON.stringify(short).length).toBeLessThan(maxEventBytes + 1_000);
      expect(short.shortened).toBe(Buffer.byteLength(JSON.stringify(data)));
      expect(short.id).toBe('gw-1/e1/alerts/1');
    }),
    { numRuns: 30 },
  );
});

test('a page ends where its bytes are used up, and always has one event', () => {
  const events = Array.from({ length: 100 }, (_, i) => ({ id: `${i}`, data: 'x'.repeat(7_000) }));
  expect(withinBytes(events, 50_000).map(({ id }) => id)).toEqual(['0', '1', '2', '3', '4', '5', '6']);
  expect(withinBytes(events, 10)).toHaveLength(1);
});
