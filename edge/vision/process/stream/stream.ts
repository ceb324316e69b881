/**
 * One camera's stream as it comes to this gateway, for the ffmpegs that want it: the one that decodes, and the one that records.
 * The session with the camera is this process's own (rtsp-stream.ts, http-stream.ts); each ffmpeg reads a copy of it.
 *
 *   camera ──► session, log-in, times ──┬──► ffmpeg that decodes ──► frames
 *                                       └──► ffmpeg that records ──► ring        (its end ends nothing else)
 *
 * Always: ffmpeg learns no password and reaches no camera by itself; a reader that is slow loses packets up to the next key
 * frame and holds nobody up; the camera sees one session, however many read.
 */
import type { Writable } from 'node:stream';
import type { Clock } from '@forpost/shared/clock.ts';
import type { CameraFailure } from '../failure.ts';

/** decodes: as soon as possible, newest first. records: from a key frame on, whole. */
export type Purpose = 'decodes' | 'records';

export interface StreamInput {
  /** ffmpeg's arguments up to its input */
  readonly args: readonly string[];
  /** Writes what ffmpeg reads on its standard input. */
  feed(stdin: Writable): void;
}

export interface CameraStream {
  /** For one more ffmpeg; call it before the process is started. */
  input(purpose: Purpose): StreamInput;
  /** why it ended; undefined while it goes on */
  readonly failure: CameraFailure | undefined;
  close(): void;
}

export interface StreamEvents {
  /** Packets come, and none that decoding can begin with, for so long by now. */
  waiting?(ms: number): void;
  /** from one key frame to the next, as measured */
  keyFrames?(intervalMs: number): void;
}

export interface StreamOptions {
  readonly clock: Clock;
  /** pictures a second that are wanted: how often one that sends single pictures is asked */
  readonly framesPerSecond: number;
  readonly events: StreamEvents;
}
