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
 *   off: it cannot be used at all; that is watched-camera.ts's to say
 *
 * Always: at most one capture; after `stalled`, `refused` and `unreachable` the state stays until a frame comes, so
 * that what people read does not flicker (or until packets come and only a key frame is waited for); every end of ffmpeg is a drop, whatever its exit status says (a kicked
 * client ends with 0), and a stream that says nothing is ended by this file's watchdog; all frames of one ffmpeg have
 * one shape (a stream that changes its proportions is opened anew), so that no mask lies beside what it covers.
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
/** With the wait for a key frame, which is a second at most cameras, a camera that is back is live within 3 s. */
const retryBackoff: Backoff = { baseMs: 500, ceilingMs: 1_200 };
/** Cameras lock an account after a few wrong passwords: ask rarely. */
const refusedBackoff: Backoff = { baseMs: 5_000, ceilingMs: 60_000 };
const leastRetryMs = 100;
/** So many frames of a stream say how often it has one. */
const learningFrames = 4;
/** when it is told anew for how long a key frame is waited for by now */
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
  /** who records what is watched, where somebody does */
  readonly recorder?: CaptureRecorder | undefined;
  /** a whole new frame is in `frames` */
  frame(): void;
  /** the state or its reason changed */
  changed(): void;
  /** Key frames are so far apart that an installer should know; 0: no longer. */
  rareKeyFrames?(intervalMs: number): void;
  /** the hardware decoder cannot be used, and the processor decodes instead; why, in words */
  softened(reason: string): void;
}

export class Camera {
  readonly #options: CameraOptions;
  #source: Source;
  #state: CameraState = 'connecting';
  #reason = words('gateway/reason.starting');
  #capture: Capture | undefined;
  #timer: Timer | undefined;
  #frameAt = 0;
  /** ms between the newest frames of this capture */
  #intervals: number[] = [];
  /** The capture before stood still before it could be known how often it has a frame. */
  #unlearned = false;
  /** from one key frame of this camera to the next, as last seen; 0: not known */
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

  /** in words; empty where live */
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

  /** Packets have come for `ms`, and none that decoding could begin with. */
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
    const how =
      this.#keyFrameMs > goodKeyFrameMs
        ? `every ${seconds} s: shorten the camera’s interval`
        : `${waited < 5 ? 'the first pictures need one' : `for ${waited} s by now`}: shorten the camera’s interval of key frames`;
    this.#become('connecting', words('gateway/reason.waiting-key-frame', { how }));
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

  /** The watchdog: looks again when the newest frame may be too old, instead of setting a timer a frame. */
  #watch(): void {
    const { clock } = this.#options;
    const limitMs = this.#stallMs();
    const leftMs = this.#frameAt + limitMs - clock.uptime();
    this.#timer = clock.after(Math.max(0, leftMs), () => {
      // it may have become another one meanwhile
      if (clock.uptime() - this.#frameAt < Math.max(limitMs, this.#stallMs())) return this.#watch();
      this.#unlearned = this.#intervals.length < learningFrames;
      this.#endCapture();
      this.#retry('stalled', words('gateway/reason.no-frames', { seconds: Math.round(limitMs / 1000) }));
    });
  }

  /** A camera may send less often than it is asked to: what it does counts. */
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
    // what was stalled and cannot be opened again for no better reason is still stalled
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
