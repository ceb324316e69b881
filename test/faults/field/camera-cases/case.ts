/** A simulated camera with its quirk, and what the gateway must make of it. */
import type { CameraSettings } from '../../../../edge/vision/process/watched-camera.ts';
import type { CameraQuirks } from '../../../harness/camera/camera-quirks.ts';
import type { HttpCameraQuirks } from '../../../harness/camera/http-camera.ts';

export type Settings = Partial<CameraSettings>;

export interface Served {
  readonly name: string;
  /** a test of `npm test` */
  readonly quick?: true;
  readonly settings?: Settings;
}

/** It is live within 3 s of its first usable frame, and an alarm has a clip of the right length. */
export interface GoodCase extends Served {
  readonly camera?: () => CameraQuirks | Promise<CameraQuirks>;
  readonly http?: HttpCameraQuirks;
  /** default 3,000: from the first key frame that it sends to the first picture */
  readonly liveWithinMs?: number;
  /** told before it is live */
  readonly tells?: RegExp;
  /** of the clip; default 3 to 10 (2 s before and after, and up to 3 s more on each side: whole segments) */
  readonly seconds?: readonly [number, number];
  readonly codec?: string;
  /** the alarm comes so long after the first frame; default 4,000 */
  readonly alarmAfterMs?: number;
  /** what must be so besides; undefined or why it is not */
  readonly also?: (camera: {
    readonly heard: string;
    readonly setUps: number;
    readonly wrongLogins: number;
  }) => string | undefined;
}

/** It cannot be watched, and the reason is one. */
export interface BadCase extends Served {
  readonly camera?: () => CameraQuirks | Promise<CameraQuirks>;
  readonly http?: HttpCameraQuirks;
  readonly state: 'refused' | 'unreachable' | 'connecting' | 'stalled';
  readonly reason: string | RegExp;
}

/** the log-in of a camera that asks for one */
export const login = { user: 'viewer', password: 'p' };
export const at = (user: string, password: string): Settings => ({ user, password });
/** a password of 64 letters */
export const long = 'abcdefgh'.repeat(8);
