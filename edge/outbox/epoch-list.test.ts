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

/** The epochs in the file; `naming`: those with events in their alerts lane. */
const inFile = (living: readonly Epoch[], naming = living) => ({ living, naming });

test('an epoch without events stays listed for as long as a gap record about it may be in the file', () => {
  // while b ran, a part of a was shed and the rest delivered; gap records in b's alerts lane name the shed part
  const running = nextList(noEpochs, inFile([a]), [], b);
  const next = nextList(running, inFile([b]), [], c);
  expect(allOf(next)).toContain(a);
  // c has no events, and is forgotten before b
  const later = nextList(next, inFile([b, c], [b]), [], d);
  expect(allOf(later)).toContain(a);
  expect(allOf(nextList(later, inFile([b]), [], e))).toContain(a);
  // b was the last epoch that may name losses of a
  expect(allOf(nextList(later, inFile([d]), [], e))).not.toContain(a);
});

test('an epoch stays listed if a full disk prevented listing the epoch that may name it', () => {
  // the list lacks b, which has shed a part of a
  const before = { living: [a], named: [] };
  expect(allOf(nextList(before, inFile([b]), [], c))).toContain(a);
});

test('the epochs of a damaged file stay listed as long as the epoch that names their losses', () => {
  const begun = nextList({ living: [a, b], named: [] }, inFile([]), [a, b], c);
  expect(begun).toEqual({
    living: [c],
    named: [
      { epoch: a, namedIn: c },
      { epoch: b, namedIn: c },
    ],
  });
  expect(allOf(nextList(begun, inFile([c]), [], d))).toEqual([a, b, c, d]);
  expect(allOf(nextList(begun, inFile([]), [], d))).toEqual([d]);
});

test('an epoch that is found in the file is listed even if it was not listed at its beginning', () => {
  const list = { living: [a], named: [{ epoch: b, namedIn: c }] };
  expect(allOf(nextList(list, inFile([c]), [], d))).toContain(b);
});

test('the list does not grow with starts without events, nor with starts that fail', () => {
  const epochs = Array.from({ length: 2000 }, (_, n) => n.toString(16).padStart(16, '0') as Epoch);
  let list: EpochList = { living: [a, b], named: [{ epoch: e, namedIn: b }] };
  // the newest epoch stays in the file until the next one begins
  for (const epoch of epochs)
    list = nextList(list, inFile([...new Set([a, b, ...list.living.slice(-1)])], [a, b]), [], epoch);
  expect(allOf(list).length).toBeLessThan(10);
  expect(allOf(list)).toContain(e);
  // a failed begin leaves the listed epochs, and keeps the ends that it has found
  let failing: EpochList = { living: [a, b], named: [] };
  for (const epoch of epochs) failing = { ...failing, named: nextList(failing, inFile([b]), [], epoch).named };
  expect(failing.named).toEqual([{ epoch: a, namedIn: b }]);
});

test('the list that is read equals the list that was written', () => {
  const list = { living: [b, c], named: [{ epoch: a, namedIn: c }] };
  expect(parseList(printList(list))).toEqual(list);
});
