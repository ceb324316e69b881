/**
 * Builds one configured camera (connection, frames, model, picture, evidence) and sends its messages to the gateway. A
 * camera whose model or address cannot be used is `off` with the reason, and its status shows a problem. A camera whose
 * model is out because that model ends the process (blame.ts) is watched by the built-in model, and its status says so.
 */

import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import type { Clock } from '@forpost/shared/clock.ts';
import { suggestion } from '@forpost/shared/config/nearest.ts';
import { messageOf } from '@forpost/shared/errors.ts';
import type { CameraStatus } from '@forpost/shared/event/status.ts';
import type { Logger } from '@forpost/shared/logging.ts';
import { noWords, type Words, words } from '@forpost/shared/texts/english.ts';
import { type Ousted, standsIn } from '../blame.ts';
import { builtInModel } from '../cards.ts';
import type { FromVision, ToVision } from '../messages.ts';
import { type Source, sourceOf } from './address.ts';
import { Analysis, type Areas, type Scene } from './analysis.ts';
import { Camera } from './camera.ts';
import { type CaptureRecorder, startCapture, startRecording } from './capture.ts';
import type { Frame } from './detectors/detector.ts';
import type { DetectorPool } from './detectors/pool.ts';
import { findModel, kindOf, type Model } from './detectors/registry.ts';
import { type EvidenceQuestion, EvidenceRecorder } from './evidence-recorder.ts';
import { NewestFrame } from './newest-frame.ts';
import { LivePicture } from './picture.ts';
import { probe } from './probe.ts';
import { Ring } from './ring.ts';
import { defaultStaticClasses } from './standing.ts';
import { StreamRecorder } from './stream-recorder.ts';
import { TamperWatch } from './tamper.ts';

const defaultFramesPerSecond = 5;
const defaultBeforeS = 5;
const defaultAfterS = 8;
/** Kept in addition to a clip's seconds: the time until the clip is cut, and the segment in which it begins. */
const keptBeyondMs = 12_000;

/** number of cameras built in this process */
let built = 0;

export type CameraSettings = Extract<ToVision, { kind: 'configure' }>['cameras'][number];

export interface WatchedCameraOptions {
  readonly config: CameraSettings;
  readonly liveFolder: string;
  readonly modelsFolder: string;
  readonly evidenceFolder: string;
  /** this camera's own empty folder; undefined: nothing can be recorded */
  readonly ring: { readonly folder: string; readonly maxBytes: number } | undefined;
  /** its model, if that is out */
  readonly out: Ousted | undefined;
  readonly pool: Pick<DetectorPool, 'analyse' | 'prepare' | 'forget'>;
  /** for tests; default: ffmpeg */
  readonly startCapture?: typeof startCapture;
  readonly clock: Clock;
  readonly random: () => number;
  readonly logger: Logger;
  send(message: FromVision): void;
}

export class WatchedCamera {
  readonly #options: WatchedCameraOptions;
  /** the key of what a detector remembers of this picture; a rebuilt camera (other masks) has a new key */
  readonly #frameKey: string;
  readonly #picture: LivePicture;
  readonly #tamper = new TamperWatch();
  #camera: Camera | undefined;
  #analysis: Analysis | undefined;
  #frames: NewestFrame | undefined;
  #ring: Ring | undefined;
  /** records the main stream, if that is not the analysed stream */
  #recorder: StreamRecorder | undefined;
  /** records the analysed stream while it is open */
  #captureRecorder: StreamRecorder | undefined;
  #evidence: EvidenceRecorder | undefined;
  /** why the camera cannot be used; empty: it can */
  #unusable = '';
  #reported = '';
  /** a frame was analysed */
  #watched = false;
  #stopped = false;
  /** the current configuration, with changes applied by `applyIfLight` */
  #config: CameraSettings;

  constructor(options: WatchedCameraOptions) {
    const { config, liveFolder, clock, logger } = options;
    this.#options = options;
    this.#config = config;
    this.#frameKey = `${config.id} ${++built}`;
    this.#picture = new LivePicture(config.id, liveFolder, clock, logger);
  }

  get id(): string {
    return this.#options.config.id;
  }

  get config(): CameraSettings {
    return this.#config;
  }

  start(): void {
    this.report();
    this.#setUp().catch((error: unknown) => this.#turnOff(messageOf(error)));
  }

  stop(): void {
    this.#stopped = true;
    this.#camera?.stop();
    this.#analysis?.stop();
    this.#evidence?.stop();
    this.#recorder?.stop();
    this.#ring?.stop();
    this.#picture.stop();
    this.#options.pool.forget(this.id);
  }

