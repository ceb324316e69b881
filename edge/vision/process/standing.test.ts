import fc from 'fast-check';
import { expect, test } from 'vitest';
import { cocoClasses } from '../catalogue.ts';
import type { Box } from '../messages.ts';
import { defaultStaticClasses, firstSeen, seenAgain, standsAfterMs } from './standing.ts';

const parked: Box = [0.4, 0.5, 0.2, 0.1];

/** whether the thing stands, after each of `boxes`, 200 ms apart */
function looks(boxes: readonly Box[]): boolean[] {
  let state = firstSeen(boxes[0] ?? parked, 0);
  return boxes.map((box, i) => {
    if (i > 0) state = seenAgain(state, box, i * 200);
    return state.stands;
  });
}

test('a parked car whose box trembles stands from the first look on', () => {
  const jitter = fc.tuple(...[0, 1, 2, 3].map(() => fc.double({ min: -0.012, max: 0.012, noNaN: true })));
  fc.assert(
    fc.property(fc.array(jitter, { maxLength: 50 }), (all) => {
      const boxes = all.map((by) => parked.map((value, i) => value + (by[i] ?? 0)) as unknown as Box);
      expect(looks([parked, ...boxes]).every(Boolean)).toBe(true);
    }),
  );
});

test('a parked car still stands while a person who walks past hides one side of it', () => {
  const boxes = [0.4, 0.45, 0.5, 0.55].flatMap((left): Box[] => [
    [left, 0.5, 0.6 - left, 0.1],
    [0.4, 0.5, Math.max(0.02, left - 0.4), 0.1],
  ]);
  expect(looks([parked, ...boxes, parked]).every(Boolean)).toBe(true);
});

test('a car that drives in moves by its third look, across the picture or towards the camera', () => {
  const across = [0, 1, 2, 3].map((i): Box => [0.1 + 0.05 * i, 0.5, 0.2, 0.1]);
  expect(looks(across)).toEqual([true, true, false, false]);
  const towards = [0, 1, 2, 3].map((i): Box => [0.4 - 0.05 * i, 0.5 - 0.02 * i, 0.2 + 0.1 * i, 0.1 + 0.04 * i]);
  expect(looks(towards)).toEqual([true, true, false, false]);
});

test('one wild box does not set a parked car in motion', () => {
  expect(looks([parked, [0.5, 0.6, 0.2, 0.1], parked, [0.3, 0.4, 0.2, 0.1], parked]).every(Boolean)).toBe(true);
});

test('a car that has driven in counts as parked only after a while in one place', () => {
  const drive = [0, 1, 2, 3, 4].map((i): Box => [0.1 + 0.05 * i, 0.5, 0.2, 0.1]);
  const stop = Array.from({ length: standsAfterMs / 200 + 1 }, (): Box => [0.3, 0.5, 0.2, 0.1]);
  const told = looks([...drive, ...stop]);
  expect(told.at(-3)).toBe(false);
  expect(told.at(-1)).toBe(true);
});

test('no class of living things can be parked', () => {
  const living = cocoClasses.filter((name) => !defaultStaticClasses.includes(name));
  expect(living).toEqual('person bird cat dog horse sheep cow elephant bear zebra giraffe'.split(' '));
  expect(defaultStaticClasses.every((name) => cocoClasses.includes(name))).toBe(true);
});
