/**
 * Decodes a stream for its test: ffmpeg writes its first picture as a JPEG and decodes the rest to nothing, as the gateway
 * would, with one thread. What it prints tells the size, and the processor time that decoding takes.
 *
 * Always: no password reaches ffmpeg; a picture has at most `mostPictureBytes`; `end` resolves within `endMs`.
 */
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { messageOf } from '@forpost/shared/errors.ts';
import type { CaptureEnd } from '../../../vision/process/failure.ts';
import type { StreamInput } from '../../../vision/process/stream/stream.ts';

const widestPicture = 1_280;
const mostPictureBytes = 1_048_576;
const endMs = 3_000;
const keptLines = 20;
/** the scale filter's line: the size of the camera's picture */
const scaled = /\[Parsed_scale[^\]]*\] w:(\d+) h:(\d+) .*->/;
const video = /Stream #0:\d+.*: Video: (\w+)/;
const audio = /Stream #0:\d+.*: Audio: (\w+)/;
const bench = /bench: utime=([\d.]+)s stime=([\d.]+)s rtime=([\d.]+)s/;

export interface Decoded {
  readonly picture?: Buffer;
  readonly width?: number;
  readonly height?: number;
  /** as ffmpeg calls them */
  readonly codec?: string;
  readonly sound?: string;
  /** part of one core */
  readonly load?: number;
  /** how ffmpeg ended */
  readonly end: CaptureEnd;
}

export interface Decoding {
  /** resolves with the first picture, or when ffmpeg has ended */
  readonly firstPicture: Promise<void>;
  /** Waits for ffmpeg, whose input was closed, and kills it if it does not end. */
  end(): Promise<Decoded>;
}

export function decode(input: StreamInput): Decoding {
  const child = spawn(process.env.FFMPEG_PATH ?? 'ffmpeg', [
    ...['-hide_banner', '-loglevel', 'verbose', '-nostats', '-benchmark'],
    ...['-flags', 'low_delay', '-threads', '1', ...input.args],
    ...['-map', '0:v:0', '-frames:v', '1', '-vf', `scale='min(${widestPicture},iw)':-2`],
    // with more threads the encoder holds the picture back until the stream ends
    ...['-threads:v', '1', '-c:v', 'mjpeg', '-q:v', '4', '-f', 'image2pipe', 'pipe:1'],
    ...['-map', '0:v:0', '-f', 'null', '-'],
  ]);
  const shown = Promise.withResolvers<void>();
  const ended = Promise.withResolvers<void>();
  const read: { -readonly [K in keyof Decoded]?: Decoded[K] } = {};
  const lines: string[] = [];
  const parts: Buffer[] = [];
  let bytes = 0;
  let error: string | undefined;
  child.once('error', (cause) => {
    error = messageOf(cause);
    ended.resolve();
  });
  child.once('close', (status, signal) => {
    if (status !== 0) error ??= `ffmpeg ended with ${signal ?? `status ${status}`}`;
    ended.resolve();
  });
  child.stdin.on('error', () => child.stdin.destroy());
  input.feed(child.stdin);
  child.stdout.on('data', (part: Buffer) => {
    bytes += part.length;
    if (bytes > mostPictureBytes) child.kill('SIGKILL');
    else parts.push(part);
    if (part.at(-2) === 0xff && part.at(-1) === 0xd9) shown.resolve();
  });
  createInterface(child.stderr).on('line', (line) => {
    note(line, read);
    lines.push(line.slice(0, 500));
    if (lines.length > keptLines) lines.shift();
  });
  void ended.promise.then(() => shown.resolve());
  return {
    firstPicture: shown.promise,
    async end() {
      const late = setTimeout(() => child.kill('SIGKILL'), endMs);
      await ended.promise;
      clearTimeout(late);
      const picture = bytes > 0 && bytes <= mostPictureBytes ? { picture: Buffer.concat(parts) } : {};
      return { ...read, ...picture, end: { error, lines } };
    },
  };
}

function note(line: string, read: { -readonly [K in keyof Decoded]?: Decoded[K] }): void {
  const size = scaled.exec(line);
  if (size !== null) {
    read.width = Number(size[1]);
    read.height = Number(size[2]);
  }
  const [, codec] = video.exec(line) ?? [];
  if (codec !== undefined) read.codec ??= codec.toUpperCase();
  const [, sound] = audio.exec(line) ?? [];
  if (sound !== undefined) read.sound ??= sound.toUpperCase();
  const times = bench.exec(line);
  const seconds = Number(times?.[3] ?? 0);
  // a short run is mostly the start of ffmpeg
  if (times !== null && seconds >= 2) read.load = (Number(times[1]) + Number(times[2])) / seconds;
}
