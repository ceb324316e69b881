/**
 * The interface of a detector, which finds things in frames of one size. A new detector is one file in this folder and
 * one line in registry.ts. onnxruntime's types stay in this folder.
 *
 * Always: `detect` runs for one frame at a time; it only reads the frame's buffer, and only until its promise settles.
 */
import type { Uptime } from '@forpost/shared/clock.ts';
import type { Box } from '../../messages.ts';
import type { MotionMask } from '../motion-mask.ts';

export interface Detection {
  readonly class: string;
  /** 0..1 */
  readonly score: number;
  /** in parts of the picture, not of the letterboxed frame; may reach a little beyond 0..1 */
  readonly box: Box;
}

/** A letterboxed RGB frame: the picture at its top left, the rest filled with 114 (0x72). */
export interface Frame {
  readonly camera: string;
  /** size x size x 3 bytes, rows from the top */
  readonly rgb: Uint8Array;
  /** pixels a side */
  readonly size: number;
  /** part of the frame that holds the picture, in pixels */
  readonly pictureWidth: number;
  readonly pictureHeight: number;
  /** ms of the monotonic clock */
  readonly uptime: Uptime;
  /** areas whose motion is ignored, for the motion detector */
  readonly motionMasks?: readonly MotionMask[];
}

export interface Detector {
  readonly name: string;
  /** pixels a side of the square frames that it takes */
  readonly size: number;
  /** @throws ForpostError FORPOST_DETECTOR_FAILED */
  detect(frame: Frame, minScore: number): Promise<readonly Detection[]>;
  close(): Promise<void>;
}
