/** A simulated camera with its quirk, and the gateway's expected reaction. */
import type { CameraSettings } from '../../../../edge/vision/process/watched-camera.ts';
import type { CameraQuirks } from '../../../harness/camera/camera-quirks.ts';
import type { HttpCameraQuirks } from '../../../harness/camera/http-camera.ts';

export type Settings = Partial<CameraSettings>;

export interface Served {
  readonly name: string;
  /** runs in `npm test` too */
  readonly quick?: true;
  readonly settings?: Settings;
}

/** It is live within 3 s of its first usable frame, and an alarm has a clip of the right length. */
export interface GoodCase extends Served {
  readonly camera?: () => CameraQuirks | Promise<CameraQuirks>;
  readonly http?: HttpCameraQuirks;
  /** from the camera's first key frame to the first picture; default 3,000 */
  readonly liveWithinMs?: number;
  /** a message before it is live */
  readonly tells?: RegExp;
  /** length of the clip; default 3 to 10 (2 s before and after, and up to 3 s more on each side: whole segments) */
  readonly seconds?: readonly [number, number];
  readonly codec?: string;
  /** time from the first frame to the alarm; default 4,000 */
  readonly alarmAfterMs?: number;
  /** a further check: undefined, or the reason why it fails */
  readonly also?: (camera: {
    readonly requestLog: string;
    readonly setUps: number;
    readonly wrongLogins: number;
  }) => string | undefined;
}

/** A camera that cannot be watched, with the expected reason. */
export interface BadCase extends Served {
  readonly camera?: () => CameraQuirks | Promise<CameraQuirks>;
  readonly http?: HttpCameraQuirks;
  readonly state: 'refused' | 'unreachable' | 'connecting' | 'stalled';
  readonly reason: string | RegExp;
}

/** the log-in of a camera that demands one */
export const login = { user: 'viewer', password: 'p' };
export const at = (user: string, password: string): Settings => ({ user, password });
/** a password of 64 letters */
export const long = 'abcdefgh'.repeat(8);
