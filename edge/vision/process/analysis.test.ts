import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FakeClock } from '@forpost/shared/clock.ts';
import { silentLogger } from '@forpost/shared/logging.ts';
import { expect, onTestFinished, test } from 'vitest';
import { Analysis, type AnalysisOptions, type Scene } from './analysis.ts';
import type { Detection } from './detectors/detector.ts';
import type { Model } from './detectors/registry.ts';
import { NewestFrame } from './newest-frame.ts';
import { LivePicture } from './picture.ts';
import { defaultStaticClasses } from './standing.ts';

const size = 64;
const model: Model = { name: 'm', kind: 'yolox', inputSize: size, classes: ['person', 'car'], measuredMs: 1, file: '' };
const person = (x: number, score: number): Detection => ({ class: 'person', score, box: [x, 0.3, 0.1, 0.4] });

/** A camera whose detector returns the test's detections, frame by frame, 200 ms apart. */
function camera(options: Partial<AnalysisOptions> = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'forpost-analysis-'));
  const clock = new FakeClock();
  const frames = new NewestFrame('yard', size, clock);
  frames.setPicture(size, size);
  const picture = new LivePicture('yard', folder, clock, silentLogger());
  onTestFinished(async () => {
    await picture.settled();
    rmSync(folder, { recursive: true });
  });
  const scenes: Scene[] = [];
  const asked: number[] = [];
  let found: readonly Detection[] = [];
  const analysis = new Analysis({
    camera: 'yard',
    model,
    minScore: 0.5,
    thresholds: {},
    classes: [],
    staticClasses: defaultStaticClasses,
    zones: [
      {
        id: 'all',
        points: [
          [0, 0],
          [1, 0],
          [1, 1],
          [0, 1],
        ],
      },
    ],
    lines: [],
    motionMasks: [],
    frames,
    picture,
    pool: {
      analyse: async ({ takeFrame: take, minScore }) => {
        const frame = take();
        asked.push(minScore);
        return frame === undefined ? undefined : { frame, detections: found, detectMs: 1 };
      },
    },
    clock,
    scene: (scene) => scenes.push(scene),
    trouble: () => undefined,
    unusable: () => undefined,
    ...options,
  });
  return {
    scenes,
    asked,
    analysis,
    clock,
    /** one frame, filled with one grey level */
    async frame(detections: readonly Detection[], grey = 100) {
      found = detections;
      clock.advance(200);
      frames.write(new Uint8Array(size * size * 3).fill(grey));
      analysis.frame();
      await new Promise((resolve) => setImmediate(resolve));
    },
  };
}

test('the detector gets the lowest threshold of all classes, reduced so that weak detections can continue a track', async () => {
  const one = camera({ thresholds: { car: 0.3, person: 0.7 }, classes: ['person', 'car'] });
  await one.frame([]);
  expect(one.asked[0]).toBeCloseTo(0.15);
  const other = camera({ thresholds: { car: 0.3 }, classes: ['person'] });
  await other.frame([]);
  expect(other.asked[0]).toBeCloseTo(0.25);
});

test('each class has its own threshold, and unwanted classes make no track', async () => {
  const { frame, scenes } = camera({ thresholds: { person: 0.8 }, classes: ['person'] });
  await frame([person(0.1, 0.75), { class: 'car', score: 0.95, box: [0.5, 0.5, 0.2, 0.2] }, person(0.6, 0.95)]);
  expect(scenes.flatMap(({ tracks }) => tracks.map(({ box }) => box[0]))).toEqual([0.6]);
});

test('a strong detection enters a zone with its first frame; a weak one makes the detector look again at once', async () => {
  const sure = camera();
  await sure.frame([person(0.4, 0.9)]);
  expect(sure.scenes.flatMap(({ changes }) => changes.map(({ change }) => change))).toEqual(['entered']);
  const unsure = camera();
  await unsure.frame([person(0.4, 0.55)]);
  expect(unsure.scenes).toEqual([]);
  await unsure.frame([person(0.4, 0.55)]);
  expect(unsure.asked).toHaveLength(2);
  expect(unsure.scenes.flatMap(({ changes }) => changes.map(({ change }) => change))).toEqual(['entered']);
});

test('a person who stands still in a still picture stays a track, and the detector looks every few seconds', async () => {
  const { frame, scenes, asked } = camera();
  for (let i = 0; i < 300; i++) await frame([person(0.4, 0.9)]);
  expect(scenes.flatMap(({ changes }) => changes.map(({ change }) => change))).toEqual(['entered']);
  expect(asked.length).toBeGreaterThanOrEqual(12);
  expect(asked.length).toBeLessThan(30);
});

test('movement within a new motion mask no longer wakes the detector, and things there are still recognised', async () => {
  const { frame, analysis, asked, scenes } = camera();
  const flicker = (i: number) => frame([person(0.4, 0.9)], i % 2 === 0 ? 100 : 200);
  for (let i = 0; i < 10; i++) await flicker(i);
  const before = asked.length;
  analysis.setAreas({
    zones: [],
    lines: [],
    motionMasks: [
      [
        [0, 0],
        [1, 0],
        [1, 1],
        [0, 1],
      ],
    ],
  });
  const told = scenes.length;
  for (let i = 0; i < 100; i++) await flicker(i);
  // 20 s: only the look every 5 s remains
  expect(asked.length - before).toBeGreaterThanOrEqual(3);
  expect(asked.length - before).toBeLessThanOrEqual(6);
  expect(scenes.slice(told).every(({ tracks }) => tracks.length === 1)).toBe(true);
});

test('a broken stream reports nobody as leaving; the next stream is analysed at once, and its empty scene is reported', async () => {
  const { frame, scenes, asked, analysis } = camera();
  await frame([person(0.4, 0.9)]);
  const before = asked.length;
  analysis.lost();
  expect(scenes).toHaveLength(1);
  await frame([]);
  expect(asked).toHaveLength(before + 1);
  expect(scenes.slice(1)).toMatchObject([{ tracks: [], changes: [] }]);
  analysis.lost();
  await frame([person(0.4, 0.9)]);
  expect(scenes.at(-1)).toMatchObject({ tracks: [{ id: 2 }], changes: [{ change: 'entered' }] });
  expect(scenes).toHaveLength(3);
});

test.each(['with the detector', 'waiting for it'])(
  'a frame that is %s when the stream breaks off is neither told nor kept as evidence',
  async (where) => {
    const answers: (() => void)[] = [];
    const answer = () => new Promise<void>((resolve) => answers.push(resolve));
    const seen: number[] = [];
    const { frame, scenes, analysis } = camera({
      pool: {
        analyse: async ({ takeFrame: take }) => {
          if (where === 'waiting for it') await answer();
          const taken = take();
          if (where === 'with the detector') await answer();
          return taken && { frame: taken, detections: [person(0.4, 0.9)], detectMs: 1 };
        },
      },
      analysed: ({ uptime }) => seen.push(uptime),
    });
    await frame([]);
    // one more frame, which would be analysed after it
    await frame([], 200);
    analysis.lost();
    for (let i = 0; i < 3; i++) {
      for (const one of answers.splice(0)) one();
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect([scenes, seen]).toEqual([[], []]);
    await frame([]);
    for (const one of answers.splice(0)) one();
    await new Promise((resolve) => setImmediate(resolve));
    expect(scenes).toMatchObject([{ changes: [{ change: 'entered' }] }]);
    expect(seen).toHaveLength(1);
  },
);
