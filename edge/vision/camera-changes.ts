/**
 * Finds the cameras whose stream came or was lost since the last look. Other changes of a camera's state are not
 * reported, so that a camera that keeps trying does not fill the outbox.
 */
import type { CameraStatus } from '@forpost/shared/event/status.ts';

export interface CameraChange {
  readonly camera: CameraStatus;
  readonly live: boolean;
}

export class CameraChanges {
  readonly #live = new Set<string>();

  /** The changes since the last call. A camera that was never live cannot be lost. */
  compare(cameras: readonly CameraStatus[]): readonly CameraChange[] {
    const changes: CameraChange[] = [];
    // a camera that the site no longer has was not lost
    for (const id of this.#live) if (!cameras.some((camera) => camera.id === id)) this.#live.delete(id);
    for (const camera of cameras) {
      const live = camera.state === 'live';
      if (live === this.#live.has(camera.id)) continue;
      if (live) this.#live.add(camera.id);
      else this.#live.delete(camera.id);
      changes.push({ camera, live });
    }
    return changes;
  }
}
