import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Detection } from './detectors/detector.ts';
import { emptyTracker, maxMissMs, maxTracks, type TrackerState, track, wantsNextFrame } from './tracker.ts';

const options = { threshold: () => 0.5, canStand: (name: string) => name === 'car' };
const look = (state: TrackerState, detections: readonly Detection[], uptime: number) =>
  track(state, detections, options, uptime);
const ids = (state: TrackerState) => state.objects.map(({ id }) => id);
const person = (x: number, y: number, score = 0.9): Detection => ({ class: 'person', score, box: [x, y, 0.1, 0.3] });

/** tracks the detections of each frame, 200 ms apart; returns the ids after each frame */
function run(frames: readonly (readonly Detection[])[], stepMs = 200): number[][] {
  let state = emptyTracker;
  return frames.map((detections, i) => {
    state = look(state, detections, i * stepMs);
    return ids(state);
  });
}

test('a person who walks keeps the track’s id', () => {
  const walk = Array.from({ length: 30 }, (_, i) => [person(i * 0.03, 0.4)]);
  expect(new Set(run(walk).flat())).toEqual(new Set([1]));
});

test('a person who walks so fast that no two boxes overlap keeps the track’s id', () => {
  const walk = Array.from({ length: 6 }, (_, i) => [person(i * 0.14, 0.4)]);
  expect(new Set(run(walk).flat())).toEqual(new Set([1]));
});

test('two people who walk past each other at different depths keep their ids', () => {
  let state = emptyTracker;
  for (let i = 0; i < 25; i++) state = look(state, [person(i * 0.03, 0.2), person(0.75 - i * 0.03, 0.5)], i * 200);
  const near = state.objects.find(({ box }) => box[1] === 0.5);
  expect(state.objects.map(({ id }) => id)).toEqual([1, 2]);
  expect(near?.id).toBe(2);
});

test('a weak detection continues a track but does not start one', () => {
  expect(run([[person(0.1, 0.4, 0.3)]])).toEqual([[]]);
  expect(run([[person(0.1, 0.4)], [person(0.12, 0.4, 0.3)], [person(0.14, 0.4)]])).toEqual([[1], [1], [1]]);
});

test('a track keeps its id through a short miss while the person walks on, and loses it in a long one', () => {
  const miss = (frames: number) => [
    ...Array.from({ length: 6 }, (_, i) => [person(i * 0.02, 0.4)]),
    ...Array.from({ length: frames }, () => []),
    [person((6 + frames) * 0.02, 0.4)],
  ];
  expect(run(miss(4)).at(-1)).toEqual([1]);
  expect(run(miss(maxMissMs / 200 + 2)).at(-1)).toEqual([2]);
});

test('a still scene that the detector sees every five seconds loses no track by one miss', () => {
  let state = look(emptyTracker, [person(0.5, 0.4)], 0);
  state = look(state, [], 5_000);
  expect(wantsNextFrame(state)).toBe(true);
  state = look(state, [person(0.5, 0.4)], 5_200);
  expect(ids(state)).toEqual([1]);
  expect(wantsNextFrame(state)).toBe(false);
});

test('two people who meet and turn back, and two who pass each other, keep their ids', () => {
  const way = (turnsBack: boolean) => {
    let state = emptyTracker;
    for (let i = 0; i < 24; i++) {
      const left = 0.1 + 0.03 * (turnsBack && i > 11 ? 23 - i : i);
      const right = 0.82 - 0.03 * (turnsBack && i > 11 ? 23 - i : i);
      state = look(state, [person(right, 0.42), person(left, 0.4)], i * 200);
    }
    return state.objects.map(({ id, box }) => ({ id, y: box[1] }));
  };
  const first = [
    { id: 1, y: 0.42 },
    { id: 2, y: 0.4 },
  ];
  expect(way(false)).toEqual(first);
  expect(way(true)).toEqual(first);
});

test('a person who walks behind a van for two seconds comes out with the same id, also among others', () => {
  const hidden = (i: number) => i >= 10 && i < 20;
  const walk = Array.from({ length: 30 }, (_, i) => [
    ...(hidden(i) ? [] : [person(0.1 + i * 0.02, 0.4)]),
    person(0.9, 0.1 + i * 0.01),
  ]);
  expect(run(walk).at(-1)).toEqual([1, 2]);
});

