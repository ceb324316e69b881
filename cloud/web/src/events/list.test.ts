import { expect, test } from 'vitest';
import type { EventView } from '../../../events/schemas.ts';
import { emptyList, firstPage, maxFollowed, maxHeld, withNew, withOlder } from './list.ts';

const event = (second: number, id = `e${second}`): EventView =>
  ({ id, time: new Date(Date.UTC(2026, 0, 1) + second * 1000).toISOString() }) as EventView;
const ids = (events: readonly EventView[]) => events.map(({ id }) => id);

test('a followed list shows new events on top, each once, and late events in their place', () => {
  const list = withNew(firstPage([event(5), event(3)], 'c'), [event(6), event(5), event(4)], 0, true);
  expect(ids(list.shown)).toEqual(['e6', 'e5', 'e4', 'e3']);
  expect(list.held).toEqual([]);
});

test('a list that a person reads stands still, and new events are held back until the person asks for them', () => {
  const before = firstPage([event(5), event(3)], undefined);
  const held = withNew(withNew(before, [event(6)], 0, false), [event(7), event(6)], 0, false);
  expect(held.shown).toBe(before.shown);
  expect(ids(held.held)).toEqual(['e7', 'e6']);
  const released = withNew(held, [], 0, true);
  expect([ids(released.shown), released.held]).toEqual([['e7', 'e6', 'e5', 'e3'], []]);
});

test('an event older than the end of the list appears only with its page', () => {
  expect(ids(withNew(firstPage([event(5)], 'c'), [event(1)], 0, true).shown)).toEqual(['e5']);
  expect(ids(withNew(firstPage([event(5)], undefined), [event(1)], 0, true).shown)).toEqual(['e5', 'e1']);
});

test('events that were stored but not sent make the list stale, and so do too many held events', () => {
  expect(withNew(firstPage([], undefined), [event(1)], 12, false).stale).toBe(true);
  const flood = Array.from({ length: maxHeld + 1 }, (_, i) => event(i));
  const list = withNew(firstPage([], undefined), flood, 0, false);
  expect([list.stale, list.held.length]).toEqual([true, maxHeld]);
});

test('a list that is followed for a day stays short, and older events continue right after its end', () => {
  const flood = Array.from({ length: maxFollowed + 50 }, (_, i) => event(i));
  const list = withNew(firstPage([event(0)], 'c'), flood, 0, true);
  expect(list.shown).toHaveLength(maxFollowed);
  expect(list.next).toEqual({ before: new Date(Date.UTC(2026, 0, 1) + 50_001).toISOString() });
  const older = withOlder(list, [event(50), event(49), event(48)], 'c2');
  expect(ids(older.shown).slice(-3)).toEqual(['e50', 'e49', 'e48']);
  expect(older.next).toEqual({ cursor: 'c2' });
  expect(withOlder(older, [], undefined).next).toBeUndefined();
});

test('events of the same millisecond have the same order in a page and in the live list', () => {
  const listed = firstPage([event(1, 'b'), event(1, 'a')], undefined);
  const live = withNew(withNew({ ...emptyList, loaded: true }, [event(1, 'a')], 0, true), [event(1, 'b')], 0, true);
  expect(ids(live.shown)).toEqual(ids(listed.shown));
});