  /** Applies a new configuration without a restart if only names and what is drawn differ. Returns whether it did. */
  applyIfLight(config: CameraSettings): boolean {
    const others = ({ zones: _, lines: __, motion_masks: ___, name: ____, place: _____, ...rest }: CameraSettings) =>
      rest;
    if (!isDeepStrictEqual(others(config), others(this.#config))) return false;
    if (!isDeepStrictEqual(areasOf(config), areasOf(this.#config))) {
      if (this.#analysis === undefined) return false;
      this.#analysis.setAreas(areasOf(config));
    }
    this.#config = config;
    this.report();
    return true;
  }

  /** Deletes the live pictures; call it after `stop`. They may show areas that a new mask covers. */
  forgetPictures(): void {
    const { liveFolder } = this.#options;
    for (const name of [`${this.id}.jpg`, `${this.id}.jpg.new`]) rmSync(join(liveFolder, name), { force: true });
  }

  watch(seconds: number): void {
    this.#picture.watch(seconds);
  }

  /** Asks for the evidence of an alarm. */
  ask(question: EvidenceQuestion): void {
    this.#evidence?.ask(question);
  }

  /** Sends the camera's status to the gateway if it changed. */
  report(): void {
    const { out, send } = this.#options;
    const config = this.#config;
    const state = this.#unusable === '' ? (this.#camera?.state ?? 'connecting') : 'off';
    const reason =
      this.#unusable === '' ? (this.#camera?.reason ?? words('gateway/reason.opening-model')) : this.#unusable;
    const status: CameraStatus = {
      id: config.id,
      name: config.name ?? config.id,
      state,
      reason: reason === '' && out !== undefined ? standsIn(out) : reason,
      framesPerSecond: this.#analysis?.framesPerSecond() ?? 0,
      framesSkipped: this.#frames?.skipped ?? 0,
      detector: (out === undefined ? config.detector : undefined) ?? builtInModel.name,
    };
    const text = JSON.stringify(status);
    if (text === this.#reported) return;
    this.#reported = text;
    send({ kind: 'camera', status });
  }

  async #setUp(): Promise<void> {
    const { config, modelsFolder, out, pool, clock, random, logger } = this.#options;
    const source = sourceOf(config);
    // settings of one model do not apply to another
    const chosen: Partial<CameraSettings> = out === undefined ? config : {};
    const model = await findModel(chosen.detector ?? builtInModel.name, modelsFolder);
    if (this.#stopped) return;
    this.#problem('gateway/problem.camera-detector', out === undefined ? noWords : standsIn(out));
    if (out === undefined) this.#checkClasses(model);
    const frames = new NewestFrame(this.#frameKey, model.inputSize, clock, config.masks);
    this.#record(frames);
    const analysis = new Analysis({
      camera: config.id,
      model,
      minScore: chosen.min_score ?? kindOf(model).defaultMinScore,
      thresholds: chosen.thresholds ?? {},
      classes: chosen.classes ?? [],
      staticClasses: config.static_classes ?? defaultStaticClasses,
      ...areasOf(config),
      frames,
      picture: this.#picture,
      pool,
      clock,
      scene: (scene) => this.#sendScene(scene),
      analysed: (frame, tracks, changes) => {
        this.#evidence?.analysed(frame, tracks, changes);
        if (this.#watched) return;
        this.#watched = true;
        logger.info({ camera: config.id, model: model.name }, 'camera watched');
      },
      trouble: (reason) => this.#problem('gateway/problem.camera', reason),
      unusable: (reason) => this.#turnOff(reason),
    });
    const camera: Camera = new Camera({
      id: config.id,
      source,
      framesPerSecond: config.fps ?? defaultFramesPerSecond,
      size: model.inputSize,
      frames,
      clock,
      random,
      logger,
      startCapture: this.#options.startCapture ?? startCapture,
      probe,
      recorder: this.#recorder === undefined ? this.#recordsCapture(source) : undefined,
      frame: () => {
        // analysis first, because of the alert; the frame's buffer stays unchanged within this turn of the event loop
        const frame = frames.peek();
        analysis.frame();
        if (frame !== undefined) this.#checkTampering(frame);
      },
      changed: () => {
        if (camera.state !== 'live') {
          analysis.lost();
          this.#evidence?.lost();
        }
        this.report();
      },
      rareKeyFrames: (intervalMs) => this.#problem('gateway/problem.camera-key-frames', rareKeyFrames(intervalMs)),
      softened: (reason) =>
        this.#problem('gateway/problem.camera-decoder', words('gateway/reason.processor-decodes', { reason })),
    });
    this.#frames = frames;
    this.#analysis = analysis;
    this.#camera = camera;
    // the camera connects while the threads open its model; both take about a second
    camera.start();
    await pool.prepare(model);
  }

  #record(frames: NewestFrame): void {
    const { config, ring, evidenceFolder, clock, random, logger, send } = this.#options;
    const intervalMs = this.#intervalMs;
    const beforeMs = (config.record?.before_s ?? defaultBeforeS) * 1000;
    const afterMs = (config.record?.after_s ?? defaultAfterS) * 1000;
    if (ring !== undefined && beforeMs + afterMs > 0) {
      this.#ring = new Ring({ ...ring, keepMs: beforeMs + keptBeyondMs, intervalMs, clock });
      this.#ring.start();
      if (config.main_url !== undefined) {
        const source = sourceOf({ ...config, url: config.main_url });
        this.#recorder = new StreamRecorder({
          camera: config.id,
          source,
          ring: this.#ring,
          intervalMs,
          clock,
          random,
          logger,
          startRecording: (recording, ended) => startRecording(source, 1_000 / intervalMs, recording, ended),
        });
        this.#recorder.start();
      }
    }
    this.#evidence = new EvidenceRecorder({
      camera: config.id,
      folder: evidenceFolder,
      beforeMs,
      afterMs,
      masks: (config.masks ?? []).map(({ points }) => points),
      ring: this.#ring,
      unrecorded: () => this.#unrecorded(),
      intervalMs,
      newest: () => frames.peek(),
      clock,
      logger,
      send: (alarms, items) => send({ kind: 'evidence', camera: config.id, alarms, items }),
      lacks: (alarms, lacking) => send({ kind: 'evidence', camera: config.id, alarms, items: [], lacking }),
    });
  }

  get #intervalMs(): number {
    return 1_000 / (this.#options.config.fps ?? defaultFramesPerSecond);
  }

  #unrecorded(): string {
    if (this.#options.ring === undefined) return words('gateway/reason.no-memory-for-clips');
    if (this.#config.url.startsWith('v4l2:') && this.#recorder === undefined)
      return words('gateway/reason.capture-not-recorded');
    return (this.#recorder ?? this.#captureRecorder)?.problem ?? '';
  }

  /** A recorder of the analysed stream; undefined: nothing can be recorded. */
  #recordsCapture(source: Source): CaptureRecorder | undefined {
    const { config, clock, random, logger } = this.#options;
    const ring = this.#ring;
    if (ring === undefined) return undefined;
    return {
      begin: () => ring.begin(),
      attach: (startRecording) => {
        const intervalMs = this.#intervalMs;
        const options = { camera: config.id, source, ring, intervalMs, startRecording, clock, random, logger };
        this.#captureRecorder = new StreamRecorder(options);
        this.#captureRecorder.start();
        return this.#captureRecorder;
      },
    };
  }

  #turnOff(reason: string): void {
    if (this.#stopped || this.#unusable !== '') return;
    this.#unusable = reason;
    this.#analysis?.stop();
    this.#camera?.stop();
    this.#options.logger.error({ camera: this.id, reason }, 'camera cannot be used');
    this.#problem('gateway/problem.camera', reason);
    this.report();
  }

  /** Reports a problem for classes that the model does not know; the other classes are watched. */
  #checkClasses({ name, classes: known }: Model): void {
    const { classes = [], thresholds = {}, static_classes: still = [] } = this.#options.config;
    const wrong = [...new Set([...classes, ...Object.keys(thresholds), ...still])].filter(
      (one) => !known.includes(one),
    );
    const hints = wrong.map((one) => `"${one}"${known.length > 1 ? suggestion(one, known) : ''}`);
    if (wrong.length > 0)
      this.#problem(
        'gateway/problem.camera-classes',
        words('gateway/reason.model-classes', { model: name, classes: hints.join(', ') }),
      );
  }

  /** A later problem of the same kind replaces the earlier one; an empty reason ends it. */
  #problem(
    kind: `gateway/problem.camera${'' | '-detector' | '-classes' | '-key-frames' | '-decoder'}`,
    reason: string,
  ): void {
    const text = reason === '' ? noWords : words(kind, { camera: this.id, reason });
    this.#options.send({ kind: 'problem', about: `${kind} ${this.id}`, text });
  }

  #checkTampering(frame: Frame): void {
    const tamper = this.#tamper.examine(frame);
    if (tamper === undefined) return;
    const { clock, logger, send } = this.#options;
    const { uptime } = frame;
    if (tamper !== null) logger.warn({ camera: this.id, tamper }, 'camera tampered with');
    send({ kind: 'tamper', camera: this.id, time: clock.now() - (clock.uptime() - uptime), uptime, tamper });
  }

  #sendScene({ uptime, tracks, changes, detectMs }: Scene): void {
    const { clock, out, send } = this.#options;
    const time = clock.now() - (clock.uptime() - uptime);
    const about = { kind: 'scene', camera: this.id, time, uptime, detectMs } as const;
    if (out === undefined) send({ ...about, tracks, changes });
    else
      send({
        ...about,
        tracks: tracks.map((track) => ({ ...track, anyClass: true })),
        changes: changes.map((change) => ({ ...change, track: { ...change.track, anyClass: true } })),
      });
  }
}

function rareKeyFrames(intervalMs: number): Words {
  if (intervalMs === 0) return noWords;
  const seconds = Math.round(intervalMs / 1_000);
  return words('gateway/reason.key-frames-every', { seconds });
}

function areasOf({ zones = [], lines = [], motion_masks = [] }: CameraSettings): Areas {
  return { zones, lines, motionMasks: motion_masks.map(({ points }) => points) };
}
