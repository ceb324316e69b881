/**
 * Measures a stream from what its packets show: pictures a second, bits a second, and the interval of key frames. Pure: a
 * time in, numbers out. Times are ms of the monotonic clock.
 */

/** A stream is measured for at least this long after its first packet. */
const leastMs = 4_000;
/** The longest wait for a second key frame. */
export const mostMs = 12_000;
/** The rate is not told from fewer pictures. */
const leastPictures = 3;

export interface Measured {
  readonly framesPerSecond?: number;
  readonly bitsPerSecond?: number;
  readonly keyFrameMs?: number;
  readonly keyFramesAwaitedMs?: number;
}

export class Measure {
  #firstAt: number | undefined;
  #lastAt = 0;
  #bytes = 0;
  #pictures = 0;
  #firstPictureAt = 0;
  #lastPictureAt = 0;
  #keyFrameMs = 0;

  came(bytes: number, begins: boolean, at: number): void {
    this.#firstAt ??= at;
    this.#lastAt = at;
    this.#bytes += bytes;
    if (!begins) return;
    if (this.#pictures === 0) this.#firstPictureAt = at;
    this.#pictures++;
    this.#lastPictureAt = at;
  }

  keyFrames(intervalMs: number): void {
    this.#keyFrameMs = Math.max(this.#keyFrameMs, intervalMs);
  }

  /** Whether a longer measurement would show nothing more. `knowsKeyFrames`: as for `result`. */
  isEnough(at: number, knowsKeyFrames: boolean): boolean {
    if (this.#firstAt === undefined) return false;
    const lasted = at - this.#firstAt;
    return (
      lasted >= mostMs ||
      (lasted >= leastMs && (this.#keyFrameMs > 0 || !knowsKeyFrames) && this.#pictures >= leastPictures)
    );
  }

  /** `knowsKeyFrames`: false for a stream whose codec does not show them, or has no other pictures. */
  result(at: number, knowsKeyFrames: boolean): Measured {
    if (this.#firstAt === undefined) return {};
    const span = this.#lastAt - this.#firstAt;
    const pictures = this.#lastPictureAt - this.#firstPictureAt;
    return {
      ...(this.#pictures >= leastPictures && pictures > 0
        ? { framesPerSecond: rounded(((this.#pictures - 1) * 1_000) / pictures) }
        : {}),
      ...(span > 0 ? { bitsPerSecond: Math.round((this.#bytes * 8_000) / span) } : {}),
      ...(this.#keyFrameMs > 0 && knowsKeyFrames ? { keyFrameMs: Math.round(this.#keyFrameMs) } : {}),
      ...(this.#keyFrameMs === 0 && knowsKeyFrames ? { keyFramesAwaitedMs: Math.round(at - this.#firstAt) } : {}),
    };
  }
}

function rounded(rate: number): number {
  return Math.round(rate * 10) / 10;
}
