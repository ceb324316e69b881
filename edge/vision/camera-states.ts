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
  #cameras: readonly CameraConfig[];
  readonly #status = new Map<string, CameraStatus>();

  constructor(cameras: readonly CameraConfig[]) {
    this.#cameras = cameras;
    for (const camera of cameras) this.#status.set(camera.id, initialStatus(camera));
  }

  /** The site has these cameras now: what is known of the others is forgotten. */
  renew(cameras: readonly CameraConfig[]): void {
    this.#cameras = cameras;
    for (const id of this.#status.keys()) if (!cameras.some((camera) => camera.id === id)) this.#status.delete(id);
    for (const camera of cameras) {
      const known = this.#status.get(camera.id);
      const name = camera.name ?? camera.id;
      this.#status.set(camera.id, known === undefined ? initialStatus(camera) : { ...known, name });
    }
  }

  has(camera: string): boolean {
    return this.#status.has(camera);
  }

  /** A late report of a camera that the site no longer has changes nothing. */
  set(status: CameraStatus): void {
    if (this.#status.has(status.id)) this.#status.set(status.id, status);
  }

  isLive(camera: string): boolean {
    return this.#status.get(camera)?.state === 'live';
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
