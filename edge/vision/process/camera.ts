/**
 * One camera's connection, as a state machine with its own deadlines:
 *
 *   connecting ── first frame ──► live ── no frame in time ──► stalled ─┐
 *     │  ▲ ▲                       └── stream ended ──► connecting ─────┤
 *     ├── packets, no key frame ──► connecting, «waiting for a key frame»
 *     │  │ └──────────────── wait (backoff, jitter) ◄───────────────────┤
 *     │  └─ set up again                                                │
 *     ├── wrong log-in, no such stream ──► refused ────────────────────►┤
 *     ├── no such hardware decoder ──► connecting, without it ─────────►┤
 *     └── nobody there, no picture in time ──► unreachable ────────────►┘
 *   off: the camera cannot be used at all; watched-camera.ts sets this state
 *
 * Always:
 * - at most one capture
 * - `stalled`, `refused` and `unreachable` stay until a frame comes, or until packets come and only a key frame is
 *   missing: the state on the page does not flicker
 * - every end of ffmpeg is a dropped stream, whatever its exit status (0 if the camera disconnects it)
 * - this file's watchdog ends a stream that sends nothing
 * - all frames of one ffmpeg have the same proportions, so that masks cover what they should; a stream that changes its
 *   proportions is opened anew
 */

import type { Clock, Timer } from '@forpost/shared/clock.ts';
import { messageOf } from '@forpost/shared/errors.ts';
import type { CameraState } from '@forpost/shared/event/status.ts';
import type { Logger } from '@forpost/shared/logging.ts';
import { type Backoff, backoffMs } from '@forpost/shared/retry.ts';
import { words } from '@forpost/shared/texts/english.ts';
import { isLocal, type Source } from './address.ts';
import type { Capture, CaptureEvents, CaptureRecorder, startCapture } from './capture.ts';
import { type CaptureEnd, explain } from './failure.ts';
import { firstPictureMs, goodKeyFrameMs, longestKeyFrameMs, stallMs } from './limits.ts';
import type { NewestFrame } from './newest-frame.ts';
import type { probe } from './probe.ts';

const probeDeadlineMs = 2_500;
/** Most cameras send a key frame every second: with this backoff, a camera that returns is live within 3 s. */
const retryBackoff: Backoff = { baseMs: 500, ceilingMs: 1_200 };
/** Cameras lock an account after a few wrong passwords, so retries are rare. */
const refusedBackoff: Backoff = { baseMs: 5_000, ceilingMs: 60_000 };
const leastRetryMs = 100;
/** Intervals needed to know how often a stream sends a frame. */
const learningFrames = 4;
/** s of waiting for a key frame at which the reason is updated */
const waitingSteps = [90, 60, 40, 20, 10, 5, 0];
/** A stream that was live this long starts again at the first step of the backoff. */
const provenAfterMs = 10_000;

export interface CameraOptions {
  readonly id: string;
  readonly source: Source;
  readonly framesPerSecond: number;
  /** pixels a side of the frames */
  readonly size: number;
  readonly frames: NewestFrame;
  readonly clock: Clock;
  readonly random: () => number;
  readonly logger: Logger;
  readonly startCapture: typeof startCapture;
  readonly probe: typeof probe;
  /** records the analysed stream; undefined: nothing records it */
  readonly recorder?: CaptureRecorder | undefined;
  /** a complete new frame is in `frames` */
  frame(): void;
  /** the state or its reason changed */
  changed(): void;
  /** Key frames are too far apart, which an installer should know; 0: no longer. */
  rareKeyFrames?(intervalMs: number): void;
  /** the hardware decoder cannot be used, for this reason; the processor decodes instead */
  softened(reason: string): void;
}

export class Camera {
  readonly #options: CameraOptions;
  #source: Source;
  #state: CameraState = 'connecting';
  #reason: string = words('gateway/reason.starting');
  #capture: Capture | undefined;
  #timer: Timer | undefined;
  #frameAt = 0;
  /** ms between the newest frames of this capture */
  #intervals: number[] = [];
  /** The previous capture stalled before its frame interval was known. */
  #unlearned = false;
  /** the newest interval between two key frames, ms; 0: not known */
  #keyFrameMs = 0;
  #liveSince = 0;
  #failures = 0;
  #stopped = true;

  constructor(options: CameraOptions) {
    this.#options = options;
    this.#source = options.source;
  }

  get state(): CameraState {
    return this.#state;
  }

  /** why the camera is not live, as text; empty while it is live */
  get reason(): string {
    return this.#reason;
  }

  start(): void {
    this.#stopped = false;
    this.#begin();
  }

  stop(): void {
    this.#stopped = true;
    this.#timer?.cancel();
    this.#endCapture();
  }

