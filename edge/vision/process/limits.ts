/**
 * Deadlines of one camera's stream, all derived from the frame interval. No deadline may treat a frame rate that the
 * configuration allows as a fault. Pure; all in ms.
 */

/** A stream is stalled after this time without a frame, or after `stallIntervals` frame intervals if that is longer. */
const leastStallMs = 2_900;
const stallIntervals = 2.5;
/**
 * The least deadline for a capture's first picture: decoding begins with a key frame, and those may be seconds apart.
 */
const leastFirstPictureMs = 12_000;
/** time that a start takes besides the wait for a picture */
const startMs = 2_000;
/** The longest wait for a key frame; a longer interval is a wrong setting of the camera. */
export const longestKeyFrameMs = 150_000;
/** The longest interval of key frames that is not reported as a problem. */
export const goodKeyFrameMs = 10_000;

/** A stream without a frame for this long is stalled. `intervalMs`: the configured or observed frame interval. */
export function stallMs(intervalMs: number): number {
  return Math.max(leastStallMs, stallIntervals * intervalMs);
}

/** Deadline for the first picture after the start of a capture. */
export function firstPictureMs(intervalMs: number): number {
  return Math.max(leastFirstPictureMs, stallMs(intervalMs) + startMs);
}

/**
 * Deadline for the first packet after the start of a stream: before `firstPictureMs`, because its reason is more exact.
 */
export function firstPacketMs(intervalMs: number): number {
  return firstPictureMs(intervalMs) - startMs;
}

/** Deadline for a recorder's next write: a file begins with a key frame, and the next picture completes a fragment. */
export function unrecordedMs(intervalMs: number): number {
  return firstPictureMs(intervalMs) + startMs;
}

/** A segment that has not grown for this long is closed. */
export function fileOverMs(intervalMs: number): number {
  return stallMs(intervalMs) + startMs;
}

/** A recorder has written a moment this long after it: with the next key frame or the next fragment. */
export function writtenMs(intervalMs: number): number {
  return Math.max(6_000, stallMs(intervalMs) + startMs);
}
