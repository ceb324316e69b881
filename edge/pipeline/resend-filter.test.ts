import { expect, test } from 'vitest';
import { hashOfId, perDevice } from '../outbox/sqlite/writer/recent-ids.ts';
import { ResendFilter } from './resend-filter.ts';

const content = 4_503_599_627_370_497;

test('an id with its content is new once for each device, and not new after a restart', () => {
  const ids = new ResendFilter();
  const isNew = (device: string, id: string, of = content) => ids.isNew(device, id, of);
  expect([isNew('a', '1'), isNew('a', '1'), isNew('b', '1')]).toEqual([true, false, true]);
  expect([isNew('a', '1', content + 1), isNew('a', '1', content + 1), isNew('a', '1')]).toEqual([true, false, true]);
  const long = 'x'.repeat(1000);
  expect([isNew('a', long), isNew('a', long)]).toEqual([true, false]);
  const later = new ResendFilter();
  later.recall([{ device: 'a', hashes: Float64Array.of(hashOfId('1')), contents: Float64Array.of(content) }]);
  expect([later.isNew('a', '1', content), later.isNew('a', '2', content)]).toEqual([false, true]);
});

test('the newest ids of each device are remembered, and the ids of all devices together are bounded', () => {
  const ids = new ResendFilter();
  for (let i = 0; i < 3 * perDevice; i++) ids.isNew('a', `id-${i}`, content);
  expect(ids.count).toBeLessThanOrEqual(perDevice + 256);
  expect(ids.isNew('a', `id-${2 * perDevice}`, content)).toBe(false);
  expect(ids.isNew('a', 'id-0', content)).toBe(true);
  const few = new ResendFilter(1000);
  few.isNew('quiet', 'one', content);
  for (let i = 0; i < 5000; i++) few.isNew('loud', `id-${i}`, content);
  expect(few.count).toBeLessThanOrEqual(1256);
  expect(few.isNew('quiet', 'one', content)).toBe(false);
});
