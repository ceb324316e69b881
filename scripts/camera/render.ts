/**
 * Renders the yard's footage: figures walk through a drawn yard, with shadows and a sensor's noise. Writes a video that
 * the simulated camera can loop, and truth.json beside it; a hash of the sources names both in the cache.
 *
 * Always: every machine renders the same picture for the same time (seeded noise); a half-written file never has the
 * final name.
 */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { access, mkdir, readFile, rename, stat, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import sharp from 'sharp';
import { drawFigure } from './figure.ts';
import { gateArea, placesAt, yardFps, yardHeight, yardSeconds, yardTruth, yardWidth } from './yard.ts';

/** x264 settings of a typical camera: a key frame a second, no B-frames; GStreamer garbles frames without sliced-threads=0. */
const encoding = [
  ...['-an', '-c:v', 'libx264', '-preset', 'veryfast', '-tune', 'zerolatency'],
  ...['-x264-params', `sliced-threads=0:keyint=${yardFps}:min-keyint=${yardFps}:scenecut=0`],
  ...['-profile:v', 'main', '-pix_fmt', 'yuv420p', '-bf', '0', '-crf', '24'],
];
const noiseLevels = 5;
const noisePatterns = 7;

export interface Footage {
  readonly video: string;
  /** path of truth.json; undefined for a video file */
  readonly truth: string | undefined;
}

/** The yard's footage in folder `cache`; rendering a missing one takes some seconds of one core. */
export async function renderYard(cache: string, progress: (text: string) => void = () => {}): Promise<Footage> {
  await mkdir(cache, { recursive: true });
  const sources = ['./render.ts', './yard.ts', './figure.ts'].map((name) =>
    fileURLToPath(new URL(name, import.meta.url)),
  );
  const hash = createHash('sha256');
  for (const source of sources) hash.update(await readFile(source));
  const base = join(cache, `yard-${hash.digest('hex').slice(0, 12)}`);
  const footage = { video: `${base}.mp4`, truth: `${base}.truth.json` };
  if (await exists(footage.video)) return footage;
  progress('rendering the camera footage');
  await writeFile(footage.truth, `${JSON.stringify(yardTruth())}\n`);
  const input = [
    '-f',
    'rawvideo',
    '-pix_fmt',
    'rgb24',
    '-s',
    `${yardWidth}x${yardHeight}`,
    '-r',
    `${yardFps}`,
    '-i',
    '-',
  ];
  await encode(input, footage.video, frames());
  return footage;
}

/** Prepares a video file so that the simulated camera can loop it. */
export async function prepareVideo(file: string, cache: string): Promise<Footage> {
  await mkdir(cache, { recursive: true });
  const { size, mtimeMs } = await stat(file);
  const key = createHash('sha256')
    .update(JSON.stringify([resolve(file), size, mtimeMs]))
    .digest('hex')
    .slice(0, 12);
  const video = join(cache, `video-${key}.mp4`);
  if (!(await exists(video))) await encode(['-i', resolve(file)], video);
  return { video, truth: undefined };
}

/** The yard's frames, one after the other, in one reused buffer. */
export async function* frames(): AsyncGenerator<Uint8Array> {
  const empty = await sharp(Buffer.from(emptyYard())).removeAlpha().raw().toBuffer();
  const noise = noiseOf(empty.length);
  const frame = new Uint8ClampedArray(empty.length);
  const picture = { rgb: frame, width: yardWidth, height: yardHeight };
  for (let i = 0; i < yardSeconds * yardFps; i++) {
    frame.set(empty);
    for (const place of placesAt(i / yardFps)) drawFigure(picture, place);
    const pattern = noise[i % noisePatterns] ?? new Int8Array(frame.length);
    // the shift keeps each noise pattern from repeating at the same place
    const shift = (i * 7919 * 3) % frame.length;
    for (let at = 0, from = shift; at < frame.length; at++) {
      frame[at] = (frame[at] ?? 0) + (pattern[from] ?? 0);
      if (++from === frame.length) from = 0;
    }
    yield new Uint8Array(frame.buffer);
  }
}

async function encode(input: string[], output: string, frames?: AsyncIterable<Uint8Array>): Promise<void> {
  const unfinished = `${output}.${process.pid}.part`;
  const args = ['-hide_banner', '-loglevel', 'error', '-y', ...input, ...encoding, '-f', 'mp4', unfinished];
  const ffmpeg = spawn('ffmpeg', args, { stdio: ['pipe', 'ignore', 'pipe'] });
  let problem = '';
  ffmpeg.stderr.setEncoding('utf8').on('data', (text: string) => {
    problem = (problem + text).slice(-2_000);
  });
  // ffmpeg's exit status and standard error say why it stopped reading
  ffmpeg.stdin.on('error', () => ffmpeg.stdin.destroy());
  const closed = once(ffmpeg, 'close');
  for await (const frame of frames ?? []) {
    // wait for the write: the next frame overwrites the buffer
    const taken = new Promise((done) => ffmpeg.stdin.write(frame, done));
    await taken;
    if (ffmpeg.stdin.destroyed) break;
  }
  ffmpeg.stdin.end();
  const [status] = await closed;
  if (status !== 0) throw new Error(`ffmpeg could not make ${output}: ${problem.trim()}`);
  await rename(unfinished, output);
}

async function exists(file: string): Promise<boolean> {
  return access(file).then(
    () => true,
    () => false,
  );
}

/** Noise of a small sensor, about normal; the generator is mulberry32, for equal pictures on all machines. */
function noiseOf(length: number): Int8Array[] {
  let seed = 20_261_121;
  const random = () => {
    seed = (seed + 0x6d2b79f5) | 0;
    let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
  return Array.from({ length: noisePatterns }, () =>
    Int8Array.from({ length }, () => Math.round((random() + random() + random() - 1.5) * noiseLevels)),
  );
}

/** The empty yard, as SVG. */
export function emptyYard(): string {
  const [w, h] = [yardWidth, yardHeight];
  const paving = gateArea.points.map(([x, y]) => `${x * w},${y * h}`).join(' ');
  const posts = Array.from({ length: 33 }, (_, i) => i * 24)
    .filter((x) => x < 340 || x > 445)
    .map((x) => `<path d="M${x} 238v-46l6-8 6 8v46z" fill="#8a7357" stroke="#6c5943"/>`)
    .join('');
  const blades = Array.from({ length: 900 }, (_, i) => {
    const [x, y] = [(i * 7919) % w, 244 + ((i * 104_729) % (h - 244))];
    return `<path d="M${x} ${y}l${(i % 5) - 2} -${3 + (i % 4)}" stroke="${i % 2 ? '#5f7d43' : '#7d9a5b'}"/>`;
  }).join('');
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${w}" height="${h}">
    <defs>
      <linearGradient id="sky" x2="0" y2="1"><stop stop-color="#9db6cd"/><stop offset="1" stop-color="#d7dfe3"/></linearGradient>
      <linearGradient id="lawn" x2="0" y2="1"><stop stop-color="#7f9662"/><stop offset="1" stop-color="#64824a"/></linearGradient>
    </defs>
    <rect width="${w}" height="240" fill="url(#sky)"/>
    <path d="M0 200Q160 150 330 190T768 170V240H0z" fill="#8fa08b"/>
    <rect y="232" width="${w}" height="${h - 232}" fill="url(#lawn)"/>${blades}
    <path d="M340 238L300 432H500L446 238z" fill="#b3a691"/>
    <polygon points="${paving}" fill="#bfb3a0" stroke="#9f937f" stroke-width="2"/>
    <rect y="200" width="340" height="6" fill="#7b664d"/><rect x="446" y="200" width="322" height="6" fill="#7b664d"/>${posts}
    <rect x="336" y="176" width="10" height="66" fill="#5c4c3a"/><rect x="442" y="176" width="10" height="66" fill="#5c4c3a"/>
    <rect x="560" y="66" width="208" height="160" fill="#cdbfa8"/><path d="M540 72L664 10L790 72z" fill="#8d4f3f"/>
    <rect x="598" y="110" width="44" height="48" fill="#4e6175" stroke="#efe9dd" stroke-width="5"/>
    <rect x="700" y="110" width="44" height="48" fill="#4e6175" stroke="#efe9dd" stroke-width="5"/>
    <rect x="60" y="120" width="16" height="106" fill="#5d4a38"/>
    <circle cx="68" cy="92" r="52" fill="#5b7a4a"/><circle cx="104" cy="112" r="34" fill="#54724a"/><circle cx="34" cy="116" r="32" fill="#648354"/>
  </svg>`;
}
