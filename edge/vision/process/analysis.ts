/**
 * Turns one camera's frames into its scene: gate -> detector -> tracker -> zones. Only this file connects the four.
 *
 * Always:
 * - at most one frame of a camera waits for a detector or is in one: the newest; a newer frame follows at once
 * - a still scene costs only the gate, and one run of the detector every `analyseStillEveryMs`
 * - a broken stream reports no track as having left; frames of that stream are dropped, also one in the detector
 */
import type { Clock, Uptime } from '@forpost/shared/clock.ts';
import { ForpostError, messageOf } from '@forpost/shared/errors.ts';
import type { LineConfig, ZoneConfig } from '../../site/site.ts';
import type { SceneChange, Track } from '../messages.ts';
import type { Frame } from './detectors/detector.ts';
import type { Analysed, DetectorPool } from './detectors/pool.ts';
import { kindOf, type Model } from './detectors/registry.ts';
import { MotionGate } from './gate.ts';
import type { MotionMask } from './motion-mask.ts';
import type { NewestFrame } from './newest-frame.ts';
import type { LivePicture } from './picture.ts';
import { emptyScene, observe } from './scene.ts';
import { emptyTracker, type TrackerOptions, track, wantsNextFrame } from './tracker.ts';

const analyseStillEveryMs = 5_000;
/** A detection that continues a track may be this much weaker than one that starts it. */
const weakPart = 0.5;
/** The frame rate is an average over this time. */
const rateWindowMs = 10_000;

export interface Scene {
  /** ms of the monotonic clock at which the frame was complete */
  readonly uptime: Uptime;
  readonly tracks: readonly Track[];
  readonly changes: readonly SceneChange[];
  readonly detectMs: number;
}

/** The areas drawn in the picture, without the privacy masks. */
export type Areas = Pick<AnalysisOptions, 'zones' | 'lines' | 'motionMasks'>;

export interface AnalysisOptions {
  readonly camera: string;
  readonly model: Model;
  readonly minScore: number;
  /** by class: its own threshold instead of `minScore` */
  readonly thresholds: Readonly<Record<string, number>>;
  /** empty = all */
  readonly classes: readonly string[];
  /** classes whose tracks raise no alarm while they are parked */
  readonly staticClasses: readonly string[];
  readonly zones: readonly ZoneConfig[];
  /** areas whose motion does not wake the detector */
  readonly motionMasks: readonly MotionMask[];
  readonly lines: readonly LineConfig[];
  readonly frames: NewestFrame;
  readonly picture: LivePicture;
  readonly pool: Pick<DetectorPool, 'analyse'>;
  readonly clock: Clock;
  /** called when there are tracks or changes, and once more when the last track is gone */
  scene(scene: Scene): void;
  /** called after `scene` with the analysed frame; the callee copies the frame if it keeps it */
  analysed?(frame: Frame, tracks: readonly Track[], changes: readonly SceneChange[]): void;
  /** the detector failed with this frame; empty: the detector works again */
  trouble(text: string): void;
  /** the model cannot be used at all */
  unusable(reason: string): void;
}

export class Analysis {
  readonly #options: AnalysisOptions;
  readonly #remembers: boolean;
  readonly #gate: MotionGate;
  readonly #trackerOptions: TrackerOptions;
  /** the lowest score that the detector returns: the lowest threshold of all classes, reduced for continuing tracks */
  readonly #leastScore: number;
  #areas: Areas;
  #tracker = emptyTracker;
  #scene = emptyScene;
  #outstanding = false;
  /** a frame for the detector arrived while the detector had another one */
  #waiting = false;
  #motion = false;
  #analysedAt = Number.NEGATIVE_INFINITY;
  /** Frames completed up to this time belong to a broken stream; ms of the monotonic clock. */
  #lostAt = Number.NEGATIVE_INFINITY;
  /** the scene reported last had tracks */
  #hadTracks = false;
  #troubled = false;
  #stopped = false;
  #examinedAt: number[] = [];

  constructor(options: AnalysisOptions) {
    this.#options = options;
    this.#areas = options;
    this.#remembers = kindOf(options.model).remembers;
    this.#gate = new MotionGate(options.motionMasks);
    const { minScore, thresholds, classes, staticClasses } = options;
    this.#trackerOptions = {
      threshold: (name) => thresholds[name] ?? minScore,
      canStand: (name) => staticClasses.includes(name),
    };
    const wanted =
      classes.length === 0 ? [minScore, ...Object.values(thresholds)] : classes.map(this.#trackerOptions.threshold);
    this.#leastScore = Math.min(...wanted) * weakPart;
  }

