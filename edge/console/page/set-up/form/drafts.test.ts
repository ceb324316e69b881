import { expect, test } from 'vitest';
import { Drafts } from './drafts.ts';

function storage(): Storage {
  const kept = new Map<string, string>();
  return {
    get length() {
      return kept.size;
    },
    key: (index) => [...kept.keys()][index] ?? null,
    getItem: (key) => kept.get(key) ?? null,
    setItem: (key, value) => void kept.set(key, value),
    removeItem: (key) => void kept.delete(key),
    clear: () => kept.clear(),
  };
}
const draft = (at: number) => ({ seen: 'c0ffee', at, typed: { name: 'Kitchen' }, before: { name: 'Hall' } });

test('a draft is there after a reload, and only at its own gateway', () => {
  const kept = storage();
  new Drafts(() => kept, '/a/').write('devices/meter', draft(1));
  expect(new Drafts(() => kept, '/a/').read('devices/meter')).toEqual(draft(1));
  expect(new Drafts(() => kept, '/b/').read('devices/meter')).toBeUndefined();
  new Drafts(() => kept, '/a/').remove('devices/meter');
  expect(kept.length).toBe(0);
});

test('of more than twenty drafts the oldest goes, and a huge one is not kept', () => {
  const kept = storage();
  const drafts = new Drafts(() => kept, '/');
  for (let n = 0; n < 25; n++) drafts.write(`devices/${n}`, draft(n));
  drafts.write('devices/large', { ...draft(99), typed: { name: 'x'.repeat(70_000) } });
  expect(kept.length).toBe(20);
  expect(drafts.read('devices/4')).toBeUndefined();
  expect(drafts.read('devices/5')).toBeDefined();
});

test('a browser without storage keeps no draft, and the form works', () => {
  const drafts = new Drafts(() => {
    throw new Error('denied');
  }, '/');
  drafts.write('devices/meter', draft(1));
  expect(drafts.read('devices/meter')).toBeUndefined();
});
