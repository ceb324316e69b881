/**
 * What the main process and the vision process say to each other: small JSON over the child process's channel. Frames
 * never cross; a picture to look at is a file in `liveFolder`, named `<camera>.jpg`, replaced by a rename.
 *
 * `uptime` is the machine's monotonic clock in ms, the same in both processes, so a latency can span them.
 */
import type { CameraStatus } from '@forpost/shared/event/status.ts';
import type { CameraConfig } from '../site/site.ts';

/** x, y, width, height, each 0..1 of the picture, from the top left. */
export type Box = readonly [number, number, number, number];

export interface Track {
  /** counts up from 1 in each camera, until the process starts again */
  readonly id: number;
  readonly class: string;
  /** 0..1 */
  readonly score: number;
  readonly box: Box;
  /** ids of the zones that its feet (bottom centre of the box) are in */
  readonly zones: readonly string[];
}

export interface SceneChange {
  readonly change: 'entered' | 'left';
  readonly zone: string;
  readonly track: Track;
}

export type ToVision =
  | {
      readonly kind: 'configure';
      readonly cameras: readonly (CameraConfig & { readonly user?: string; readonly password?: string })[];
      readonly liveFolder: string;
      readonly modelsFolder: string;
    }
  /** somebody looks at this camera: write its picture twice a second for `seconds` */
  | { readonly kind: 'watch'; readonly camera: string; readonly seconds: number }
  | { readonly kind: 'stop' };

export type FromVision =
  | { readonly kind: 'camera'; readonly status: CameraStatus }
  | {
      readonly kind: 'scene';
      readonly camera: string;
      /** when the frame was complete in the vision process: ms since 1970, and ms of the monotonic clock */
      readonly time: number;
      readonly uptime: number;
      readonly tracks: readonly Track[];
      readonly changes: readonly SceneChange[];
      readonly detectMs: number;
    }
  /** what an installer should know, and again with an empty text when it is over */
  | { readonly kind: 'problem'; readonly about: string; readonly text: string }
  | { readonly kind: 'heartbeat'; readonly residentBytes: number };

/** What `vision/supervisor.ts` offers to the rest of the gateway. */
export interface VisionEvents {
  scene(message: Extract<FromVision, { kind: 'scene' }>): void;
  /** a camera's state or a problem changed */
  changed(): void;
}
