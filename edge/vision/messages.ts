/**
 * Messages between the main process and the vision process: small JSON over the child process's channel. Frames never
 * cross. A live picture is a file in `liveFolder`, named `<camera>.jpg` and replaced by a rename.
 *
 * `uptime` is the machine's monotonic clock in ms, the same in both processes, so a latency can span them.
 */

import type { Uptime, WallTime } from '@forpost/shared/clock.ts';
import type { CameraStatus } from '@forpost/shared/event/status.ts';
import type { Words } from '@forpost/shared/texts/english.ts';
import type { CameraConfig } from '../site/site.ts';
import type { Ousted } from './blame.ts';

/** x, y, width, height, each 0..1 of the picture, from the top left. */
export type Box = readonly [number, number, number, number];

export interface Track {
  /** counts up from 1 in each camera, until the process starts again */
  readonly id: number;
  readonly class: string;
  /** 0..1, of the newest detection */
  readonly score: number;
  /** 0..1, of the most certain detection so far; rules use this, because a person who turns stays a person */
  readonly best: number;
  readonly box: Box;
  /** the number of analysed frames that detected it */
  readonly seen: number;
  /** a parked thing, such as a car: it has not moved yet, or stands again */
  readonly static: boolean;
  /** ids of the zones that contain its feet (bottom centre of the box) */
  readonly zones: readonly string[];
  /** seen by the built-in model in place of one that is out: the class is unknown, the score the built-in model's */
  readonly anyClass?: true;
}

/** A side of a line as people see it in the picture. */
export type LineSide = 'left' | 'right' | 'up' | 'down';

/** `at`: ms of the monotonic clock of the frame with the change; for a track that ended, when it was last seen. */
export type SceneChange = ZoneChange | LineChange;

export interface ZoneChange {
  /** parked: the thing stands in the zone from now on; moved: it moves again */
  readonly change: 'entered' | 'left' | 'parked' | 'moved';
  readonly zone: string;
  readonly track: Track;
  readonly at: Uptime;
}

export interface LineChange {
  readonly change: 'crossed';
  readonly line: string;
  /** the side that the track is on now */
  readonly to: LineSide;
  readonly track: Track;
  readonly at: Uptime;
}

/** Kinds of tampering with a camera; `stalled`: no pictures come. */
export const tampers = ['stalled', 'covered', 'blurred', 'moved'] as const;
export type Tamper = (typeof tampers)[number];

export type ToVision =
  | {
      readonly kind: 'configure';
      readonly cameras: readonly (CameraConfig & { readonly user?: string; readonly password?: string })[];
      readonly liveFolder: string;
      readonly modelsFolder: string;
      /** where the vision process leaves finished evidence for the main process */
      readonly evidenceFolder: string;
      /** models that ran when earlier processes ended; they must not run at the same time */
      readonly suspects: readonly string[];
      /** models that must not run; the built-in model watches instead */
      readonly out: readonly Ousted[];
    }
  /** A model that was out may be tried again. */
  | { readonly kind: 'renewed'; readonly model: string }
  /**
   * A camera's new configuration, or a new camera. Name, zones, lines and motion masks apply while it runs; other
   * changes restart the camera.
   */
  | {
      readonly kind: 'reconfigure';
      readonly camera: CameraConfig & { readonly user?: string; readonly password?: string };
    }
  /** The site no longer has this camera: it stops, and its pictures and recordings are deleted. */
  | { readonly kind: 'remove'; readonly camera: string }
  /**
   * Asks for an alarm's evidence. `uptime`: of the frame that raised the alarm; `track`: the alarm's track, if known.
   */
  | {
      readonly kind: 'evidence';
      readonly camera: string;
      readonly alarm: string;
      readonly uptime: Uptime;
      readonly track?: number;
    }
  /** Somebody watches this camera: write its live picture twice a second for `seconds`. */
  | { readonly kind: 'watch'; readonly camera: string; readonly seconds: number }
  | { readonly kind: 'stop' };

/** A finished piece of evidence, complete and on disk. */
export interface EvidenceItem {
  /** 16 hex digits, random */
  readonly id: string;
  /** picture: the frame that raised the alarm; best: the frame that shows the same track best */
  readonly kind: 'picture' | 'best' | 'clip';
  readonly media: 'image/jpeg' | 'video/mp4';
  /** the file's name in `evidenceFolder` */
  readonly file: string;
  /** hex */
  readonly sha256: string;
  /** bytes */
  readonly size: number;
  /** the time that it shows, ms since 1970; for a clip, the alarm's time */
  readonly time: number;
}

export type FromVision =
  | {
      readonly kind: 'evidence';
      readonly camera: string;
      /** the alarms that the evidence belongs to; alarms of one moment share a clip */
      readonly alarms: readonly string[];
      readonly items: readonly EvidenceItem[];
      /** the evidence that these alarms will not get, and why, as text */
      readonly lacking?: string;
    }
  | { readonly kind: 'camera'; readonly status: CameraStatus }
  | {
      readonly kind: 'scene';
      readonly camera: string;
      /** when the frame was complete in the vision process: ms since 1970, and ms of the monotonic clock */
      readonly time: WallTime;
      readonly uptime: Uptime;
      readonly tracks: readonly Track[];
      readonly changes: readonly SceneChange[];
      readonly detectMs: number;
    }
  /** The kind of tampering changed; null: none. Sent once after each start too. */
  | {
      readonly kind: 'tamper';
      readonly camera: string;
      readonly time: WallTime;
      readonly uptime: Uptime;
      readonly tamper: Exclude<Tamper, 'stalled'> | null;
    }
  /** A problem for the installer; an empty text clears it. */
  | { readonly kind: 'problem'; readonly about: string; readonly text: Words }
  /** The unproven models that threads open or run now. The last such message before an end names the suspects. */
  | { readonly kind: 'running'; readonly models: readonly string[] }
  | { readonly kind: 'proven'; readonly model: string }
  /** The process ends because too many threads hang; `models`: the model of each thread. */
  | { readonly kind: 'hung'; readonly models: readonly string[] }
  | { readonly kind: 'heartbeat'; readonly residentBytes: number };

/** What `vision/supervisor.ts` offers to the rest of the gateway. */
export interface VisionEvents {
  scene(message: Extract<FromVision, { kind: 'scene' }>): void;
  tamper(message: Extract<FromVision, { kind: 'tamper' }>): void;
  /** finished evidence; the receiver moves the files */
  evidence?(message: Extract<FromVision, { kind: 'evidence' }>): void;
  /** a camera's state or a problem changed */
  changed(): void;
}

/** What a camera sees now. */
export interface CameraView {
  readonly live: boolean;
  /** of the newest analysed frame */
  readonly tracks: readonly Track[];
  /** how its view is tampered with; absent: not, or unknown */
  readonly tamper?: Exclude<Tamper, 'stalled'> | undefined;
}
