import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Box } from '../messages.ts';
import { contains, distanceTo, emptyScene, feetOf, observe } from './scene.ts';
import type { TrackedObject } from './tracker.ts';

const square = {
  id: 'door',
  points: [
    [0.4, 0.4],
    [0.6, 0.4],
    [0.6, 0.6],
    [0.4, 0.6],
  ] as [number, number][],
};

function at(x: number, y: number, id = 1): TrackedObject {
  const box: Box = [x - 0.05, y - 0.3, 0.1, 0.3];
  return { id, class: 'person', score: 0.9, box, speed: [0, 0], lastSeen: 0, missedSince: undefined };
}

/** what changed, frame by frame, for somebody whose feet are at each of `places` */
function walk(places: readonly (readonly [number, number] | undefined)[]): string[] {
  let state = emptyScene;
  return places.map((place) => {
    const seen = observe(state, [square], place === undefined ? [] : [at(...place)]);
    state = seen.state;
    return seen.changes.map(({ change, zone }) => `${change} ${zone}`).join();
  });
}

test('feet that come into a zone enter it once, and leave it once', () => {
  expect(
    walk([
      [0.3, 0.5],
      [0.45, 0.5],
      [0.5, 0.5],
      [0.55, 0.5],
      [0.7, 0.5],
    ]),
  ).toEqual(['', 'entered door', '', '', 'left door']);
});

test('a box that jitters on the border does not enter again and again', () => {
  const jitter = Array.from({ length: 40 }, (_, i) => [0.4 + (i % 2 ? -0.01 : 0.002), 0.5] as const);
  expect(walk(jitter).filter((text) => text !== '')).toEqual(['entered door']);
});

test('who is gone has left', () => {
  expect(walk([[0.5, 0.5], undefined])).toEqual(['entered door', 'left door']);
});

test('who is first seen inside has entered', () => {
  expect(walk([[0.5, 0.5]])).toEqual(['entered door']);
});

test('feet that the picture cuts off stand at its edge', () => {
  expect(feetOf([0.5, 0.6, 0.2, 0.6])).toEqual([0.6, 0.9999]);
  expect(feetOf([-0.3, 0.2, 0.2, 0.2])[0]).toBe(0);
});

test('the zones that a track is in stand with it', () => {
  const { tracks } = observe(emptyScene, [square, { ...square, id: 'porch' }], [at(0.5, 0.5), at(0.9, 0.9, 2)]);
  expect(tracks.map(({ zones }) => zones)).toEqual([['door', 'porch'], []]);
});

const unit = fc.double({ min: 0, max: 1, noNaN: true });

test('every thing enters and leaves by turns, whatever its way', () => {
  fc.assert(
    fc.property(fc.array(fc.option(fc.tuple(unit, unit), { nil: undefined }), { maxLength: 40 }), (places) => {
      const changes = walk(places).filter((text) => text !== '');
      for (const [i, change] of changes.entries()) expect(change).toBe(i % 2 === 0 ? 'entered door' : 'left door');
    }),
  );
});

test('inside and outside agree with the plain arithmetic of a rectangle, and the border has no distance', () => {
  fc.assert(
    fc.property(unit, unit, (x, y) => {
      fc.pre([x, y].every((v) => Math.abs(v - 0.4) > 1e-9 && Math.abs(v - 0.6) > 1e-9));
      expect(contains(square.points, [x, y])).toBe(x > 0.4 && x < 0.6 && y > 0.4 && y < 0.6);
    }),
  );
  expect(distanceTo(square.points, [0.6, 0.5])).toBeCloseTo(0);
  expect(distanceTo(square.points, [0.7, 0.5])).toBeCloseTo(0.1);
  expect(distanceTo(square.points, [0.5, 0.5])).toBeCloseTo(0.1);
});