  #begin(): void {
    this.#connect().catch((error: unknown) => this.#retry('unreachable', messageOf(error)));
  }

  async #connect(): Promise<void> {
    const { clock, probe } = this.#options;
    const source = this.#source;
    if (!isLocal(source)) {
      const reason = await probe(source.host, source.port, probeDeadlineMs, clock);
      if (this.#stopped) return;
      if (reason !== '') return this.#retry('unreachable', reason);
    }
    this.#open();
  }

  #open(): void {
    const { size, framesPerSecond, frames, startCapture, recorder } = this.#options;
    frames.reset();
    const events: CaptureEvents = {
      picture: (width, height) => {
        if (frames.setPicture(width, height)) {
          if (frames.peek() !== undefined) this.#frame();
        } else if (this.#capture === capture) {
          this.#endCapture();
          this.#timer?.cancel();
          this.#retry('connecting', words('gateway/reason.other-shape'));
        }
      },
      bytes: (chunk) => {
        if (frames.write(chunk) > 0) this.#frame();
      },
      ended: (end) => {
        if (this.#capture === capture) this.#dropped(end);
      },
      waiting: (ms) => {
        if (this.#capture === capture && this.#liveSince === 0) this.#waitForKeyFrame(ms);
      },
      keyFrames: (intervalMs) => {
        if (this.#capture === capture) this.#sawKeyFrames(intervalMs);
      },
    };
    this.#intervals = [];
    const capture: Capture = startCapture(this.#source, size, framesPerSecond, events, recorder);
    this.#capture = capture;
    this.#awaitPicture();
  }

  #awaitPicture(): void {
    const { clock, framesPerSecond } = this.#options;
    const limitMs = firstPictureMs(1_000 / framesPerSecond);
    this.#timer?.cancel();
    this.#timer = clock.after(limitMs, () => {
      this.#endCapture();
      this.#retry('unreachable', words('gateway/reason.no-picture-within', { seconds: Math.round(limitMs / 1000) }));
    });
  }

  /** Packets have come for `ms` without a key frame, with which decoding begins. */
  #waitForKeyFrame(ms: number): void {
    if (ms > longestKeyFrameMs) {
      this.#timer?.cancel();
      this.#endCapture();
      this.#retry('unreachable', words('gateway/reason.no-key-frame-within', { seconds: longestKeyFrameMs / 1000 }));
      return;
    }
    this.#awaitPicture();
    const seconds = Math.round(this.#keyFrameMs / 1000);
    const waited = waitingSteps.find((step) => ms >= step * 1000) ?? 0;
    if (this.#keyFrameMs > goodKeyFrameMs)
      this.#become('connecting', words('gateway/reason.key-frame-rare', { seconds }));
    else if (waited < 5) this.#become('connecting', words('gateway/reason.key-frame-first'));
    else this.#become('connecting', words('gateway/reason.key-frame-awaited', { seconds: waited }));
  }

  #sawKeyFrames(intervalMs: number): void {
    const rare = (ms: number) => ms > goodKeyFrameMs;
    const before = this.#keyFrameMs;
    this.#keyFrameMs = intervalMs;
    if (rare(intervalMs) || rare(before)) this.#options.rareKeyFrames?.(rare(intervalMs) ? intervalMs : 0);
  }

  #frame(): void {
    const { clock, frame } = this.#options;
    const before = this.#frameAt;
    this.#frameAt = clock.uptime();
    if (this.#liveSince > 0) this.#intervals = [...this.#intervals.slice(1 - learningFrames), this.#frameAt - before];
    if (this.#state !== 'live' || this.#liveSince === 0) {
      this.#liveSince = this.#frameAt;
      this.#timer?.cancel();
      this.#watch();
      this.#become('live', '');
    }
    frame();
  }

  /** The watchdog: one timer for the moment when the newest frame may be too old, instead of one timer a frame. */
  #watch(): void {
    const { clock } = this.#options;
    const limitMs = this.#stallMs();
    const leftMs = this.#frameAt + limitMs - clock.uptime();
    this.#timer = clock.after(Math.max(0, leftMs), () => {
      // the limit may have changed meanwhile
      if (clock.uptime() - this.#frameAt < Math.max(limitMs, this.#stallMs())) return this.#watch();
      this.#unlearned = this.#intervals.length < learningFrames;
      this.#endCapture();
      this.#retry('stalled', words('gateway/reason.no-frames', { seconds: Math.round(limitMs / 1000) }));
    });
  }

  /** The limit follows the observed interval where that is longer than the configured one. */
  #stallMs(): number {
    const wanted = 1_000 / this.#options.framesPerSecond;
    const known = this.#intervals.length >= learningFrames;
    if (!known && this.#unlearned) return firstPictureMs(wanted);
    return stallMs(Math.max(wanted, known ? Math.max(...this.#intervals) : 0));
  }

  #dropped(end: CaptureEnd): void {
    this.#capture = undefined;
    this.#timer?.cancel();
    const { state, reason, hardware } = explain(end, this.#source);
    if (hardware) {
      this.#source = { ...this.#source, hwaccel: undefined };
      this.#options.softened(reason);
      this.#retry('connecting', reason);
      return;
    }
    // a stalled camera stays stalled until reopening fails for a more specific reason
    if (state === 'connecting' && this.#liveSince === 0 && this.#state === 'stalled')
      this.#retry('stalled', this.#reason);
    else this.#retry(state, reason);
  }

  #retry(state: CameraState, reason: string): void {
    const { clock, random } = this.#options;
    if (this.#liveSince > 0 && clock.uptime() - this.#liveSince >= provenAfterMs) this.#failures = 0;
    this.#liveSince = 0;
    const backoff = state === 'refused' ? refusedBackoff : retryBackoff;
    const delayMs = Math.max(leastRetryMs, backoffMs(backoff, this.#failures++, random));
    this.#become(state, reason);
    this.#timer = clock.after(delayMs, () => this.#begin());
  }

  #endCapture(): void {
    const capture = this.#capture;
    this.#capture = undefined;
    capture?.kill();
  }

  #become(state: CameraState, reason: string): void {
    if (state === this.#state && reason === this.#reason) return;
    const { logger, id, changed } = this.#options;
    if (state === 'live') logger.info({ camera: id }, 'camera live');
    else logger.warn({ camera: id, state, reason }, 'camera not live');
    this.#state = state;
    this.#reason = reason;
    changed();
  }
}
