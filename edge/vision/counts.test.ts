import fc from 'fast-check';
import { expect, test } from 'vitest';
import { VisionCounts } from './counts.ts';
import type { SceneChange, Track } from './messages.ts';

const track = (id: number, zones: readonly string[], name = 'person'): Track => ({
  id,
  class: name,
  score: 0.9,
  best: 0.9,
  box: [0, 0, 0.1, 0.1],
  seen: 1,
  static: false,
  zones,
});
const entered = (id: number, name?: string): SceneChange => ({
  change: 'entered',
  zone: 'door',
  track: track(id, ['door'], name),
  at: 0,
});
const left = (id: number): SceneChange => ({ change: 'left', zone: 'door', track: track(id, []), at: 0 });

test('movements through a zone and over a line are counted by class, and each count is told once', () => {
  const counts = new VisionCounts();
  counts.observe('yard', [entered(1)], [track(1, ['door'])]);
  counts.observe(
    'yard',
    [entered(2), entered(3, 'dog')],
    [track(1, ['door']), track(2, ['door']), track(3, ['door'], 'dog')],
  );
  counts.observe('yard', [left(1)], [track(2, ['door']), track(3, ['door'], 'dog')]);
  for (const to of ['left', 'right', 'right'] as const)
    counts.observe(
      'yard',
      [{ change: 'crossed', line: 'fence', to, track: track(2, []), at: 0 }],
      [track(2, ['door']), track(3, ['door'], 'dog')],
    );
  expect(counts.endPeriod(60)).toEqual([
    { camera: 'yard', zone: 'door', class: 'person', seconds: 60, entered: 2, left: 1, now: 1, most: 2 },
    { camera: 'yard', zone: 'door', class: 'dog', seconds: 60, entered: 1, left: 0, now: 1, most: 1 },
    { camera: 'yard', line: 'fence', class: 'person', seconds: 60, crossed: { left: 1, right: 2 } },
  ]);
  expect(counts.endPeriod(60)).toEqual([]);
  expect(counts.observe('yard', [], [track(2, ['door'])])).toBe(false);
  counts.observe('yard', [left(2)], []);
  expect(counts.endPeriod(60)).toMatchObject([{ class: 'person', entered: 0, left: 1, now: 0, most: 1 }]);
});

test('a lost camera counts nobody in its zones', () => {
  const counts = new VisionCounts();
  counts.observe('yard', [entered(1)], [track(1, ['door'])]);
  counts.endPeriod(60);
  expect(counts.lost('yard')).toBe(true);
  expect(counts.endPeriod(60)).toMatchObject([{ now: 0, left: 0, most: 1 }]);
  expect(counts.lost('yard')).toBe(false);
});

test('over any period, the count of a zone is the count before, plus entered, less left', () => {
  const step = fc.record({ id: fc.integer({ min: 1, max: 5 }), tell: fc.boolean() });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const counts = new VisionCounts();
      const inside = new Set<number>();
      let known = 0;
      const check = () => {
        const [told] = counts.endPeriod(60);
        known += (told?.entered ?? 0) - (told?.left ?? 0);
        expect(known).toBe(inside.size);
        if (told !== undefined) expect([told.now, (told.most ?? 0) >= (told.now ?? 0)]).toEqual([inside.size, true]);
      };
      for (const { id, tell } of steps) {
        const change = inside.has(id) ? left(id) : entered(id);
        if (!inside.delete(id)) inside.add(id);
        counts.observe(
          'yard',
          [change],
          [...inside].map((one) => track(one, ['door'])),
        );
        if (tell) check();
      }
      check();
    }),
  );
});
