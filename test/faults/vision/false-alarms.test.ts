import { expect, test } from 'vitest';
import { findModel, openDetector } from '../../../edge/vision/process/detectors/registry.ts';
import { day } from './day.ts';
import { falseAlarms } from './false-alarms.ts';
import type { SceneName } from './weather.ts';

/** Seconds of each scene: long enough for a cloudburst, a sweep of lamps, a gust, a dusk, some flashes, a cloud. */
const scenes: readonly (readonly [SceneName, number])[] = [
  ['rain', 10],
  ['headlights', 9],
  ['waving-tree', 12],
  ['dusk', 16],
  ['lightning', 15],
  ['parked-car', 16],
];

test.each(scenes)(
  'in the scene %s the built-in detector raises no alarm for %i s, and then sees a visitor',
  async (scene, seconds) => {
    const model = await findModel('motion', '');
    const detector = await openDetector(model);
    const { alarms, visited } = await falseAlarms(scene, seconds, model, detector);
    await detector.close();
    expect(alarms).toEqual([]);
    expect(visited).toBe(true);
  },
);

test('memory does not grow during ten minutes of frames', async () => {
  const { resident, frames, analysed } = await day(600);
  expect(frames).toBe(3_000);
  expect(analysed).toBeGreaterThan(500);
  // memory settles in the first half; a leak of one frame in ten would add 75 MB to the second
  const [early, late] = [Math.max(...resident.slice(0, 12)), resident.at(-1) ?? Number.NaN];
  expect(late - early).toBeLessThan(30 * 1024 ** 2);
});
