/** A yard with parked cars, from a detector's detections to alarms: tracker, scene and rules together. */
import { expect, test } from 'vitest';
import { RuleEngine } from '../../rules/engine.ts';
import type { RuleConfig, Site } from '../../site/site.ts';
import type { Box } from '../messages.ts';
import type { Detection } from './detectors/detector.ts';
import { emptyScene, observe } from './scene.ts';
import { defaultStaticClasses } from './standing.ts';
import { emptyTracker, track } from './tracker.ts';

const frameMs = 200;
const zones = [
  {
    id: 'yard',
    points: [
      [0, 0],
      [1, 0],
      [1, 1],
      [0, 1],
    ] as [number, number][],
  },
];
const rules = [
  { id: 'inside', kind: 'zone-entered', camera: 'cam', zone: 'yard', clear_after_s: 2 },
  { id: 'stays', kind: 'loitering', camera: 'cam', zone: 'yard', after_s: 30 },
  { id: 'gone', kind: 'zone-left', camera: 'cam', zone: 'yard' },
] as unknown as RuleConfig[];
const site = { devices: [], consumers: [], timezone: 'UTC', cameras: [{ id: 'cam', zones }], rules } as unknown as Site;

/** seeded random numbers, so that a failure can be repeated (mulberry32) */
function randomOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

/** The alarms raised while the detector finds `seen`, frame by frame. */
function raised(
  frames: number,
  seen: (i: number) => readonly Detection[],
): { readonly rule: string; readonly i: number }[] {
  const engine = new RuleEngine({ site, uptime: 0 });
  let [tracker, scene] = [emptyTracker, emptyScene];
  const alarms: { rule: string; i: number }[] = [];
  const options = { threshold: () => 0.4, canStand: (name: string) => defaultStaticClasses.includes(name) };
  for (let i = 0; i < frames; i++) {
    const [uptime, at] = [i * frameMs, { device: 'cam' as never, time: i * frameMs, received: i * frameMs }];
    tracker = track(tracker, seen(i), options, uptime);
    const { state, tracks, changes } = observe(scene, { zones, lines: [] }, tracker.objects);
    scene = state;
    const told = [
      ...changes.flatMap((change) => engine.observe({ kind: 'scene', ...at, change }, uptime, at.received)),
      ...engine.observe({ kind: 'frame', ...at, tracks }, uptime, at.received),
      ...engine.wake(at.received, uptime),
    ];
    for (const { rule, change } of told) if (change === 'raised') alarms.push({ rule, i });
  }
  return alarms;
}

const parked: readonly Box[] = [
  [0.1, 0.5, 0.25, 0.2],
  [0.4, 0.52, 0.22, 0.18],
  [0.02, 0.3, 0.05, 0.04],
];

/** Cars as a detector finds them: boxes tremble, scores vary, and people who walk past hide parts of them. */
function carsOf(random: () => number, person?: Box): Detection[] {
  return parked.flatMap((box) => {
    const score = 0.25 + 0.6 * random();
    if (random() < 0.3 || score < 0.2) return [];
    const tremble = (side: number) => (random() - 0.5) * 0.06 * side;
    const [x, y, w, h] = [
      box[0] + tremble(box[2]),
      box[1] + tremble(box[3]),
      box[2] + tremble(box[2]),
      box[3] + tremble(box[3]),
    ];
    // the person hides the left part of the car
    const hidden = person === undefined ? 0 : Math.min(w * 0.9, Math.max(0, person[0] + person[2] - x));
    return person !== undefined && person[0] < x + w && hidden > 0
      ? [{ class: 'car', score, box: [x + hidden, y, w - hidden, h] as Box }]
      : [{ class: 'car', score, box: [x, y, w, h] as Box }];
  });
}

test.each([1, 2, 3, 4, 5])(
  'parked cars that a detector finds now and then raise no alarm in half an hour (seed %i)',
  (seed) => {
    const random = randomOf(seed);
    expect(raised(9_000, () => carsOf(random))).toEqual([]);
  },
);

test.each([1, 2, 3])(
  'parked cars that are found for minutes and then missed for minutes raise no alarm (seed %i)',
  (seed) => {
    const random = randomOf(seed);
    expect(raised(9_000, (i) => (Math.floor(i / 600) % 2 === 0 ? carsOf(random) : []))).toEqual([]);
  },
);

test.each([1, 2, 3])('only the person who walks past parked cars raises an alarm (seed %i)', (seed) => {
  const random = randomOf(seed);
  const alarms = raised(2_000, (i) => {
    if (i < 1_000 || i >= 1_050) return carsOf(random);
    const person: Box = [-0.05 + (i - 1_000) * 0.02, 0.45, 0.06, 0.3];
    return [...carsOf(random, person), { class: 'person', score: 0.8, box: person }];
  });
  expect(alarms.map(({ rule }) => rule)).toEqual(['inside', 'gone']);
  expect(alarms[0]?.i).toBeLessThanOrEqual(1_003);
});

test.each([1, 2, 3])(
  'a car that drives in among parked cars raises an alarm within 3 frames, and none once it is parked (seed %i)',
  (seed) => {
    const random = randomOf(seed);
    const way = (i: number): Box => [Math.max(0.7, 1 - Math.max(0, i - 500) * 0.02), 0.55, 0.22, 0.18];
    const alarms = raised(3_000, (i) => [
      ...carsOf(random),
      ...(i < 500 ? [] : [{ class: 'car', score: 0.8, box: way(i) }]),
    ]);
    expect(alarms.map(({ rule }) => rule)).toEqual(['inside']);
    expect(alarms[0]?.i).toBeLessThanOrEqual(503);
  },
);

test('a person who stands still among parked cars stays a track, and loiters', () => {
  const random = randomOf(9);
  const person: Detection = { class: 'person', score: 0.8, box: [0.7, 0.45, 0.06, 0.3] };
  const alarms = raised(3_000, (i) => [...carsOf(random), ...(i < 500 ? [] : [person])]);
  expect(alarms.map(({ rule }) => rule)).toEqual(['inside', 'stays']);
});
