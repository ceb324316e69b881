/**
 * From one camera's frames to its scene: gate -> detector -> tracker -> zones. The only place where those four meet.
 *
 * Always: at most one frame of a camera waits for or is in a detector, and it is the newest one; a
 * frame that came meanwhile is analysed at once after it; a still scene costs the gate alone, and a look by the detector
 * every `lookAgainMs`; a stream that breaks off is nobody leaving, and of its frames nothing more is told, also of one
 * that is with the detector.
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
import { emptyTracker, type TrackerOptions, track, wantsAnotherLook } from './tracker.ts';

const lookAgainMs = 5_000;
/** A detection that continues a track may be this much weaker than one that starts it. */
const weakPart = 0.5;
/** Over how long the frames a second are counted. */
const rateWindowMs = 10_000;

export interface Scene {
  /** ms of the monotonic clock at which the frame was complete */
  readonly uptime: Uptime;
  readonly tracks: readonly Track[];
  readonly changes: readonly SceneChange[];
  readonly detectMs: number;
}

/** What is drawn in the picture, but for what nobody is to see. */
export type Areas = Pick<AnalysisOptions, 'zones' | 'lines' | 'motionMasks'>;

export interface AnalysisOptions {
  readonly camera: string;
  readonly model: Model;
  readonly minScore: number;
  /** by class, where it is another than `minScore` */
  readonly thresholds: Readonly<Record<string, number>>;
  /** empty = all */
  readonly classes: readonly string[];
  /** what is silenced while it stands */
  readonly staticClasses: readonly string[];
  readonly zones: readonly ZoneConfig[];
  /** areas whose motion is none */
  readonly motionMasks: readonly MotionMask[];
  readonly lines: readonly LineConfig[];
  readonly frames: NewestFrame;
  readonly picture: LivePicture;
  readonly pool: Pick<DetectorPool, 'analyse'>;
  readonly clock: Clock;
  /** something is tracked, or was until now, or changed */
  scene(scene: Scene): void;
  /** after the scene was told: the frame it was seen in, to be copied if it is to be kept */
  analysed?(frame: Frame, tracks: readonly Track[], changes: readonly SceneChange[]): void;
  /** the detector failed with this frame, or (empty) works again */
  trouble(text: string): void;
  /** the model cannot be used at all */
  unusable(reason: string): void;
}

export class Analysis {
  readonly #options: AnalysisOptions;
  readonly #remembers: boolean;
  readonly #gate: MotionGate;
  readonly #trackerOptions: TrackerOptions;
  /** what the detector is asked for: the least threshold of any class, and less to continue a track */
  readonly #leastScore: number;
  #areas: Areas;
  #tracker = emptyTracker;
  #scene = emptyScene;
  #outstanding = false;
  /** a frame that deserves the detector came while another was with it */
  #waiting = false;
  #motion = false;
  #analysedAt = Number.NEGATIVE_INFINITY;
  /** Frames that were complete by then are of a stream that broke off; ms of the monotonic clock. */
  #lostAt = Number.NEGATIVE_INFINITY;
  /** what was told last shows somebody */
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

  /** The newest frame is there. */
  frame(): void {
    const { frames, picture } = this.#options;
    const frame = frames.peek();
    if (frame === undefined || this.#stopped) return;
    picture.offer(frame);
    const motion = this.#gate.look(frame);
    const unseen = wantsAnotherLook(this.#tracker);
    const again = frame.uptime - this.#analysedAt >= lookAgainMs;
    if (!(this.#remembers || motion || unseen || again || this.#motion)) {
      frames.examined();
      this.#count(frame.uptime);
      return;
    }
    this.#motion ||= motion;
    if (this.#outstanding) this.#waiting = true;
    else void this.#analyse();
  }

  /** Frames looked at a second, over the last 10 s. */
  framesPerSecond(): number {
    const from = this.#options.clock.uptime() - rateWindowMs;
    const recent = this.#examinedAt.filter((at) => at >= from);
    const first = recent[0];
    if (first === undefined || recent.length < 2) return 0;
    return Math.round(((recent.length - 1) / Math.max(1, this.#options.clock.uptime() - first)) * 10_000) / 10;
  }

  /**
   * The stream broke off: nobody knows who is there. Tells nothing, because nobody was seen leaving. The first frame of
   * the next stream is looked at whatever the gate says, and told also where nobody is there any more.
   */
  lost(): void {
    this.#lostAt = this.#options.clock.uptime();
    this.#examinedAt = [];
    this.#tracker = { ...this.#tracker, objects: [] };
    this.#scene = emptyScene;
    this.#analysedAt = Number.NEGATIVE_INFINITY;
  }

  /** Others from the next frame on; who is in a zone that is gone has left it. */
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
        take: () => {
          this.#motion = false;
          this.#waiting = false;
          const frame = this.#stopped ? undefined : frames.take();
          const { motionMasks } = this.#areas;
          return frame !== undefined && this.#remembers && motionMasks.length > 0 ? { ...frame, motionMasks } : frame;
        },
      });
      if (analysed !== undefined && !this.#stopped && analysed.frame.uptime > this.#lostAt) this.#took(analysed);
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

  #took({ frame, detections, detectMs }: Analysed): void {
    const { classes, picture } = this.#options;
    const { threshold } = this.#trackerOptions;
    const wanted = detections.filter(
      (d) => (classes.length === 0 || classes.includes(d.class)) && d.score >= threshold(d.class) * weakPart,
    );
    this.#tracker = track(this.#tracker, wanted, this.#trackerOptions, frame.uptime);
    this.#analysedAt = frame.uptime;
    this.#count(frame.uptime);
    const { tracks, changes } = this.#tell(frame.uptime, detectMs);
    this.#options.analysed?.(frame, tracks, changes);
    if (changes.some(({ change }) => change === 'entered' || change === 'crossed')) picture.offer(frame, true);
  }

  /** Tells the scene where there is something to tell, and gives it back. */
  #tell(uptime: Uptime, detectMs: number): Pick<Scene, 'tracks' | 'changes'> {
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
