import { expect, test } from 'vitest';
import { EvaluatedIds } from './evaluated-ids.ts';
import { hashText } from './hash.ts';
import { perDevice } from './outbox/sqlite/recent-ids.ts';

test('an id is new once, for each device, and not after a restart', () => {
  const ids = new EvaluatedIds();
  expect([ids.isNew('a', '1'), ids.isNew('a', '1'), ids.isNew('b', '1')]).toEqual([true, false, true]);
  const long = 'x'.repeat(1000);
  expect([ids.isNew('a', long), ids.isNew('a', long)]).toEqual([true, false]);
  const later = new EvaluatedIds();
  later.recall([{ device: 'a', hashes: Float64Array.of(hashText('1')) }]);
  expect([later.isNew('a', '1'), later.isNew('a', '2')]).toEqual([false, true]);
});

test('a device’s newest ids are remembered as on disk, and all together are bounded', () => {
  const ids = new EvaluatedIds();
  for (let i = 0; i < 3 * perDevice; i++) ids.isNew('a', `id-${i}`);
  expect(ids.count).toBeLessThanOrEqual(perDevice + 256);
  expect(ids.isNew('a', `id-${2 * perDevice}`)).toBe(false);
  expect(ids.isNew('a', 'id-0')).toBe(true);
  const few = new EvaluatedIds(1000);
  few.isNew('quiet', 'one');
  for (let i = 0; i < 5000; i++) few.isNew('loud', `id-${i}`);
  expect(few.count).toBeLessThanOrEqual(1256);
  expect(few.isNew('quiet', 'one')).toBe(false);
});
