/**
 * Records a camera's stream into its ring with an ffmpeg of its own: the analysed stream while that is open, or a
 * separate main stream. Nothing is decoded.
 *
 *   recording ── ffmpeg ended, nothing written for too long ──► waiting (backoff, jitter) ──► recording
 *
 * Always: at most one ffmpeg; its failure changes no camera's state and stops no alarm.
 */
import type { Clock, Timer } from '@forpost/shared/clock.ts';
import { type Logger, SparingLogger } from '@forpost/shared/logging.ts';
import { type Backoff, backoffMs } from '@forpost/shared/retry.ts';
import { words } from '@forpost/shared/texts/english.ts';
import type { Source } from './address.ts';
import type { Capture, StartRecording } from './capture.ts';
import { explain } from './failure.ts';
import { longestKeyFrameMs, unrecordedMs } from './limits.ts';
import type { Ring } from './ring.ts';

const checkEveryMs = 3_000;
const backoff: Backoff = { baseMs: 1_000, ceilingMs: 30_000 };
const leastRetryMs = 250;

export interface StreamRecorderOptions {
  readonly camera: string;
  readonly source: Source;
  readonly ring: Ring;
  /** the configured interval between frames */
  readonly intervalMs: number;
  /** starts one ffmpeg that records the stream */
  readonly startRecording: StartRecording;
  readonly clock: Clock;
  readonly random: () => number;
  readonly logger: Logger;
}

export class StreamRecorder {
  readonly #options: StreamRecorderOptions;
  readonly #sparing: SparingLogger;
  #capture: Capture | undefined;
  #timer: Timer | undefined;
  #begunAt = 0;
  #failures = 0;
  #why = '';
  #stopped = true;

  constructor(options: StreamRecorderOptions) {
    this.#options = options;
    this.#sparing = new SparingLogger(options.logger, options.clock);
  }

  /** why nothing is recorded now, as text; empty while the stream is recorded */
  get problem(): string {
    return this.#options.ring.wroteAt > this.#begunAt ? '' : this.#why;
  }

  start(): void {
    this.#stopped = false;
    this.#begin();
  }

  stop(): void {
    this.#stopped = true;
    this.#timer?.cancel();
    this.#capture?.kill();
    this.#capture = undefined;
  }

  #begin(): void {
    const { source, ring, clock, startRecording } = this.#options;
    this.#begunAt = clock.uptime();
    const capture: Capture = startRecording(ring.begin(), (end) => {
      if (this.#capture === capture) this.#again(explain(end, source).reason);
    });
    this.#capture = capture;
    this.#watch();
  }

  #watch(): void {
    const { ring, clock, intervalMs } = this.#options;
    this.#timer = clock.after(checkEveryMs, () => {
      const wroteAt = ring.wroteAt;
      if (wroteAt > this.#begunAt) this.#failures = 0;
      // a file begins with a key frame, and the first key frame may come late
      const silentMs = wroteAt > this.#begunAt ? unrecordedMs(intervalMs) : longestKeyFrameMs;
      if (clock.uptime() - Math.max(wroteAt, this.#begunAt) < silentMs) return this.#watch();
      this.#capture?.kill();
      this.#again(words('gateway/reason.not-recorded-for', { seconds: Math.round(silentMs / 1000) }));
    });
  }

  #again(why: string): void {
    const { clock, random, camera } = this.#options;
    this.#capture = undefined;
    this.#timer?.cancel();
    if (this.#stopped) return;
    this.#why = why;
    this.#sparing.warn('main', { camera, why }, 'the stream is not recorded');
    const delayMs = Math.max(leastRetryMs, backoffMs(backoff, this.#failures++, random));
    this.#timer = clock.after(delayMs, () => this.#begin());
  }
}
