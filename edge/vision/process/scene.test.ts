import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { LineConfig } from '../../site/site.ts';
import type { Box } from '../messages.ts';
import { begin } from './kalman.ts';
import { emptyScene, observe, type SceneState } from './scene.ts';
import { firstSeen, seenAgain } from './standing.ts';
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

const upright: LineConfig = {
  id: 'fence',
  points: [
    [0.7, 0],
    [0.7, 1],
  ],
};
const view = { zones: [square], lines: [upright] };

function at(x: number, y: number, id = 1, more: Partial<TrackedObject> = {}): TrackedObject {
  const box: Box = [x - 0.05, y - 0.3, 0.1, 0.3];
  const seen = { seen: 1, sure: true, standing: undefined, motion: begin(box), lastSeen: 0, missedSince: undefined };
  return { id, class: 'person', score: 0.9, best: 0.9, box, ...seen, ...more };
}

/** the changes, frame by frame, of a person whose feet are at each of `places` */
function walk(places: readonly (readonly [number, number] | undefined)[]): string[] {
  let state = emptyScene;
  return places.map((place) => {
    const seen = observe(state, view, place === undefined ? [] : [at(...place)]);
    state = seen.state;
    return seen.changes
      .map((change) =>
        change.change === 'crossed' ? `crossed ${change.line} ${change.to}` : `${change.change} ${change.zone}`,
      )
      .join();
  });
}

test('a person enters a zone once and leaves it once', () => {
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

test('a track that ends has left its zone', () => {
  expect(walk([[0.5, 0.5], undefined])).toEqual(['entered door', 'left door']);
});

test('a person first seen inside a zone has entered it', () => {
  expect(walk([[0.5, 0.5]])).toEqual(['entered door']);
});

test('a track carries the zones that it is in', () => {
  const { tracks } = observe(emptyScene, { zones: [square, { ...square, id: 'porch' }], lines: [] }, [
    at(0.5, 0.5),
    at(0.9, 0.9, 2),
  ]);
  expect(tracks.map(({ zones }) => zones)).toEqual([['door', 'porch'], []]);
});

const unit = fc.double({ min: 0, max: 1, noNaN: true });

test('on any way, a track alternately enters and leaves a zone, and crosses a line back and forth', () => {
  const wholeLine = fc.array(fc.tuple(unit, unit), { maxLength: 40 });
  fc.assert(
    fc.property(wholeLine, (places) => {
      const changes = walk(places).join().split(',').filter(Boolean);
      const zone = changes.filter((text) => text.endsWith('door'));
      for (const [i, change] of zone.entries()) expect(change).toBe(i % 2 === 0 ? 'entered door' : 'left door');
      const line = changes.filter((text) => text.startsWith('crossed'));
      for (const [i, change] of line.entries()) expect(change).not.toBe(line[i - 1]);
      // as many as the steps between places clearly on different sides
      const sides = places.map(([x]) => x - 0.7).filter((by) => Math.abs(by) >= 0.01);
      expect(line).toHaveLength(sides.filter((by, i) => i > 0 && by > 0 !== (sides[i - 1] ?? by) > 0).length);
    }),
  );
});

test('a person who goes around the end of a line, or appears beyond it, has not crossed it', () => {
  const short: LineConfig = {
    id: 'gate',
    points: [
      [0.5, 0.4],
      [0.5, 0.6],
    ],
  };
  const seen = (places: readonly (readonly [number, number])[]) => {
    let state = emptyScene;
    return places.flatMap(([x, y]) => {
      const { changes, ...next } = observe(state, { zones: [], lines: [short] }, [at(x, y)]);
      state = next.state;
      return changes;
    });
  };
  const around: [number, number][] = [
    [0.4, 0.5],
    [0.45, 0.7],
    [0.55, 0.7],
    [0.6, 0.5],
  ];
  expect(seen(around)).toEqual([]);
  expect(seen([[0.6, 0.5]])).toEqual([]);
  const through: [number, number][] = [
    [0.4, 0.5],
    [0.6, 0.5],
    [0.4, 0.5],
  ];
  expect(seen(through).map((change) => 'to' in change && change.to)).toEqual(['right', 'left']);
});

test('a person who trembles on a line has not crossed it; the crossing counts once the feet are clear of the line', () => {
  const tremble = Array.from({ length: 40 }, (_, i) => [0.7 + (i % 2 ? -0.008 : 0.008), 0.5] as const);
  expect(walk([[0.65, 0.5], ...tremble]).join('')).toBe('');
  expect(walk([[0.65, 0.5], ...tremble, [0.72, 0.5], [0.705, 0.5], [0.72, 0.5]]).filter(Boolean)).toEqual([
    'crossed fence right',
  ]);
});

test('a person who is hidden while crossing and comes out beyond has crossed the line', () => {
  const { state } = observe(emptyScene, view, [at(0.65, 0.5)]);
  const hidden = observe(state, view, [at(0.65, 0.5, 1, { missedSince: 100 })]);
  expect(hidden.changes).toEqual([]);
  expect(observe(hidden.state, view, [at(0.75, 0.5)]).changes).toMatchObject([{ change: 'crossed', to: 'right' }]);
});

test('a track that is not sure yet is left out of the scene', () => {
  expect(observe(emptyScene, view, [at(0.5, 0.5, 1, { sure: false })])).toMatchObject({ tracks: [], changes: [] });
});

test('a person who vanished left at the time when last seen', () => {
  const { state } = observe(emptyScene, view, [at(0.5, 0.5, 1, { lastSeen: 4_000 })]);
  expect(observe(state, view, []).changes).toMatchObject([{ change: 'left', at: 4_000 }]);
});

test('a car that drives in, parks and drives on reports each change once', () => {
  const boxOfCar = at(0.5, 0.5).box;
  const standing = firstSeen(boxOfCar, 0);
  const moving = { ...standing, stands: false };
  let state: SceneState = emptyScene;
  const told = [moving, seenAgain(moving, boxOfCar, 60_000), standing, moving].flatMap((now) => {
    const seen = observe(state, view, [at(0.5, 0.5, 1, { class: 'car', standing: now })]);
    state = seen.state;
    return seen.changes.map(({ change, track }) => `${change}${track.static ? ' static' : ''}`);
  });
  expect(told).toEqual(['entered', 'parked static', 'moved']);
});
