/**
 * One run of ffmpeg: a camera's stream in, square RGB frames out. Decides nothing: it tells what came and how it ended.
 *
 * Always: a camera with TLS, or one with a log-in that could redirect, is reached through tunnel.ts alone; the password is
 * in no argument list and in no log: ffmpeg reads the address from its standard input as an
 * ffconcat script (measured: the same first frame and the same latency as with -i URL), and every line that it
 * prints is freed of it; `ended` is called exactly once; after `kill` nothing else is called; bytes are handed on
 * after everything that ffmpeg said before it wrote them, so that a picture's new size is known before its first frame.
 */
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { Writable } from 'node:stream';
import { messageOf } from '@forpost/shared/errors.ts';
import { redactUrls } from '@forpost/shared/logging.ts';
import { hostOf, isLocal, type NetworkSource, type Source } from './address.ts';
import { type Recording, recordingOptions } from './ring.ts';
import { needsTunnel, openTunnel, type Tunnel } from './tunnel.ts';

/** How a run ended: the error (undefined: ffmpeg said that all was well) and its last lines, without passwords. */
export interface CaptureEnd {
  readonly error: string | undefined;
  readonly lines: readonly string[];
  /** why this gateway refused the camera, where it did */
  readonly refused?: string;
}

export interface CaptureEvents {
  /** the part of the square frame that holds the picture, before its first frame and whenever it changes */
  picture(width: number, height: number): void;
  bytes(chunk: Uint8Array): void;
  ended(end: CaptureEnd): void;
}

export interface Capture {
  /** Ends ffmpeg at once (SIGKILL: a blocked one ignores SIGTERM). Safe to call twice. */
  kill(): void;
}

/** ffmpeg gives up a socket that is silent for this long; the camera's own watchdog is the one that counts. */
const socketTimeoutUs = 3_000_000;
const keptLines = 20;
/** of the frame interval: a stream of just this rate must not lose every second frame to jitter */
const intervalTolerance = 0.9;
/** The scale filter's line at verbose: how large the picture in the frame really is, now. */
const scaled = /\[Parsed_scale[^\]]*\] w:\d+ h:\d+ .*-> w:(\d+) h:(\d+) /;

/** `recording`: where ffmpeg writes the stream as the camera encoded it (ring.ts); it never holds the frames up. */
export function startCapture(
  source: Source,
  size: number,
  framesPerSecond: number,
  events: CaptureEvents,
  recording?: Recording,
): Capture {
  let over = false;
  const frames = new Writable({
    write(chunk: Uint8Array, _encoding, done) {
      // two turns of the event loop hold one whole look at all pipes: ffmpeg's words come by another one
      setImmediate(() =>
        setImmediate(() => {
          if (!over) events.bytes(chunk);
          done();
        }),
      );
    },
  });
  const recorded = recording === undefined ? [] : [...recordingOptions, '-y', recording.pattern];
  const run = runFfmpeg(source, [...outputOptions(size, framesPerSecond), 'pipe:1', ...recorded], {
    frames,
    line(line) {
      const picture = scaled.exec(line);
      if (picture !== null) events.picture(Number(picture[1]), Number(picture[2]));
    },
    ended: (end) => {
      over = true;
      events.ended(end);
    },
  });
  return {
    kill() {
      over = true;
      run.kill();
    },
  };
}

/** One run of ffmpeg that records and decodes nothing: of the main stream, where the sub-stream is analysed. */
export function startRecording(source: Source, recording: Recording, ended: (end: CaptureEnd) => void): Capture {
  return runFfmpeg(source, [...recordingOptions, '-y', recording.pattern], { ended });
}

interface RunEvents {
  /** takes what ffmpeg writes to its standard output */
  readonly frames?: Writable;
  /** it said something */
  line?(line: string): void;
  /** once, after everything that it wrote was taken; not after `kill` */
  ended(end: CaptureEnd): void;
}

/** Directly, or through a tunnel that lives as long as ffmpeg does. */
function runFfmpeg(source: Source, outputs: readonly string[], events: RunEvents): Capture {
  if (isLocal(source) || !needsTunnel(source)) return launch(source, outputs, events);
  let run: Capture | undefined;
  let tunnel: Tunnel | undefined;
  let over = false;
  const ended = (end: CaptureEnd) => {
    tunnel?.close();
    const refused = tunnel?.problem ?? '';
    events.ended(refused === '' ? end : { ...end, refused });
  };
  openTunnel(source).then(
    (opened) => {
      tunnel = opened;
      if (over) tunnel.close();
      else run = launch(source, outputs, { ...events, ended }, tunnel.secretUrl);
    },
    (error: unknown) => {
      if (!over) events.ended({ error: messageOf(error), lines: [] });
    },
  );
  return {
    kill() {
      over = true;
      run?.kill();
      tunnel?.close();
    },
  };
}

