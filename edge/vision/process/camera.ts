/**
 * One camera's connection, as a state machine with its own deadlines:
 *
 *   connecting ── first frame ──► live ── no frame in time ──► stalled ─┐
 *     │  ▲ ▲                       └── stream ended ──► connecting ─────┤
 *     │  │ └──────────────── wait (backoff, jitter) ◄───────────────────┤
 *     │  └─ set up again                                                │
 *     ├── wrong log-in, no such stream ──► refused ────────────────────►┤
 *     ├── no such hardware decoder ──► connecting, without it ─────────►┤
 *     └── nobody there, no picture in time ──► unreachable ────────────►┘
 *   off: it cannot be used at all; that is watched-camera.ts's to say
 *
 * Always: at most one ffmpeg; after `stalled`, `refused` and `unreachable` the state stays until a frame comes, so
 * that what people read does not flicker; every end of ffmpeg is a drop, whatever its exit status says (a kicked
 * client ends with 0), and a stream that says nothing is ended by this file's watchdog; all frames of one ffmpeg have
 * one shape (a stream that changes its proportions is opened anew), so that no mask lies beside what it covers.
 */
import type { Clock, Timer } from '@forpost/shared/clock.ts';
import { messageOf } from '@forpost/shared/errors.ts';
import type { CameraState } from '@forpost/shared/event/status.ts';
import type { Logger } from '@forpost/shared/logging.ts';
import { type Backoff, backoffMs } from '@forpost/shared/retry.ts';
import { isLocal, type Source } from './address.ts';
import type { Capture, CaptureEnd, CaptureEvents, CaptureRecorder, startCapture } from './capture.ts';
import { explain } from './failure.ts';
import type { NewestFrame } from './newest-frame.ts';
import type { probe } from './probe.ts';

/** A stream is stalled without a frame for this long, or for a few of its own intervals where that is longer. */
const stallAfterMs = 2_900;
const stallAfterIntervals = 2.5;
/** Key frames may be 10 s apart, and decoding begins with one. */
const firstFrameDeadlineMs = 12_000;
const probeDeadlineMs = 2_500;
/** With the wait for a key frame, which is a second at most cameras, a camera that is back is live within 3 s. */
const retryBackoff: Backoff = { baseMs: 500, ceilingMs: 1_200 };
/** Cameras lock an account after a few wrong passwords: ask rarely. */
const refusedBackoff: Backoff = { baseMs: 5_000, ceilingMs: 60_000 };
const leastRetryMs = 100;
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
  /** the hardware decoder cannot be used, and the processor decodes instead; why, in words */
  softened(reason: string): void;
}

export class Camera {
  readonly #options: CameraOptions;
  #source: Source;
  #state: CameraState = 'connecting';
  #reason = 'starting';
  #capture: Capture | undefined;
  #timer: Timer | undefined;
  #frameAt = 0;
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
    const { size, framesPerSecond, frames, clock, startCapture, recorder } = this.#options;
    frames.reset();
    const events: CaptureEvents = {
      picture: (width, height) => {
        if (frames.setPicture(width, height)) {
          if (frames.peek() !== undefined) this.#frame();
        } else if (this.#capture === capture) {
          this.#endCapture();
          this.#timer?.cancel();
          this.#retry('connecting', 'the picture has another shape now');
        }
      },
      bytes: (chunk) => {
        if (frames.write(chunk) > 0) this.#frame();
      },
      ended: (end) => {
        if (this.#capture === capture) this.#dropped(end);
      },
    };
    const capture: Capture = startCapture(this.#source, size, framesPerSecond, events, recorder);
    this.#capture = capture;
    this.#timer = clock.after(firstFrameDeadlineMs, () => {
      this.#endCapture();
      this.#retry('unreachable', `no picture within ${firstFrameDeadlineMs / 1000} s`);
    });
  }

  #frame(): void {
    const { clock, frame } = this.#options;
    this.#frameAt = clock.uptime();
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
    const { clock, framesPerSecond } = this.#options;
    const limitMs = Math.max(stallAfterMs, (stallAfterIntervals * 1000) / framesPerSecond);
    const leftMs = this.#frameAt + limitMs - clock.uptime();
    this.#timer = clock.after(Math.max(0, leftMs), () => {
      if (clock.uptime() - this.#frameAt < limitMs) return this.#watch();
      this.#endCapture();
      this.#retry('stalled', `no frames for ${Math.round(limitMs / 1000)} s`);
    });
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
