/**
 * The interface of one camera's stream. This process holds the session with the camera (rtsp-stream.ts,
 * http-stream.ts); the ffmpeg that decodes and the ffmpeg that records each read a copy of the stream.
 *
 *   camera ──► session, log-in, times ──┬──► ffmpeg that decodes ──► frames
 *                                       └──► ffmpeg that records ──► ring        (its end ends nothing else)
 *
 * Always: ffmpeg knows no password and connects to no camera; a slow reader loses packets up to the next key frame and
 * delays no other reader; the camera sees one session, however many readers there are.
 */
import type { Writable } from 'node:stream';
import type { Clock } from '@forpost/shared/clock.ts';
import type { CameraFailure } from '../failure.ts';

/** decodes: the newest packets as soon as possible. records: all packets, from a key frame on. */
export type Purpose = 'decodes' | 'records';

export interface StreamInput {
  /** ffmpeg's arguments up to its input */
  readonly args: readonly string[];
  /** Writes ffmpeg's standard input. */
  feed(stdin: Writable): void;
}

export interface CameraStream {
  /** The input of one more ffmpeg; call it before starting that ffmpeg. */
  input(purpose: Purpose): StreamInput;
  /** why the stream ended; undefined while it is open */
  readonly failure: CameraFailure | undefined;
  close(): void;
}

export interface StreamEvents {
  /** The stream is open. `sound`: the codec of its sound track; undefined: it has none. */
  described?(tracks: { readonly codec: string; readonly sound: string | undefined }): void;
  /** A packet or a picture came. `begins`: a picture begins with it. */
  came?(bytes: number, begins: boolean): void;
  /** Packets have come for `ms` without a key frame. */
  waiting?(ms: number): void;
  /** the measured interval between two key frames */
  keyFrames?(intervalMs: number): void;
}

export interface StreamOptions {
  readonly clock: Clock;
  /** wanted pictures a second: how often a camera with single pictures is asked */
  readonly framesPerSecond: number;
  readonly events: StreamEvents;
}
