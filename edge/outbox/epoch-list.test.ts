import type { Epoch } from '@forpost/shared/event/ids.ts';
import { expect, test } from 'vitest';
import { allOf, type EpochList, nextList, noEpochs, parseList, printList } from './epoch-list.ts';

const [a, b, c, d, e] = ['a', 'b', 'c', 'd', 'e'].map((one) => one.repeat(16) as Epoch) as [
  Epoch,
  Epoch,
  Epoch,
  Epoch,
  Epoch,
];

test('an epoch whose events have all gone stays listed for as long as a gap record of it may be in the file', () => {
  // while b ran some of a was shed, which b's alerts tell, and the rest of a was delivered
  const running = nextList(noEpochs, [a, b], [], b);
  const next = nextList(running, [b, c], [], c);
  expect(allOf(next)).toContain(a);
  // c has had nothing to say, and is gone before b
  const later = nextList(next, [b, d], [], d);
  expect(allOf(later)).toContain(a);
  expect(allOf(nextList(later, [b, e], [], e))).toContain(a);
  // with b the last gone that may tell of a, nobody has to
  expect(allOf(nextList(later, [d, e], [], e))).toEqual([b, d, e]);
});

test('what a file took that was put aside stays listed for as long as the epoch that tells of it', () => {
  const begun = nextList({ living: [a, b], told: [] }, [c], [a, b], c);
  expect(begun).toEqual({
    living: [c],
    told: [
      { epoch: a, toldIn: c },
      { epoch: b, toldIn: c },
    ],
  });
  expect(allOf(nextList(begun, [c, d], [], d))).toEqual([a, b, c, d]);
  expect(allOf(nextList(begun, [d], [], d))).toEqual([d]);
});

test('an epoch that was not listed when it began, and is found in the file, is heard', () => {
  const list = { living: [a], told: [{ epoch: b, toldIn: c }] };
  expect(allOf(nextList(list, [c, d], [], d))).toContain(b);
});

test('it does not grow with starts in which nothing happens', () => {
  let list: EpochList = { living: [a], told: [] };
  for (let start = 0; start < 50; start++) {
    const epoch = start.toString(16).padStart(16, '0') as Epoch;
    list = nextList(list, [a, epoch], [], epoch);
  }
  expect(allOf(list).length).toBeLessThan(60);
  const drained = nextList(list, [b], [], b);
  expect(allOf(nextList(drained, [b, c], [], c)).length).toBeLessThanOrEqual(3);
});

test('it reads what it has printed', () => {
  const list = { living: [b, c], told: [{ epoch: a, toldIn: c }] };
  expect(parseList(printList(list))).toEqual(list);
});
