/**
 * Joins recorded segments to one MP4 that any browser plays. Without masks, a codec that browsers play is copied
 * without decoding. With masks, the clip is encoded anew with the masked areas black before its file gets its name.
 *
 * A clip lasts as long as its recording took by the monotonic clock. If the stream's timestamps say otherwise, ffmpeg
 * cuts the clip again with stretched or compressed times.
 *
 * Always: ffmpeg runs at the lowest priority, one at a time in the process, and is killed after `deadlineMs`; the file
 * has its name only when it is complete.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { rm } from 'node:fs/promises';
import { setPriority } from 'node:os';
import type { Clock } from '@forpost/shared/clock.ts';
import { ForpostError } from '@forpost/shared/errors.ts';
import { moveFile } from '@forpost/shared/files.ts';
import { loadSharp } from './images.ts';
import { readMp4 } from './mp4.ts';

/** corners, 0..1 of the picture */
export type Mask = readonly (readonly [number, number])[];

export interface ClipOrder {
  /** of one run of ffmpeg, in order */
  readonly segments: readonly string[];
  readonly masks: readonly Mask[];
  readonly file: string;
  readonly maxBytes: number;
  /** the wanted part of the segments, by the monotonic clock; absent: all of them */
  readonly part?: ClipPart;
}

export interface ClipPart {
  /** The unwanted beginning. It stays in the file, because decoding needs it; players that know edit lists skip it. */
  readonly skipMs: number;
  readonly lengthMs: number;
  /** how long the recording of all segments took */
  readonly recordedMs: number;
}

const deadlineMs = 120_000;
const lowest = 19;
const keptOfErrors = 500;
/** size of the mask's picture; ffmpeg scales it to the clip's size */
const maskSize = { width: 1280, height: 720 };
/** A border around each mask, in its picture's pixels, so that scaling uncovers nothing. */
const borderWidth = 4;

/** A stream's timestamps may be wrong by this much before the clip's times are stretched or compressed. */
const tolerated = { ms: 1_500, part: 0.25 } as const;

let last: Promise<unknown> = Promise.resolve();

/** @throws ForpostError FORPOST_CAMERA_FAILED */
export function cutClip(order: ClipOrder, clock: Clock): Promise<void> {
  const cut = last.then(() => run(order, clock));
  last = cut.catch(() => {
    // the caller gets this error from `cut`
  });
  return cut;
}

/** Joins the segments to one file with an index, then cuts or encodes that file where the order needs it. */
async function run(order: ClipOrder, clock: Clock): Promise<void> {
  const { segments, masks, file, maxBytes, part } = order;
  const [whole, half, maskFile] = [`${file}.whole`, `${file}.new`, `${file}.mask.png`];
  const copy = ['-map', '0:v:0', '-c:v', 'copy'];
  const output = (to: string) => ['-movflags', '+faststart', '-fs', String(maxBytes), '-f', 'mp4', to];
  try {
    // `file:` makes the path absolute: ffmpeg would look for a bare path beside the list, in the pipe
    const list = `ffconcat version 1.0\n${segments.map((segment) => `file 'file:${segment}'`).join('\n')}\n`;
    const input = ['-f', 'concat', '-safe', '0', '-protocol_whitelist', 'pipe,file', '-i', 'pipe:0'];
    await ffmpeg([...input, ...copy, ...output(whole)], list, clock);
    const { lastsMs = 0, playable } = await readMp4(whole);
    if (lastsMs === 0) throw new ForpostError('FORPOST_CAMERA_FAILED', 'no clip: nothing was recorded');
    const cut = part === undefined ? undefined : cutOptions(part, lastsMs);
    if (masks.length > 0) {
      const sharp = await loadSharp();
      await sharp(Buffer.from(maskPicture(masks)))
        .png()
        .toFile(maskFile);
    }
    if (cut === undefined && masks.length === 0 && playable) return await moveFile(whole, file);
    const { before = [], after = [] } = cut ?? {};
    // a copied clip begins at the key frame before; its edit list says where players begin
    const what = masks.length > 0 ? masked(maskFile) : playable ? copy : ['-map', '0:v:0', ...encoded];
    await ffmpeg([...before, '-i', whole, ...what, ...after, ...output(half)], '', clock);
    await moveFile(half, file);
  } finally {
    await Promise.all([whole, half, maskFile].map((one) => rm(one, { force: true })));
  }
}

/** ffmpeg's options before and after its input; undefined if all of it is wanted and its duration is right. */
function cutOptions({ skipMs, lengthMs, recordedMs }: ClipPart, lastsMs: number) {
  const wrong = Math.abs(lastsMs - recordedMs) > tolerated.ms + tolerated.part * recordedMs;
  if (!wrong && skipMs === 0 && lengthMs >= recordedMs) return undefined;
  const stretch = wrong ? recordedMs / lastsMs : 1;
  return {
    // `-ss` counts in the file's own times
    before: [
      ...(wrong ? ['-itsscale', stretch.toFixed(6)] : []),
      ...(skipMs > 0 ? ['-ss', seconds(skipMs / stretch)] : []),
    ],
    after: ['-t', seconds(lengthMs)],
  };
}

/** @throws ForpostError FORPOST_CAMERA_FAILED */
async function ffmpeg(args: readonly string[], script: string, clock: Clock): Promise<void> {
  const common = ['-hide_banner', '-loglevel', 'error', '-nostdin', '-y', '-threads', '1'];
  const child = spawn(process.env.FFMPEG_PATH ?? 'ffmpeg', [...common, ...args], { stdio: ['pipe', 'ignore', 'pipe'] });
  const late = clock.after(deadlineMs, () => child.kill('SIGKILL'));
  let errors = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    errors = (errors + text).slice(-keptOfErrors);
  });
  // `close` reports an ffmpeg that ended early
  child.stdin.on('error', () => child.stdin.destroy());
  child.stdin.end(script);
  if (child.pid !== undefined) setPriority(child.pid, lowest);
  const [status] = await once(child, 'close');
  late.cancel();
  if (status !== 0) throw new ForpostError('FORPOST_CAMERA_FAILED', `no clip: ffmpeg says ${errors.trim() || status}`);
}

function seconds(ms: number): string {
  return (ms / 1_000).toFixed(3);
}

/** For a codec that browsers do not play (JPEG in MP4), and for masked clips. */
const encoded = [
  ...['-c:v', 'libx264', '-preset', 'veryfast', '-crf', '26', '-pix_fmt', 'yuv420p', '-threads', '1'],
  // a camera's frame rate varies: the timestamps are kept
  ...['-fps_mode', 'passthrough', '-enc_time_base', '-1'],
] as const;

function masked(maskFile: string): string[] {
  return [
    ...['-i', maskFile],
    ...['-filter_complex', '[1:v][0:v]scale2ref[mask][picture];[picture][mask]overlay=format=yuv420,format=yuv420p'],
    ...encoded,
  ];
}

/** Black where a mask is, clear elsewhere. */
function maskPicture(masks: readonly Mask[]): string {
  const { width, height } = maskSize;
  const polygons = masks.map(
    (points) => `<polygon points="${points.map(([x, y]) => `${x * width},${y * height}`).join(' ')}"/>`,
  );
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" fill="black" stroke="black" stroke-width="${borderWidth}" stroke-linejoin="round">${polygons.join('')}</svg>`;
}
