/**
 * Puts recorded segments together to one MP4 that any browser plays. Without masks nothing is decoded: the pictures are
 * those of the camera. With masks the clip is encoded anew with those areas black, before it is written anywhere.
 *
 * A clip lasts as long as it was recorded for by the monotonic clock, whatever the stream's own times say: one that does not is cut
 * once more with its times drawn out or together.
 *
 * Always: at the lowest priority and one at a time in the process; it is ended after `deadlineMs`; the file stands
 * under its name only when it is whole.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { rm, stat } from 'node:fs/promises';
import { setPriority } from 'node:os';
import type { Clock } from '@forpost/shared/clock.ts';
import { ForpostError } from '@forpost/shared/errors.ts';
import { moveFile } from '@forpost/shared/files.ts';
import { loadSharp } from './images.ts';
import { mp4DurationMs } from './mp4-duration.ts';

/** corners, 0..1 of the picture */
export type Mask = readonly (readonly [number, number])[];

export interface ClipOrder {
  /** in order, of one run */
  readonly segments: readonly string[];
  readonly masks: readonly Mask[];
  readonly file: string;
  readonly maxBytes: number;
  /** what of the segments is wanted, by the monotonic clock; absent: all */
  readonly part?: ClipPart;
}

export interface ClipPart {
  /** of their beginning that is not: shown by no player that knows edit lists, and in the file, because decoding needs it */
  readonly skipMs: number;
  readonly lengthMs: number;
}

const deadlineMs = 120_000;
const lowest = 19;
const keptOfErrors = 500;
/** of the mask's picture; it is scaled to the clip's */
const maskSize = { width: 1280, height: 720 };
/** A mask's border reaches a little over it, so that scaling uncovers nothing. */
const borderWidth = 4;

/** A stream's times may be wrong by this much before a clip is drawn out or together. */
const tolerated = { ms: 1_500, part: 0.25 } as const;

let last: Promise<unknown> = Promise.resolve();

/** @throws ForpostError FORPOST_CAMERA_FAILED */
export function cutClip(order: ClipOrder, clock: Clock): Promise<void> {
  const cut = last.then(() => run(order, clock));
  last = cut.catch(() => {
    // told to whoever asked for it
  });
  return cut;
}

async function run(order: ClipOrder, clock: Clock): Promise<void> {
  const { masks, file, part } = order;
  const half = `${file}.new`;
  const maskFile = `${file}.mask.png`;
  try {
    if (masks.length > 0) {
      const sharp = await loadSharp();
      await sharp(Buffer.from(maskPicture(masks)))
        .png()
        .toFile(maskFile);
    }
    await encode(order, { half, maskFile, stretch: 1 }, clock);
    if ((await stat(half)).size === 0 || (await mp4DurationMs(half)) === 0)
      throw new ForpostError('FORPOST_CAMERA_FAILED', 'no clip: nothing was recorded');
    const stretch = part === undefined ? 1 : await wantedStretch(half, part);
    if (stretch !== 1) await encode(order, { half, maskFile, stretch }, clock);
    await moveFile(half, file);
  } finally {
    await Promise.all([half, maskFile].map((one) => rm(one, { force: true })));
  }
}

/** By what a clip's times must be multiplied to last as long as it was recorded for; 1 where they are right. */
async function wantedStretch(half: string, { lengthMs, skipMs }: ClipPart): Promise<number> {
  const lasts = (await mp4DurationMs(half)) ?? 0;
  const wrong = Math.abs(lasts - lengthMs) > tolerated.ms + tolerated.part * lengthMs;
  if (!wrong || lasts <= 0) return 1;
  // what is skipped was measured by the same clock as the rest
  return (lengthMs + skipMs) / (lasts + skipMs);
}

interface Encoding {
  readonly half: string;
  readonly maskFile: string;
  readonly stretch: number;
}

/** Segments to one file; where much of their beginning is not wanted, in two steps, because only a whole file has an index. */
async function encode(order: ClipOrder, encoding: Encoding, clock: Clock): Promise<void> {
  const { segments, masks, maxBytes, part } = order;
  const { half, maskFile, stretch } = encoding;
  const scale = stretch === 1 ? [] : ['-itsscale', stretch.toFixed(6)];
  // with its protocol: a bare path would be taken to lie beside the list, in the pipe
  const list = `ffconcat version 1.0\n${segments.map((segment) => `file 'file:${segment}'`).join('\n')}\n`;
  const input = [...scale, '-f', 'concat', '-safe', '0', '-protocol_whitelist', 'pipe,file', '-i', 'pipe:0'];
  const length = part === undefined ? [] : ['-t', seconds(part.lengthMs)];
  const skip = part === undefined || part.skipMs === 0 ? [] : ['-ss', seconds(part.skipMs)];
  const output = (file: string) => ['-movflags', '+faststart', '-fs', String(maxBytes), '-f', 'mp4', file];
  const copy = ['-map', '0:v:0', '-c:v', 'copy'];
  if (masks.length > 0)
    return ffmpeg([...input, ...masked(maskFile), ...skip, ...length, ...output(half)], list, clock);
  if (skip.length === 0) return ffmpeg([...input, ...copy, ...length, ...output(half)], list, clock);
  const whole = `${half}.whole`;
  try {
    await ffmpeg([...input, ...copy, ...output(whole)], list, clock);
    // from the key frame before on, with an edit list that says where it begins to be shown
    await ffmpeg([...skip, ...length, '-i', whole, ...copy, ...output(half)], '', clock);
  } finally {
    await rm(whole, { force: true });
  }
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
  // told by the exit
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

function masked(maskFile: string): string[] {
  return [
    ...['-i', maskFile],
    ...['-filter_complex', '[1:v][0:v]scale2ref[mask][picture];[picture][mask]overlay=format=yuv420,format=yuv420p'],
    ...['-c:v', 'libx264', '-preset', 'veryfast', '-crf', '26', '-threads', '1'],
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