  /** A new frame is in `frames`. */
  frame(): void {
    const { frames, picture } = this.#options;
    const frame = frames.peek();
    if (frame === undefined || this.#stopped) return;
    picture.offer(frame);
    const motion = this.#gate.detectMotion(frame);
    const unseen = wantsNextFrame(this.#tracker);
    const again = frame.uptime - this.#analysedAt >= analyseStillEveryMs;
    if (!(this.#remembers || motion || unseen || again || this.#motion)) {
      frames.examined();
      this.#count(frame.uptime);
      return;
    }
    this.#motion ||= motion;
    if (this.#outstanding) this.#waiting = true;
    else void this.#analyse();
  }

  /** Examined frames per second, over the last 10 s. */
  framesPerSecond(): number {
    const from = this.#options.clock.uptime() - rateWindowMs;
    const recent = this.#examinedAt.filter((at) => at >= from);
    const first = recent[0];
    if (first === undefined || recent.length < 2) return 0;
    return Math.round(((recent.length - 1) / Math.max(1, this.#options.clock.uptime() - first)) * 10_000) / 10;
  }

  /**
   * The stream broke off. Reports no change, because no track was seen leaving. The detector takes the first frame of
   * the next stream whatever the gate says, and its scene is reported even if it is empty.
   */
  lost(): void {
    this.#lostAt = this.#options.clock.uptime();
    this.#examinedAt = [];
    this.#tracker = { ...this.#tracker, objects: [] };
    this.#scene = emptyScene;
    this.#analysedAt = Number.NEGATIVE_INFINITY;
  }

  /** Replaces the areas from the next frame on. A track in a removed zone has left that zone. */
  setAreas(areas: Areas): void {
    this.#areas = areas;
    this.#gate.setMasks(areas.motionMasks);
  }

  stop(): void {
    this.#stopped = true;
  }

  async #analyse(): Promise<void> {
    const { pool, camera, model, frames, trouble, unusable } = this.#options;
    this.#outstanding = true;
    try {
      const analysed = await pool.analyse({
        camera,
        model,
        minScore: this.#leastScore,
        urgent: this.#motion,
        takeFrame: () => {
          this.#motion = false;
          this.#waiting = false;
          const frame = this.#stopped ? undefined : frames.takeNewest();
          const { motionMasks } = this.#areas;
          return frame !== undefined && this.#remembers && motionMasks.length > 0 ? { ...frame, motionMasks } : frame;
        },
      });
      if (analysed !== undefined && !this.#stopped && analysed.frame.uptime > this.#lostAt)
        this.#handleAnalysed(analysed);
      if (this.#troubled) trouble('');
      this.#troubled = false;
    } catch (error) {
      if (this.#stopped) return;
      if (error instanceof ForpostError && error.code === 'FORPOST_MODEL_INVALID') unusable(messageOf(error));
      else if (!this.#troubled) {
        this.#troubled = true;
        trouble(messageOf(error));
      }
    } finally {
      frames.release();
      this.#outstanding = false;
    }
    if (this.#waiting && !this.#stopped) void this.#analyse();
  }

  #handleAnalysed({ frame, detections, detectMs }: Analysed): void {
    const { classes, picture } = this.#options;
    const { threshold } = this.#trackerOptions;
    const wanted = detections.filter(
      (d) => (classes.length === 0 || classes.includes(d.class)) && d.score >= threshold(d.class) * weakPart,
    );
    this.#tracker = track(this.#tracker, wanted, this.#trackerOptions, frame.uptime);
    this.#analysedAt = frame.uptime;
    this.#count(frame.uptime);
    const { tracks, changes } = this.#reportScene(frame.uptime, detectMs);
    this.#options.analysed?.(frame, tracks, changes);
    if (changes.some(({ change }) => change === 'entered' || change === 'crossed')) picture.offer(frame, true);
  }

  /** Reports the scene if it has tracks or changes, or just lost its last track; returns it. */
  #reportScene(uptime: Uptime, detectMs: number): Pick<Scene, 'tracks' | 'changes'> {
    const { state, tracks, changes } = observe(this.#scene, this.#areas, this.#tracker.objects);
    this.#scene = state;
    if (tracks.length > 0 || changes.length > 0 || this.#hadTracks)
      this.#options.scene({ uptime, tracks, changes, detectMs });
    this.#hadTracks = tracks.length > 0;
    return { tracks, changes };
  }

  #count(uptime: Uptime): void {
    this.#examinedAt.push(uptime);
    while (uptime - (this.#examinedAt[0] ?? uptime) > rateWindowMs) this.#examinedAt.shift();
  }
}
