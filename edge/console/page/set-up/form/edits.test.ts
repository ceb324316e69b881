import { expect, test } from 'vitest';
import { differs, read } from './edits.ts';
import type { Field } from './fields.ts';

const fields: readonly Field[] = [
  { kind: 'text', path: ['name'], label: 'Name' },
  { kind: 'number', path: ['record', 'before_s'], label: 'Before' },
  { kind: 'number', path: ['record', 'after_s'], label: 'After' },
  { kind: 'switch', path: ['test'], label: 'Test' },
  { kind: 'list', path: ['subscribe'], label: 'Topics', add: 'Add' },
  { kind: 'text', path: ['url'], label: 'Address', required: true, shown: ({ test: on }) => on === true },
];
const at = ['cameras', 'yard'];

test('a form that says what the document says changes nothing', () => {
  const now = { name: 'Yard', test: false, subscribe: 'a/#', record: { before_s: 5 } };
  expect(read({ fields, typed: {}, now, at })).toEqual({ edits: [] });
  expect(read({ fields, typed: { name: ' Yard ', 'record.before_s': '5,0' }, now, at })).toEqual({ edits: [] });
});

test('only changed fields are edited, an emptied one is removed, and a block that was not there is made whole', () => {
  const typed = { name: '', 'record.before_s': '1,5', 'record.after_s': '0', subscribe: ['a', ' ', 'b '] };
  expect(read({ fields, typed, now: { id: 'yard', name: 'Yard' }, at })).toEqual({
    edits: [
      { remove: ['cameras', 'yard', 'name'] },
      { set: ['cameras', 'yard', 'subscribe'], value: ['a', 'b'] },
      { set: ['cameras', 'yard', 'record'], value: { before_s: 1.5, after_s: 0 } },
    ],
  });
});

test('a new entry is one edit with all that is typed', () => {
  const typed = { name: 'Yard', 'record.before_s': '2', test: true, url: 'rtsp://x' };
  expect(read({ fields, typed, now: undefined, at, fixed: { fps: 5 } })).toEqual({
    edits: [{ set: at, value: { fps: 5, name: 'Yard', record: { before_s: 2 }, test: true, url: 'rtsp://x' } }],
  });
});

test('a text that is not a number, and an empty required field, are mistakes at their fields', () => {
  expect(read({ fields, typed: { 'record.before_s': 'five', test: true }, now: {}, at })).toMatchObject({
    mistakes: [{ path: [...at, 'record', 'before_s'] }, { path: [...at, 'url'] }],
  });
});

test('the value of a field that the form no longer shows is removed', () => {
  const now = { test: true, url: 'rtsp://x' };
  expect(read({ fields, typed: { test: false }, now, at })).toEqual({
    edits: [{ remove: [...at, 'test'] }, { remove: [...at, 'url'] }],
  });
});

test('a list of one equals its text, and a decimal comma equals a point', () => {
  expect(differs(fields[4]!, ['a/#'], { subscribe: 'a/#' })).toBe(false);
  expect(differs(fields[1]!, '5.0', { record: { before_s: 5 } })).toBe(false);
  expect(differs(fields[1]!, '5.1', { record: { before_s: 5 } })).toBe(true);
});
