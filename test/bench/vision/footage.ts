/**
 * Footage for measuring vision, which ffmpeg makes from the empty rendered yard; its truth is known by construction. The
 * cache names it by a hash of its sources.
 */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { renderYard } from '../../../scripts/camera/render.ts';
import { footageFolder } from '../../faults/vision/rig.ts';

const run = promisify(execFile);
export const framesPerSecond = 10;
/** of a small sensor */
const noise = 'noise=alls=6:allf=t';

/** Nothing happens. */
export function idleFootage(): Promise<string> {
  return make('idle', 20, `[0:v]${noise}[out]`);
}

/** Something moves for 2 s out of 10: motion in a fifth of the frames. */
export function busyFootage(): Promise<string> {
  const walker = 'color=0x303848:s=36x110:r=10[who]';
  const walks = "overlay=x='W*mod(t,10)/2':y=240:enable='lt(mod(t,10),2)'";
  return make('busy', 30, `${walker};[0:v][who]${walks},${noise}[out]`);
}

/** `clip` with a permanently moving part, so that the motion gate passes every frame. */
export function movingFootage(clip: string): Promise<string> {
  const walker = 'color=0x303848:s=36x110:r=10[who]';
  const graph = `${walker};[0:v][who]overlay=x='W*mod(t,3)/3':y=H/2:shortest=1[out]`;
  return make('moving', 60, graph, ['-i', clip], clip);
}

/** Frames between two things, which appear at different places, too far apart to count as one. */
export const appearEvery = 15;
export const appearFor = 7;
const places = [
  [40, 150],
  [440, 300],
  [680, 150],
  [240, 300],
] as const;
/** the strip on top with the clock: bit i of the frame's number as a white or black box */
export const clockBits = 9;
export const clockFrames = appearEvery * places.length * 5;
const bitPixels = 24;
export const clockRows = 32;

/** Footage with its own clock: each frame's number in binary, and things that appear at known numbers. */
export function clockFootage(): Promise<string> {
  const bits = Array.from({ length: clockBits }, (_, i) => {
    const at = `x=${i * bitPixels}:y=0:w=${bitPixels}:h=${clockRows}`;
    return [`drawbox=${at}:c=black:t=fill`, `drawbox=${at}:c=white:t=fill:enable='mod(floor(n/${2 ** i}),2)'`];
  }).flat();
  const things = places.map(([x, y], i) => {
    const turn = `eq(mod(floor(n/${appearEvery}),${places.length}),${i})`;
    return `drawbox=x=${x}:y=${y}:w=40:h=110:c=0x202838:t=fill:enable='${turn}*lt(mod(n,${appearEvery}),${appearFor})'`;
  });
  return make('clock', clockFrames / framesPerSecond, `[0:v]${[noise, ...things, ...bits].join(',')}[out]`);
}

/** Places of the pasted person, pixels from the left: too far apart to count as one. */
const personPlaces = [110, 390, 610] as const;
/** The second of the clip at which a person stands still, and the crop around him. */
const person = { second: 12, crop: 'crop=145:395:380:5', y: 5 } as const;
const emptySecond = 2;

/**
 * A real person, for models that recognise people: cut out of the clip and pasted into its empty room, at different places,
 * at the times of `clockFootage`'s things.
 */
export function personFootage(clip: string): Promise<string> {
  const split = personPlaces.map((_, i) => `[p${i}]`).join('');
  const pasted = personPlaces.map((x, i) => {
    const turn = `eq(mod(floor(n/${appearEvery}),${personPlaces.length}),${i})`;
    const enabled = `enable='${turn}*lt(mod(n,${appearEvery}),${appearFor})'`;
    return `[r${i}][p${i}]overlay=x=${x}:y=${person.y}:${enabled}[r${i + 1}]`;
  });
  // a single frame, repeated for ever
  const still = (second: number) => `trim=start=${second}:end=${second + 1 / framesPerSecond},setpts=PTS-STARTPTS`;
  const repeated = `loop=loop=-1:size=1,setpts=N/${framesPerSecond}/TB,fps=${framesPerSecond}`;
  const graph = [
    `[0:v]split[a][b]`,
    `[a]${still(emptySecond)},${repeated}[r0]`,
    `[b]${still(person.second)},${person.crop},${repeated},split=${personPlaces.length}${split}`,
    ...pasted,
    `[r${personPlaces.length}]${noise}[out]`,
  ].join(';');
  const rounds = 6;
  return make('person', (rounds * appearEvery * personPlaces.length) / framesPerSecond, graph, ['-i', clip], clip);
}

/** The number in the clock of a grey frame of `width` pixels, out of the whole picture's `fullWidth`. */
export function clockOf(grey: Uint8Array, width: number, fullWidth: number): number {
  const scale = width / fullWidth;
  const row = Math.floor((clockRows / 2) * scale) * width;
  let number = 0;
  for (let i = 0; i < clockBits; i++)
    if ((grey[row + Math.floor((i + 0.5) * bitPixels * scale)] ?? 0) > 127) number += 2 ** i;
  return number;
}

/** Encodes the output of `graph` for `input`; default input: the empty yard. */
async function make(name: string, seconds: number, graph: string, input?: string[], madeOf = ''): Promise<string> {
  await mkdir(footageFolder, { recursive: true });
  const key = createHash('sha256').update(`${madeOf}\n${seconds}\n${graph}`).digest('hex').slice(0, 12);
  const file = join(footageFolder, `${name}-${key}.mp4`);
  if (existsSync(file)) return file;
  await run('ffmpeg', [
    ...['-v', 'error', '-y', ...(input ?? (await emptyYard()))],
    ...['-filter_complex', graph, '-map', '[out]', '-t', `${seconds}`],
    ...['-c:v', 'libx264', '-preset', 'veryfast', '-crf', '18', '-pix_fmt', 'yuv420p', `${file}.part.mp4`],
  ]);
  await rename(`${file}.part.mp4`, file);
  return file;
}

/** The empty yard as ffmpeg's input, for ever. */
async function emptyYard(): Promise<string[]> {
  const { video } = await renderYard(footageFolder);
  const still = `${video}.still.png`;
  await run('ffmpeg', ['-v', 'error', '-y', '-i', video, '-frames:v', '1', still]);
  return ['-loop', '1', '-framerate', `${framesPerSecond}`, '-i', still];
}
