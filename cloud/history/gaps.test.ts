import { eventTypes } from '@forpost/shared/event/event.ts';
import { expect, test } from 'vitest';
import { gapOf } from './gaps.ts';

const said = (data: object) =>
  gapOf({
    type: eventTypes.gap,
    data: { epoch: 'e1', lane: 'telemetry', from: '5', to: '9', count: 5, reason: 'full', ...data },
  });

test('a gap record names its lane, its numbers and its reason', () => {
  const gap = { from: 5, through: 9, count: 5, reason: 'full' };
  expect(said({})).toEqual({ epoch: 'e1', lane: 'telemetry', gap });
  expect(said({ from: '1', to: '0', count: 3 })?.gap).toEqual({ ...gap, from: 1, through: 0, count: 3 });
  expect(said({ to: null })?.gap).toEqual({ ...gap, through: null });
  expect(said({ first_time: 'then', last_time: 7 })?.gap).toEqual({ ...gap, firstTime: 'then', lastTime: '' });
  expect(said({ count: 'many', reason: 7 })?.gap).toEqual({ ...gap, count: 0, reason: '' });
});

test.each([
  ['no number', { from: 'nonsense' }],
  ['a number before the first', { from: '0' }],
  ['a negative number', { from: -1 }],
  ['a fraction', { to: 6.5 }],
  ['an end before the beginning', { from: '9', to: '2' }],
  ['an end that no event can have, as text', { to: '9999999999999999' }],
  ['an end that no event can have', { to: 2 ** 53 }],
])('a gap record with %s explains no missing number', (_, data) => {
  expect(said(data)).toEqual({ epoch: 'e1', lane: 'telemetry', gap: undefined });
});

test('an event that names no epoch and lane is not a gap record', () => {
  for (const data of [{ epoch: 'not an epoch' }, { lane: 'nowhere' }]) expect(said(data)).toBeUndefined();
  expect(gapOf({ type: eventTypes.gap, data: null })).toBeUndefined();
  expect(gapOf({ type: eventTypes.reading, data: { epoch: 'e1', lane: 'telemetry' } })).toBeUndefined();
});
