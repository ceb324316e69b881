/**
 * Finds the scene that belongs to the shown picture. Pictures come twice a second, scenes with every analysed frame: the
 * newest boxes on a picture of half a second ago would stand beside a walking person.
 */
import type { SceneNotice } from '../view.ts';

/** Older boxes are not drawn. Longer than 5 s, the interval of analysed frames without motion (`process/analysis.ts`). */
export const boxesStaleMs = 7_000;
/** Tolerance between the times of one frame's picture and scene; shorter than the time to the next frame. */
const sameFrameMs = 20;
/** Ten seconds of five frames each. */
export const mostScenes = 50;

/** Adds a scene to those of one camera: newest last, at most `mostScenes`. */
export function withScene(scenes: readonly SceneNotice[], scene: SceneNotice): readonly SceneNotice[] {
  return [...scenes.slice(-(mostScenes - 1)), scene];
}

/** The scene of a picture; `scenes`: newest last. `takenMs`: time of the picture, ms since 1970 by the same clock. */
export function sceneAt(scenes: readonly SceneNotice[], takenMs: number): SceneNotice | undefined {
  const found = scenes.findLast(({ time }) => Date.parse(time) <= takenMs + sameFrameMs);
  return found !== undefined && takenMs - Date.parse(found.time) <= boxesStaleMs ? found : undefined;
}
