/**
 * Which of a camera's newest scenes belongs to the picture that is shown. Pictures come twice a second, scenes with
 * every analysed frame: the newest boxes on a picture of half a second ago stand beside whoever walks.
 */
import type { SceneNotice } from '../view.ts';

/** Boxes that are older than this are not drawn; what stands still is looked at every 5 s (`process/analysis.ts`). */
export const boxesStaleMs = 7_000;
/** Of one frame, told by two messages: less than the time to the next frame. */
const sameFrameMs = 20;
/** Ten seconds of five frames each. */
export const mostScenes = 50;

/** The scenes of one camera with one more: the newest last, at most `mostScenes`. */
export function withScene(scenes: readonly SceneNotice[], scene: SceneNotice): readonly SceneNotice[] {
  return [...scenes.slice(-(mostScenes - 1)), scene];
}

/** `scenes`: the newest last. `takenMs`: of the picture, ms since 1970 by the same clock. */
export function sceneAt(scenes: readonly SceneNotice[], takenMs: number): SceneNotice | undefined {
  const found = scenes.findLast(({ time }) => Date.parse(time) <= takenMs + sameFrameMs);
  return found !== undefined && takenMs - Date.parse(found.time) <= boxesStaleMs ? found : undefined;
}
