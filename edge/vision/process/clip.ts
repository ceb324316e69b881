/**
 * Puts recorded segments together to one MP4 that any browser plays. Without masks nothing is decoded: the pictures are
 * those of the camera. With masks the clip is encoded anew with those areas black, before it is written anywhere.
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

/** corners, 0..1 of the picture */
export type Mask = readonly (readonly [number, number])[];

export interface ClipOrder {
  /** in order, of one run */
  readonly segments: readonly string[];
  readonly masks: readonly Mask[];
  readonly file: string;
  readonly maxBytes: number;
}

const deadlineMs = 120_000;
const lowest = 19;
const keptOfErrors = 500;
/** of the mask's picture; it is scaled to the clip's */
const maskSize = { width: 1280, height: 720 };
/** A mask's border reaches a little over it, so that scaling uncovers nothing. */
const borderWidth = 4;

let last: Promise<unknown> = Promise.resolve();

/** @throws ForpostError FORPOST_CAMERA_FAILED */
export function cutClip(order: ClipOrder, clock: Clock): Promise<void> {
  const cut = last.then(() => run(order, clock));
  last = cut.catch(() => {
    // told to whoever asked for it
  });
  return cut;
}

async function run({ segments, masks, file, maxBytes }: ClipOrder, clock: Clock): Promise<void> {
  const half = `${file}.new`;
  const maskFile = `${file}.mask.png`;
  try {
    if (masks.length > 0) {
      const sharp = await loadSharp();
      await sharp(Buffer.from(maskPicture(masks)))
        .png()
        .toFile(maskFile);
    }
    const child = spawn(
      process.env.FFMPEG_PATH ?? 'ffmpeg',
      [
        ...['-hide_banner', '-loglevel', 'error', '-nostdin', '-y', '-threads', '1'],
        ...['-f', 'concat', '-safe', '0', '-protocol_whitelist', 'pipe,file', '-i', 'pipe:0'],
        ...(masks.length === 0 ? ['-map', '0:v:0', '-c:v', 'copy'] : masked(maskFile)),
        ...['-movflags', '+faststart', '-fs', String(maxBytes), '-f', 'mp4', half],
      ],
      { stdio: ['pipe', 'ignore', 'pipe'] },
    );
    const late = clock.after(deadlineMs, () => child.kill('SIGKILL'));
    let errors = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      errors = (errors + text).slice(-keptOfErrors);
    });
    // told by the exit
    child.stdin.on('error', () => child.stdin.destroy());
    // with its protocol: a bare path would be taken to lie beside the list, in the pipe
    child.stdin.end(`ffconcat version 1.0\n${segments.map((segment) => `file 'file:${segment}'`).join('\n')}\n`);
    if (child.pid !== undefined) setPriority(child.pid, lowest);
    const [status] = await once(child, 'close');
    late.cancel();
    if (status !== 0)
      throw new ForpostError('FORPOST_CAMERA_FAILED', `no clip: ffmpeg says ${errors.trim() || status}`);
    if ((await stat(half)).size === 0) throw new ForpostError('FORPOST_CAMERA_FAILED', 'no clip: nothing was recorded');
    await moveFile(half, file);
  } finally {
    await Promise.all([half, maskFile].map((one) => rm(one, { force: true })));
  }
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
