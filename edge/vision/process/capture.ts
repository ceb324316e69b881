/**
 * Runs ffmpeg: one process turns a camera's stream into square RGB frames, another one records the stream. This file
 * decides nothing: it reports frames and how a run ended.
 *
 * Always:
 * - only this process talks to a camera on the network (stream/); ffmpeg reads a copy of the stream and knows no
 *   password
 * - a recorder is its own ffmpeg, so that its failure stops no frames (for a file it is a thread of the same ffmpeg)
 * - secrets are removed from every line that ffmpeg prints
 * - `ended` is called once; after `kill` no event is called
 * - lines that ffmpeg printed before a frame are handled before that frame: a picture's new size is known in time
 */
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { Writable } from 'node:stream';
import { type Clock, systemClock } from '@forpost/shared/clock.ts';
import { messageOf } from '@forpost/shared/errors.ts';
import { redactUrls } from '@forpost/shared/logging.ts';
import { isLocal, type Source } from './address.ts';
import { CameraFailure, type CaptureEnd } from './failure.ts';
import { fileRecordingOptions, type Recording, recordingOptions } from './ring.ts';
import { openStream } from './stream/open-stream.ts';
import type { CameraStream, StreamEvents } from './stream/stream.ts';

export interface CaptureEvents extends StreamEvents {
  /** the part of the square frame that the picture fills; called before the first frame and at each change */
  picture(width: number, height: number): void;
  bytes(chunk: Uint8Array): void;
  ended(end: CaptureEnd): void;
}

export interface Capture {
  /** Ends ffmpeg at once (SIGKILL: a blocked one ignores SIGTERM). Safe to call twice. */
  kill(): void;
}

/** Starts an ffmpeg that records; `ended` is called once, not after `kill`. */
export type StartRecording = (recording: Recording, ended: (end: CaptureEnd) => void) => Capture;

/** Records the stream of a capture. */
export interface CaptureRecorder {
  /** where the capture's own ffmpeg records, for sources that only one process can read */
  begin(): Recording;
  /** The stream is open and can be read more than once. `start` may be called now and after each end, until `stop`. */
  attach(start: StartRecording): { stop(): void };
}

const keptLines = 20;
/** Part of the frame interval. With 1, a stream of exactly the wanted rate would lose every second frame to jitter. */
const intervalTolerance = 0.9;
/** The scale filter's line at log level verbose: the size of the picture within the frame. */
const scaled = /\[Parsed_scale[^\]]*\] w:\d+ h:\d+ .*-> w:(\d+) h:(\d+) /;

export function startCapture(
  source: Source,
  size: number,
  framesPerSecond: number,
  events: CaptureEvents,
  recorder?: CaptureRecorder,
): Capture {
  let over = false;
  const frames = new Writable({
    write(chunk: Uint8Array, _encoding, done) {
      // two turns of the event loop include one poll of all pipes: lines of stderr are read before these bytes
      setImmediate(() =>
        setImmediate(() => {
          if (!over) events.bytes(chunk);
          done();
        }),
      );
    },
  });
  const outputs = [...outputOptions(size, framesPerSecond), 'pipe:1'];
  const runEvents: RunEvents = {
    frames,
    line(line) {
      const picture = scaled.exec(line);
      if (picture !== null) events.picture(Number(picture[1]), Number(picture[2]));
    },
    ended: (end) => {
      over = true;
      events.ended(end);
    },
  };
  const run = isLocal(source)
    ? launch(source, [...localInput(source), ...outputs, ...recordedBeside(source, recorder)], runEvents)
    : runNetwork(source, { outputs, framesPerSecond, events: runEvents, stream: events, recorder });
  return {
    kill() {
      over = true;
      run.kill();
    },
  };
}

/** Options with which the ffmpeg of a file also records; none for a capture device, which is not recorded. */
function recordedBeside(source: Source, recorder: CaptureRecorder | undefined): readonly string[] {
  if (recorder === undefined || source.kind === 'v4l2') return [];
  return [...fileRecordingOptions, '-y', recorder.begin().pattern];
}

/** Runs an ffmpeg that records the main stream without decoding; the sub-stream is analysed. */
export function startRecording(
  source: Source,
  framesPerSecond: number,
  recording: Recording,
  ended: (end: CaptureEnd) => void,
): Capture {
  const outputs = [...recordingOptions, '-y', recording.pattern];
  if (isLocal(source)) return launch(source, [...localInput(source), ...outputs], { ended });
  return runNetwork(source, { outputs, framesPerSecond, events: { ended }, stream: {} });
}

interface RunEvents {
  /** receives ffmpeg's standard output */
  readonly frames?: Writable;
  /** a line of ffmpeg's standard error */
  line?(line: string): void;
  /** called once, after all output was taken; not after `kill` */
  ended(end: CaptureEnd): void;
}

interface NetworkRun {
  readonly outputs: readonly string[];
  readonly framesPerSecond: number;
  readonly events: RunEvents;
  readonly stream: StreamEvents;
  readonly recorder?: CaptureRecorder | undefined;
  readonly clock?: Clock;
}

