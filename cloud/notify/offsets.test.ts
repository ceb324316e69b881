import fc from 'fast-check';
import { expect, test } from 'vitest';
import { OffsetTracker, OffsetTrackers } from './offsets.ts';

test('an offset is committed only when its record and all records before it are settled', () => {
  const tracker = new OffsetTracker();
  const [a, b, c] = [5n, 6n, 9n].map((offset) => tracker.track(offset)) as [() => void, () => void, () => void];
  expect(tracker.due()).toBeUndefined();
  b();
  expect(tracker.due()).toBeUndefined();
  a();
  expect(tracker.due()).toBe(7n);
  tracker.committed(7n);
  expect(tracker.due()).toBeUndefined();
  c();
  expect(tracker.due()).toBe(10n);
});

test('a partition of a recreated topic is committed from its new beginning', () => {
  const tracker = new OffsetTracker();
  const old = [0n, 1n].map((offset) => tracker.track(offset)) as [() => void, () => void];
  old[0]();
  tracker.committed(1n);
  const settle = tracker.track(0n);
  expect(tracker.due()).toBeUndefined();
  settle();
  expect(tracker.due()).toBe(1n);
  old[1]();
  expect(tracker.due()).toBe(1n);
});

test('records may settle in any order: the offset passes no unsettled record and follows each settled one', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 30 }).chain((n) => fc.shuffledSubarray([...Array(n).keys()], { minLength: n })),
      (order) => {
        const tracker = new OffsetTracker();
        const settle = order.map((_, offset) => tracker.track(BigInt(offset)));
        const settled = new Set<number>();
        for (const offset of order) {
          settle[offset]!();
          settled.add(offset);
          let first = 0;
          while (settled.has(first)) first++;
          expect(tracker.due() ?? 0n).toBe(BigInt(first));
        }
      },
    ),
  );
});

const dueOf = (trackers: OffsetTrackers) => trackers.due().map(({ partition, offset }) => `${partition}:${offset}`);

test('a record that was fetched before a join and arrives after it does not pass an unsettled record', () => {
  const trackers = new OffsetTrackers();
  const waits = trackers.track(0, 90n);
  trackers.joined([0, 1]);
  trackers.track(0, 100n)();
  expect(dueOf(trackers)).toEqual([]);
  waits();
  expect(dueOf(trackers)).toEqual(['0:101']);
  for (const { done } of trackers.due()) done();
  expect(dueOf(trackers)).toEqual([]);
});

test('after a join a partition is committed only once one of its records has arrived, because its topic may be a new one', () => {
  const trackers = new OffsetTrackers();
  trackers.track(0, 5n)();
  const late = trackers.track(1, 7n);
  expect(dueOf(trackers)).toEqual(['0:6']);
  trackers.joined([0, 1]);
  late();
  expect(dueOf(trackers)).toEqual([]);
  const again = trackers.track(1, 0n);
  expect(dueOf(trackers)).toEqual([]);
  again();
  expect(dueOf(trackers)).toEqual(['1:1']);
});

test('a partition that moved to another consumer, and a discarded consumer, leave no offset to commit', () => {
  const trackers = new OffsetTrackers();
  trackers.track(0, 5n)();
  trackers.track(1, 5n)();
  trackers.joined([1]);
  trackers.track(0, 9n);
  trackers.track(1, 6n)();
  expect(dueOf(trackers)).toEqual(['1:7']);
  trackers.clear();
  trackers.track(1, 8n);
  expect(dueOf(trackers)).toEqual([]);
});
