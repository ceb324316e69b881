/**
 * How long is too long in one camera's stream: limits that belong together, all derived from how often a picture is due. A rate
 * that the configuration allows must be none that a deadline here takes for a fault. Pure; all in ms.
 */

/** A stream is stalled without a frame for this long, or for a few of its own intervals where that is longer. */
const leastStallMs = 2_900;
const stallIntervals = 2.5;
/** From the start of a capture to its first picture: key frames may be some seconds apart, and decoding begins with one. */
const leastFirstPictureMs = 12_000;
/** what a start takes besides waiting for the picture */
const startMs = 2_000;
/** Key frames further apart than this are a fault of the camera's settings, and still waited for so long. */
export const longestKeyFrameMs = 150_000;
/** The longest interval of key frames that nobody needs to be told of. */
export const goodKeyFrameMs = 10_000;

/** No frame for so long: the stream stands still. `intervalMs`: from one frame to the next, as configured or as seen. */
export function stallMs(intervalMs: number): number {
  return Math.max(leastStallMs, stallIntervals * intervalMs);
}

/** No picture for so long after the start of a capture: there is none. */
export function firstPictureMs(intervalMs: number): number {
  return Math.max(leastFirstPictureMs, stallMs(intervalMs) + startMs);
}

/** No packet for so long after the start of the stream: sooner than `firstPictureMs`, because it knows more. */
export function firstPacketMs(intervalMs: number): number {
  return firstPictureMs(intervalMs) - startMs;
}

/** Nothing written for so long by who records: it begins with a key frame, and a fragment is written with the next picture. */
export function unrecordedMs(intervalMs: number): number {
  return firstPictureMs(intervalMs) + startMs;
}

/** A file in which nothing is written for so long is over. */
export function fileOverMs(intervalMs: number): number {
  return stallMs(intervalMs) + startMs;
}

/** What an alarm wants to show is on the disk so long after it: with the next key frame, or the next fragment. */
export function writtenMs(intervalMs: number): number {
  return Math.max(6_000, stallMs(intervalMs) + startMs);
}