/** Opens the stream and runs an ffmpeg on it; the stream is closed when that ffmpeg ends. */
function runNetwork(source: Exclude<Source, { kind: 'file' | 'v4l2' }>, order: NetworkRun): Capture {
  const { outputs, framesPerSecond, events, recorder, clock = systemClock } = order;
  let run: Capture | undefined;
  let stream: CameraStream | undefined;
  let attached: { stop(): void } | undefined;
  let over = false;
  const release = () => {
    over = true;
    attached?.stop();
    stream?.close();
  };
  const opened = (open: CameraStream) => {
    stream = open;
    if (over) return release();
    const purpose = events.frames === undefined ? 'records' : 'decodes';
    const decoding = decodes(source, open.input(purpose), outputs);
    const ended = (end: CaptureEnd) => {
      const { failure } = open;
      release();
      events.ended(failure === undefined ? end : { ...end, failure });
    };
    attached = recorder?.attach((recording, recordingEnded) => recordStream(source, open, recording, recordingEnded));
    run = launch(source, decoding.args, { ...events, ended }, decoding.feed);
  };
  openStream(source, { clock, framesPerSecond, events: order.stream }).then(opened, (error: unknown) => {
    if (over) return;
    const failure = error instanceof CameraFailure ? error : new CameraFailure('unreachable', messageOf(error));
    events.ended({ error: failure.reason, lines: [], failure });
  });
  return {
    kill() {
      release();
      run?.kill();
    },
  };
}

type Input = ReturnType<CameraStream['input']>;

function decodes(source: Source, input: Input, outputs: readonly string[]): Input {
  const args = ['-flags', 'low_delay', '-threads', '1', ...decoderOptions(source.hwaccel)];
  return { args: [...args, ...input.args, ...outputs], feed: input.feed };
}

function recordStream(
  source: Source,
  stream: CameraStream,
  recording: Recording,
  ended: (end: CaptureEnd) => void,
): Capture {
  const { args, feed } = stream.input('records');
  return launch(source, [...args, ...recordingOptions, '-y', recording.pattern], { ended }, feed);
}

/** `feed`: writes ffmpeg's standard input. */
function launch(source: Source, args: readonly string[], events: RunEvents, feed?: Input['feed']): Capture {
  const { frames } = events;
  const lines: string[] = [];
  const secrets = isLocal(source) ? [] : source.secrets;
  const clean = (line: string) => secrets.reduce((text, secret) => text.replaceAll(secret, '…'), redactUrls(line));
  const child = spawn(process.env.FFMPEG_PATH ?? 'ffmpeg', [
    ...['-hide_banner', '-loglevel', 'verbose', '-nostats'],
    ...args,
  ]);
  let over = false;
  const finish = (error: string | undefined) => {
    if (over) return;
    over = true;
    events.ended({ error: error === undefined ? undefined : clean(error), lines });
  };
  child.once('error', (error) => finish(messageOf(error)));
  child.once('close', (status, signal) => {
    const error = status === 0 ? undefined : `ffmpeg ended with ${signal ?? `status ${status}`}`;
    if (frames === undefined) finish(error);
    else frames.end(() => finish(error));
  });
  // if ffmpeg ends before reading its input, `close` reports that
  child.stdin.on('error', () => child.stdin.destroy());
  if (feed === undefined) child.stdin.end();
  else feed(child.stdin);
  createInterface(child.stderr).on('line', (line) => {
    if (over) return;
    events.line?.(line);
    lines.push(clean(line));
    if (lines.length > keptLines) lines.shift();
  });
  if (frames === undefined) child.stdout.resume();
  else child.stdout.pipe(frames, { end: false });
  return {
    kill() {
      over = true;
      child.kill('SIGKILL');
    },
  };
}

function localInput(source: Extract<Source, { kind: 'file' | 'v4l2' }>): readonly string[] {
  const how = source.kind === 'file' ? ['-re', '-stream_loop', '-1'] : ['-f', 'v4l2'];
  const common = ['-fflags', 'nobuffer', '-flags', 'low_delay', '-threads', '1'];
  return ['-nostdin', ...common, ...decoderOptions(source.hwaccel), ...how, '-i', source.path];
}

/**
 * `-hwaccel` copies decoded frames to memory by itself; the decoders of Linux boards are codecs of their own in ffmpeg.
 */
function decoderOptions(hwaccel: Source['hwaccel']): string[] {
  if (hwaccel === undefined) return [];
  return hwaccel === 'v4l2m2m' ? ['-c:v', 'h264_v4l2m2m'] : ['-hwaccel', hwaccel];
}

/**
 * The picture at the top left of a square of `size` pixels, the rest grey, as in the models' training. Without the
 * flags ffmpeg rounds values and halves the resolution of colour: in a measurement one box of 210 lost a tenth of its
 * score. The flags cost 0.3 ms a frame.
 */
export function pictureFilters(size: number): readonly string[] {
  return [
    `scale=${size}:${size}:force_original_aspect_ratio=decrease:flags=bicubic+accurate_rnd+full_chroma_int`,
    'format=rgb24',
    `pad=${size}:${size}:0:0:color=0x727272`,
  ];
}

function outputOptions(size: number, framesPerSecond: number): string[] {
  const interval = (intervalTolerance / framesPerSecond).toFixed(4);
  // frames are dropped before scaling; if the stream's time jumps back, selection continues at once
  const chosen = `isnan(prev_selected_t)+gte(t-prev_selected_t\\,${interval})+lt(t\\,prev_selected_t)`;
  const filters = [`select=${chosen}`, ...pictureFilters(size)];
  return [
    ...['-map', '0:v:0', '-vf', filters.join(',')],
    // ffmpeg's default would repeat dozens of frames after a pause
    ...['-fps_mode', 'passthrough', '-threads:v', '1', '-f', 'rawvideo', '-pix_fmt', 'rgb24'],
  ];
}
