/**
 * The last known state of each camera, as the vision process reports it.
 *
 * Always: a camera that is not `off` is connecting until the present process has reported it.
 */

import type { CameraStatus } from '@forpost/shared/event/status.ts';
import { words } from '@forpost/shared/texts/english.ts';
import type { CameraConfig } from '../site/site.ts';

export class CameraStates {
  /** in the site's order */
  readonly #cameras: readonly CameraConfig[];
  readonly #status = new Map<string, CameraStatus>();

  constructor(cameras: readonly CameraConfig[]) {
    this.#cameras = cameras;
    for (const camera of cameras) this.#status.set(camera.id, initialStatus(camera));
  }

  has(camera: string): boolean {
    return this.#status.has(camera);
  }

  set(status: CameraStatus): void {
    this.#status.set(status.id, status);
  }

  /** `down`: why the process does not run; empty: the process runs */
  list(down: string): CameraStatus[] {
    return this.#cameras.map((camera) => {
      const status = this.#status.get(camera.id) ?? initialStatus(camera);
      if (down === '' || status.state === 'off') return status;
      return { ...status, state: 'connecting', reason: down, framesPerSecond: 0 };
    });
  }

  /** Resets all cameras until the new process reports. */
  reset(): void {
    for (const camera of this.#cameras)
      if (this.#status.get(camera.id)?.state !== 'off') this.#status.set(camera.id, initialStatus(camera));
  }
}

function initialStatus(camera: CameraConfig): CameraStatus {
  return {
    id: camera.id,
    name: camera.name ?? camera.id,
    state: 'connecting',
    reason: words('gateway/reason.starting'),
    framesPerSecond: 0,
    detector: camera.detector ?? 'motion',
  };
}
