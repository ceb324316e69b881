import { expect, test } from 'vitest';
import { UnsavedSessions } from './unsaved-sessions.ts';

test('a commit settles the changes that were noted before it was requested, and no others', async () => {
  const unsaved = new UnsavedSessions(10);
  for (const client of ['a', 'b', 'c']) unsaved.note(client);
  const commit = Promise.withResolvers<void>();
  const settled = unsaved.settle(() => commit.promise);
  unsaved.note('d');
  unsaved.note('b');
  expect(unsaved.has('a')).toBe(true);
  commit.resolve();
  await settled;
  expect(['a', 'b', 'c', 'd'].filter((client) => unsaved.has(client))).toEqual(['b', 'd']);
});

test('a failed commit settles no changes', async () => {
  const unsaved = new UnsavedSessions(10);
  unsaved.note('a');
  await expect(unsaved.settle(() => Promise.reject(new Error('full')))).rejects.toThrow('full');
  expect(unsaved.has('a')).toBe(true);
});

test('at the limit the oldest change is forgotten', () => {
  const unsaved = new UnsavedSessions(2);
  for (const client of ['a', 'b', 'a', 'c']) unsaved.note(client);
  expect(['a', 'b', 'c'].filter((client) => unsaved.has(client))).toEqual(['a', 'c']);
});
