import { expect, test } from 'vitest';
import { crossAfter, gripAt, middleOfPicture } from './scene-cross.ts';
import type { Draft, Point } from './scene-draft.ts';

const size = { width: 1000, height: 500 };
const corners: readonly Point[] = [
  [0.1, 0.1],
  [0.5, 0.1],
  [0.5, 0.6],
];
const zone = { kind: 'zone', id: '', name: 'Yard', points: corners } as const;
const line = { kind: 'line', id: '', name: 'Gate', points: [[0.6, 0.9] as Point, [0.9, 0.9] as Point] } as const;
const draft: Draft = { shapes: [zone, line], selected: undefined, placing: undefined };

test('arrow keys move the cross, with Shift further, and never out of the picture', () => {
  expect(crossAfter(middleOfPicture, 'ArrowLeft', false)).toEqual([0.48, 0.5]);
  expect(crossAfter(middleOfPicture, 'ArrowDown', true)).toEqual([0.5, 0.6]);
  expect(crossAfter([0.99, 0], 'ArrowRight', true)).toEqual([1, 0]);
  expect(crossAfter([0.99, 0], 'ArrowUp', true)).toEqual([0.99, 0]);
  expect(crossAfter(middleOfPicture, 'a', false)).toBeUndefined();
});

test('Enter at the cross finds the shape there, a line within reach, and a corner of the selected shape alone', () => {
  expect(gripAt(draft, [0.4, 0.2], size, 24)).toEqual({ what: 'shape', shape: 0 });
  expect(gripAt(draft, [0.15, 0.5], size, 24)).toEqual({ what: 'ground' });
  expect(gripAt(draft, [0.7, 0.92], size, 24)).toEqual({ what: 'shape', shape: 1 });
  expect(gripAt(draft, [0.7, 0.99], size, 24)).toEqual({ what: 'ground' });
  const corner: Point = [0.505, 0.1];
  expect(gripAt(draft, corner, size, 24)).toEqual({ what: 'ground' });
  expect(gripAt({ ...draft, selected: 0 }, corner, size, 24)).toEqual({ what: 'corner', shape: 0, corner: 1 });
});
