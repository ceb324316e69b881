/**
 * What the main process and the vision process say to each other: small JSON over the child process's channel. Frames
 * never cross; a picture to look at is a file in `liveFolder`, named `<camera>.jpg`, replaced by a rename.
 *
 * `uptime` is the machine's monotonic clock in ms, the same in both processes, so a latency can span them.
 */
import type { Uptime, WallTime } from '@forpost/shared/clock.ts';
import type { CameraStatus } from '@forpost/shared/event/status.ts';
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
  /** 0..1, of the most certain detection so far: what rules go by, because nobody is less of a person for turning */
  readonly best: number;
  readonly box: Box;
  /** in how many analysed frames it was detected */
  readonly seen: number;
  /** a thing that cannot walk in by itself and has not moved, or stands again: a parked car */
  readonly static: boolean;
  /** ids of the zones that its feet (bottom centre of the box) are in */
  readonly zones: readonly string[];
  /** seen by the built-in model in the place of one that is out: it may be of any class, and its score is no such model's */
  readonly anyClass?: true;
}

/** A side of a line as people see it in the picture. */
export type LineSide = 'left' | 'right' | 'up' | 'down';

/** `at`: ms of the monotonic clock of the frame that showed it; of one that vanished, when it was last seen. */
export type SceneChange = ZoneChange | LineChange;

export interface ZoneChange {
  /** parked, moved: it stands in the zone from now on, or moves again */
  readonly change: 'entered' | 'left' | 'parked' | 'moved';
  readonly zone: string;
  readonly track: Track;
  readonly at: Uptime;
}

export interface LineChange {
  readonly change: 'crossed';
  readonly line: string;
  /** the side that it is on now */
  readonly to: LineSide;
  readonly track: Track;
  readonly at: Uptime;
}

/** What somebody may have done to a camera; `stalled`: no pictures come. */
export const tampers = ['stalled', 'covered', 'blurred', 'moved'] as const;
export type Tamper = (typeof tampers)[number];

export type ToVision =
  | {
      readonly kind: 'configure';
      readonly cameras: readonly (CameraConfig & { readonly user?: string; readonly password?: string })[];
      readonly liveFolder: string;
      readonly modelsFolder: string;
      /** where finished evidence is left, for the main process to take */
      readonly evidenceFolder: string;
      /** models that earlier processes ended in: not to be run side by side */
      readonly suspects: readonly string[];
      /** models that are not to be run: the built-in one watches instead */
      readonly out: readonly Ousted[];
    }
  /** A model that was out may be tried again. */
  | { readonly kind: 'renewed'; readonly model: string }
  /** One camera's configuration is another now: what is drawn in its picture is taken as it runs, else it starts anew. */
  | {
      readonly kind: 'reconfigure';
      readonly camera: CameraConfig & { readonly user?: string; readonly password?: string };
    }
  /** An alarm wants its evidence. `uptime`: of the frame that set it off; `track`: whom it is about, where that is known. */
  | {
      readonly kind: 'evidence';
      readonly camera: string;
      readonly alarm: string;
      readonly uptime: Uptime;
      readonly track?: number;
    }
  /** somebody looks at this camera: write its picture twice a second for `seconds` */
  | { readonly kind: 'watch'; readonly camera: string; readonly seconds: number }
  | { readonly kind: 'stop' };

/** A finished piece of evidence, whole and on disk. */
export interface EvidenceItem {
  /** 16 hex digits, random */
  readonly id: string;
  /** picture: of the frame that set the alarm off; best: of the frame that shows the same track best */
  readonly kind: 'picture' | 'best' | 'clip';
  readonly media: 'image/jpeg' | 'video/mp4';
  /** its name in `evidenceFolder` */
  readonly file: string;
  /** hex */
  readonly sha256: string;
  /** bytes */
  readonly size: number;
  /** what it shows, ms since 1970; of a clip the alarm's moment */
  readonly time: number;
}

export type FromVision =
  | {
      readonly kind: 'evidence';
      readonly camera: string;
      /** whose evidence it is: several alarms of one moment share a clip */
      readonly alarms: readonly string[];
      readonly items: readonly EvidenceItem[];
      /** what these alarms will not be shown by, and why, in words */
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
  /** what the camera's view became; null: it sees what it always saw (told once after each start as well) */
  | {
      readonly kind: 'tamper';
      readonly camera: string;
      readonly time: WallTime;
      readonly uptime: Uptime;
      readonly tamper: Exclude<Tamper, 'stalled'> | null;
    }
  /** what an installer should know, and again with an empty text when it is over */
  | { readonly kind: 'problem'; readonly about: string; readonly text: string }
  /** what its threads open and run from now on, of models that are not proven: who reads it last knows what it ended in */
  | { readonly kind: 'running'; readonly models: readonly string[] }
  | { readonly kind: 'proven'; readonly model: string }
  /** it ends because so many threads hang: the model of each */
  | { readonly kind: 'hung'; readonly models: readonly string[] }
  | { readonly kind: 'heartbeat'; readonly residentBytes: number };

/** What `vision/supervisor.ts` offers to the rest of the gateway. */
export interface VisionEvents {
  scene(message: Extract<FromVision, { kind: 'scene' }>): void;
  tamper(message: Extract<FromVision, { kind: 'tamper' }>): void;
  /** finished evidence; whoever takes it moves the files */
  evidence?(message: Extract<FromVision, { kind: 'evidence' }>): void;
  /** a camera's state or a problem changed */
  changed(): void;
}