/** `through`: what ffmpeg is to open instead of the source's own address. */
function launch(source: Source, outputs: readonly string[], events: RunEvents, through?: string): Capture {
  const { frames } = events;
  const lines: string[] = [];
  const secrets = isLocal(source) ? [] : source.secrets;
  const clean = (line: string) => secrets.reduce((text, secret) => text.replaceAll(secret, '…'), redactUrls(line));
  const { args, script } = input(source, through);
  const child = spawn(process.env.FFMPEG_PATH ?? 'ffmpeg', [...args, ...outputs]);
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
  // an ffmpeg that is gone before it has read its address is told by its end
  child.stdin.on('error', () => child.stdin.destroy());
  child.stdin.end(script);
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

/** `script`: what ffmpeg reads on its standard input, where the address must not stand among its arguments. */
function input(source: Source, through?: string): { readonly args: readonly string[]; readonly script: string } {
  const common = ['-hide_banner', '-loglevel', 'verbose', '-nostats', '-fflags', 'nobuffer', '-flags', 'low_delay'];
  const args = [...common, '-threads', '1', ...decoderOptions(source.hwaccel)];
  if (isLocal(source)) {
    const how = source.kind === 'file' ? ['-re', '-stream_loop', '-1'] : ['-f', 'v4l2'];
    return { args: ['-nostdin', ...args, ...how, '-i', source.path], script: '' };
  }
  const protocols = 'pipe,rtsp,rtp,tcp,udp,http';
  const concat = ['-f', 'concat', '-safe', '0', '-protocol_whitelist', protocols, '-i', 'pipe:0'];
  return {
    args: [...args, ...fastStart, ...concat],
    script: ffconcat(through ?? source.secretUrl, streamOptions(source, through)),
  };
}

/** Frames come back to memory by themselves; a Linux board's decoders are decoders of their own to ffmpeg. */
function decoderOptions(hwaccel: Source['hwaccel']): string[] {
  if (hwaccel === undefined) return [];
  return hwaccel === 'v4l2m2m' ? ['-c:v', 'h264_v4l2m2m'] : ['-hwaccel', hwaccel];
}

/** A camera says in its SDP what it sends: looking at seconds of the stream first would only cost that time. */
const fastStart = ['-probesize', '32', '-analyzeduration', '0'];
/** How long ffmpeg waits for a datagram that others have overtaken; its default of half a second is an alarm's time. */
const reorderUs = 100_000;

function streamOptions(source: NetworkSource, through?: string): Record<string, string | number> {
  const common = { timeout: socketTimeoutUs, fflags: 'nobuffer', analyzeduration: 0 };
  // HTTP has no SDP, so the first picture must be recognised; and MJPEG has no times, ffmpeg would make up 25 a second
  if (source.kind === 'http')
    return {
      ...common,
      use_wallclock_as_timestamps: 1,
      // the log-in would go along
      ...(source.hasLogin ? { max_redirects: 0 } : {}),
      ...(through !== undefined ? { headers: `'Host: ${hostOf(source)}'` } : {}),
    };
  const { transport } = source;
  const reorder = transport === 'udp' ? { max_delay: reorderUs } : {};
  return { ...common, probesize: 32, rtsp_transport: transport, ...reorder };
}

/** The script that makes ffmpeg's concat demuxer open `url`; quotes are doubled as ffmpeg's parser wants them. */
export function ffconcat(url: string, options: Readonly<Record<string, string | number>>): string {
  const lines = Object.entries(options).map(([name, value]) => `option ${name} ${value}`);
  return `ffconcat version 1.0\nfile '${url.replaceAll("'", "'\\''")}'\n${lines.join('\n')}\n`;
}

/**
 * The picture at the top left of a square of `size` pixels, the rest grey, as models were trained. Without the flags
 * ffmpeg rounds and halves the colours: measured, a box of 210 lost a tenth of its score; they cost 0.3 ms a frame.
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
  // left out before they are scaled; a stream whose time jumps back must not wait for the old time to come again
  const chosen = `isnan(prev_selected_t)+gte(t-prev_selected_t\\,${interval})+lt(t\\,prev_selected_t)`;
  const filters = [`select=${chosen}`, ...pictureFilters(size)];
  return [
    ...['-map', '0:v:0', '-vf', filters.join(',')],
    // the default would repeat dozens of frames after a pause
    ...['-fps_mode', 'passthrough', '-threads:v', '1', '-f', 'rawvideo', '-pix_fmt', 'rgb24'],
  ];
}