test('a detection just above the threshold becomes a sure track when seen twice, one clearly above it at once', () => {
  const sure = (...scores: number[]) => {
    let state = emptyTracker;
    for (const [i, score] of scores.entries())
      state = look(state, score === 0 ? [] : [person(0.5, 0.4, score)], i * 200);
    return state.objects.map((object) => object.sure);
  };
  expect(sure(0.7)).toEqual([true]);
  expect(sure(0.55)).toEqual([false]);
  expect(sure(0.55, 0.3)).toEqual([false]);
  expect(sure(0.55, 0.55)).toEqual([true]);
  expect(sure(0.55, 0, 0.55)).toEqual([true]);
  expect(sure(0.55, 0, 0, 0, 0)).toEqual([]);
  expect(wantsNextFrame(look(emptyTracker, [person(0.5, 0.4, 0.55)], 0))).toBe(true);
});

test('each class has its own threshold', () => {
  const strict = { ...options, threshold: (name: string) => (name === 'cat' ? 0.9 : 0.4) };
  const seen = track(emptyTracker, [person(0.1, 0.4, 0.6), { ...person(0.6, 0.4, 0.8), class: 'cat' }], strict, 0);
  expect(seen.objects.map((object) => object.class)).toEqual(['person']);
});

test('a parked car that the detector finds only now and then keeps its track; a missed person’s track ends', () => {
  const car: Detection = { class: 'car', score: 0.9, box: [0.2, 0.4, 0.3, 0.2] };
  let state = emptyTracker;
  for (let i = 0; i < 20; i++) state = look(state, [car, person(0.7, 0.4)], i * 200);
  for (let i = 20; i < 120; i++) state = look(state, i % 30 === 0 ? [car] : [], i * 200);
  expect(state.objects.map((object) => [object.id, object.class, object.standing?.stands])).toEqual([[1, 'car', true]]);
  expect(wantsNextFrame(state)).toBe(false);
});

test('a person does not continue the track of a cat', () => {
  expect(run([[{ ...person(0.5, 0.4), class: 'cat' }], [person(0.5, 0.4)]]).at(-1)).toEqual([1, 2]);
});

test('people with random ways keep their ids at any frame rate, with trembling boxes, hidden or missed now and then', () => {
  const walker = fc.record({
    from: fc.integer({ min: 0, max: 20 }),
    /** hundredths of the picture a second: from standing to running */
    speed: fc.integer({ min: -15, max: 15 }),
    hiddenAt: fc.integer({ min: 5, max: 40 }),
    hiddenFor: fc.integer({ min: 0, max: 15 }),
  });
  const noise = fc.infiniteStream(fc.integer({ min: -5, max: 5 }));
  const walks = fc.array(walker, { minLength: 1, maxLength: 3 });
  fc.assert(
    fc.property(walks, fc.integer({ min: 4, max: 15 }), noise, (all, fps, trembles) => {
      const next = () => (trembles.next().value ?? 0) / 1000;
      let state = emptyTracker;
      const idOf = new Map<number, number>();
      for (let frame = 0; frame < 6 * fps; frame++) {
        const seconds = frame / fps;
        const tenths = seconds * 10;
        const detections = all.flatMap(({ from, speed, hiddenAt, hiddenFor }, who): Detection[] => {
          const hidden = tenths >= hiddenAt && tenths < hiddenAt + hiddenFor;
          // their boxes overlap; their rows tell them apart
          const [x, y] = [0.4 + from / 100 + (speed / 100) * seconds, 0.02 + who * 0.15];
          const score = frame === 0 ? 0.9 : 0.6 + next() * 40;
          return hidden ? [] : [{ class: 'person', score, box: [x + next(), y + next(), 0.09, 0.27] }];
        });
        state = look(state, detections, seconds * 1000);
        for (const { id, box } of state.objects) {
          const who = Math.round((box[1] - 0.02) / 0.15);
          expect(idOf.get(who) ?? id).toBe(id);
          idOf.set(who, id);
        }
      }
      expect(idOf.size).toBe(all.length);
    }),
    { numRuns: 200 },
  );
});

test('for any detections, ids are unique and never used again, and the number of tracks is bounded', () => {
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
      for (const now of run(all, stepMs)) {
        expect(new Set(now).size).toBe(now.length);
        expect(now.length).toBeLessThanOrEqual(maxTracks);
        for (const id of now) expect(gone.has(id)).toBe(false);
        for (const id of before) if (!now.includes(id)) gone.add(id);
        before = now;
      }
    }),
    { numRuns: 50 },
  );
});
