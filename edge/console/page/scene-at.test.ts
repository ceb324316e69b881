import { expect, test } from 'vitest';
import type { SceneNotice } from '../view.ts';
import { mostScenes, sceneAt, withScene } from './scene-at.ts';

const at = (ms: number): SceneNotice => ({
  camera: 'yard',
  time: new Date(ms).toISOString(),
  tracks: [],
  changes: [],
});
const timeOf = (scene: SceneNotice | undefined) => (scene === undefined ? undefined : Date.parse(scene.time));

test('a picture gets the boxes of its own frame, or of the last frame before it', () => {
  const scenes = [at(1000), at(1200), at(1400)];
  expect(timeOf(sceneAt(scenes, 1200))).toBe(1200);
  // the times of one frame's picture and scene differ slightly
  expect(timeOf(sceneAt(scenes, 1198))).toBe(1200);
  expect(timeOf(sceneAt(scenes, 1390))).toBe(1400);
  expect(timeOf(sceneAt(scenes, 1350))).toBe(1200);
  expect(sceneAt(scenes, 900)).toBeUndefined();
});

test('boxes of a still picture are drawn until the next analysed frame is due, then no longer', () => {
  expect(timeOf(sceneAt([at(1000)], 6_500))).toBe(1000);
  expect(sceneAt([at(1000)], 8_500)).toBeUndefined();
  expect(sceneAt([], 1000)).toBeUndefined();
});

test('at most the newest ten seconds of a camera’s scenes are kept', () => {
  let scenes: readonly SceneNotice[] = [];
  for (let i = 0; i < 200; i++) scenes = withScene(scenes, at(i));
  expect(scenes).toHaveLength(mostScenes);
  expect(timeOf(scenes.at(-1))).toBe(199);
});
