import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Detection } from './detectors/detector.ts';
import { emptyTracker, maxMissMs, maxTracks, track } from './tracker.ts';

const convincing = 0.5;
const person = (x: number, y: number, score = 0.9): Detection => ({ class: 'person', score, box: [x, y, 0.1, 0.3] });

/** detections of each frame, 200 ms apart; ids after each */
function run(frames: readonly (readonly Detection[])[], stepMs = 200): number[][] {
  let state = emptyTracker;
  return frames.map((detections, i) => {
    state = track(state, detections, convincing, i * stepMs);
    return state.objects.map(({ id }) => id);
  });
}

test('somebody who walks keeps the id', () => {
  const walk = Array.from({ length: 30 }, (_, i) => [person(i * 0.03, 0.4)]);
  expect(new Set(run(walk).flat())).toEqual(new Set([1]));
});

test('somebody who walks fast, so that no two boxes overlap, keeps the id', () => {
  const walk = Array.from({ length: 6 }, (_, i) => [person(i * 0.14, 0.4)]);
  expect(new Set(run(walk).flat())).toEqual(new Set([1]));
});

test('two who walk past each other at different depths keep their ids', () => {
  let state = emptyTracker;
  for (let i = 0; i < 25; i++)
    state = track(state, [person(i * 0.03, 0.2), person(0.75 - i * 0.03, 0.5)], convincing, i * 200);
  const near = state.objects.find(({ box }) => box[1] === 0.5);
  expect(state.objects.map(({ id }) => id)).toEqual([1, 2]);
  expect(near?.id).toBe(2);
});

test('a weak detection continues a track and starts none', () => {
  expect(run([[person(0.1, 0.4, 0.3)]])).toEqual([[]]);
  expect(run([[person(0.1, 0.4)], [person(0.12, 0.4, 0.3)], [person(0.14, 0.4)]])).toEqual([[1], [1], [1]]);
});

test('an id outlives a short miss, while its bearer walks on, and not a long one', () => {
  const miss = (frames: number) => [
    ...Array.from({ length: 6 }, (_, i) => [person(i * 0.02, 0.4)]),
    ...Array.from({ length: frames }, () => []),
    [person((6 + frames) * 0.02, 0.4)],
  ];
  expect(run(miss(4)).at(-1)).toEqual([1]);
  expect(run(miss(maxMissMs / 200 + 2)).at(-1)).toEqual([2]);
});

test('a still scene that is looked at every five seconds does not lose anybody by one miss', () => {
  let state = track(emptyTracker, [person(0.5, 0.4)], convincing, 0);
  state = track(state, [], convincing, 5_000);
  state = track(state, [person(0.5, 0.4)], convincing, 5_200);
  expect(state.objects.map(({ id }) => id)).toEqual([1]);
});

test('a cat is not continued by a person', () => {
  expect(run([[{ ...person(0.5, 0.4), class: 'cat' }], [person(0.5, 0.4)]]).at(-1)).toEqual([1, 2]);
});

test('whatever is detected: ids are unique, never come back, and tracks are bounded', () => {
  const detection = fc.record({
    class: fc.constantFrom('person', 'cat'),
    score: fc.double({ min: 0, max: 1, noNaN: true }),
    box: fc.tuple(
      ...([0, 1, 2, 3].map(() => fc.double({ min: 0, max: 1, noNaN: true })) as [never, never, never, never]),
    ),
  }) as fc.Arbitrary<Detection>;
  const frames = fc.array(fc.array(detection, { maxLength: 90 }), { maxLength: 12 });
  fc.assert(
    fc.property(frames, fc.integer({ min: 1, max: 3_000 }), (all, stepMs) => {
      const gone = new Set<number>();
      let before: number[] = [];
      for (const ids of run(all, stepMs)) {
        expect(new Set(ids).size).toBe(ids.length);
        expect(ids.length).toBeLessThanOrEqual(maxTracks);
        for (const id of ids) expect(gone.has(id)).toBe(false);
        for (const id of before) if (!ids.includes(id)) gone.add(id);
        before = ids;
      }
    }),
    { numRuns: 50 },
  );
});
