/**
 * Short films for simulated cameras, made by ffmpeg at their first use: pictures in the order of sending, each with its units
 * as RTP carries them and its place in the order of showing.
 */
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

export type Codec = 'H264' | 'H265' | 'JPEG';

export interface FilmOptions {
  readonly codec?: Codec;
  /** pictures from one key frame to the next */
  readonly gop?: number;
  /** number of pictures; the film repeats */
  readonly pictures?: number;
  readonly size?: string;
  readonly bFrames?: number;
}

export interface Picture {
  /** H.264 and H.265: its units without start codes; JPEG: the whole file */
  readonly units: readonly Buffer[];
  readonly key: boolean;
  /** its place in the order of showing, from 0 */
  readonly shown: number;
}

export interface Film {
  readonly codec: Codec;
  readonly pictures: readonly Picture[];
  /** H.264: SPS, PPS; H.265: VPS, SPS, PPS */
  readonly parameters: readonly Buffer[];
}

const rate = 10;
const made = new Map<string, Promise<Film>>();
const run = promisify(execFile);

export function film(options: FilmOptions = {}): Promise<Film> {
  const { codec = 'H264', gop = 10, pictures = gop, size = '160x90', bFrames = 0 } = options;
  const name = `${codec} ${gop} ${pictures} ${size} ${bFrames}`;
  const known = made.get(name) ?? inFolder((folder) => make({ codec, gop, pictures, size, bFrames }, folder));
  made.set(name, known);
  return known;
}

async function inFolder<T>(work: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'forpost-film-'));
  try {
    return await work(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function make({ codec, gop, pictures, size, bFrames }: Required<FilmOptions>, folder: string): Promise<Film> {
  const whole = join(folder, codec === 'JPEG' ? 'film.mjpeg' : 'film.mp4');
  const source = ['-f', 'lavfi', '-i', `testsrc2=size=${size}:rate=${rate}`, '-frames:v', `${pictures}`];
  const x = `keyint=${gop}:min-keyint=${gop}:scenecut=0:bframes=${bFrames}:b-adapt=0`;
  const encodings: Readonly<Record<Codec, readonly string[]>> = {
    H264: ['-c:v', 'libx264', '-preset', 'ultrafast', '-x264-params', `${x}:sliced-threads=0:open-gop=0:threads=1`],
    H265: ['-c:v', 'libx265', '-preset', 'ultrafast', '-x265-params', `${x}:open-gop=0:log-level=none:pools=none`],
    JPEG: ['-c:v', 'mjpeg', '-huffman', 'default', '-q:v', '5', '-f', 'mjpeg'],
  };
  const pixels = codec === 'JPEG' ? 'yuvj420p' : 'yuv420p';
  await ffmpeg(...source, ...encodings[codec], '-pix_fmt', pixels, whole);
  if (codec === 'JPEG') return { codec, parameters: [], pictures: jpegs(await readFile(whole)) };
  const raw = join(folder, 'film.raw');
  const name = codec === 'H264' ? 'h264' : 'hevc';
  await ffmpeg('-i', whole, '-c', 'copy', '-bsf:v', `${name}_mp4toannexb,${name}_metadata=aud=insert`, '-f', name, raw);
  const order = await shownOrder(whole);
  const accessUnits = split(await readFile(raw), codec);
  const isParameter = (unit: Buffer) => parameterTypes[codec].includes(typeOf(unit, codec));
  const parameters = (accessUnits[0] ?? []).filter(isParameter);
  return {
    codec,
    parameters,
    pictures: accessUnits.map((units, at) => ({
      units: units.filter((unit) => sliceTypes[codec](typeOf(unit, codec))),
      key: units.some(isParameter),
      shown: order[at] ?? at,
    })),
  };
}

const parameterTypes: Readonly<Record<Codec, readonly number[]>> = { H264: [7, 8], H265: [32, 33, 34], JPEG: [] };
const sliceTypes: Readonly<Record<Codec, (type: number) => boolean>> = {
  H264: (type) => type === 1 || type === 5,
  H265: (type) => type < 32,
  JPEG: () => true,
};
const delimiters: Readonly<Record<Codec, number>> = { H264: 9, H265: 35, JPEG: -1 };

function typeOf(unit: Buffer, codec: Codec): number {
  return codec === 'H265' ? ((unit[0] ?? 0) >> 1) & 0x3f : (unit[0] ?? 0) & 0x1f;
}

function split(bytes: Buffer, codec: Codec): Buffer[][] {
  const starts: number[] = [];
  for (let at = bytes.indexOf('\0\0\x01', 0, 'latin1'); at >= 0; at = bytes.indexOf('\0\0\x01', at + 3, 'latin1'))
    starts.push(at + 3);
  const units = starts.map((from, i) => {
    let to = i + 1 < starts.length ? (starts[i + 1] ?? 0) - 3 : bytes.length;
    while (to > from && bytes[to - 1] === 0) to--;
    return bytes.subarray(from, to);
  });
  const accessUnits: Buffer[][] = [];
  for (const unit of units)
    if (typeOf(unit, codec) === delimiters[codec]) accessUnits.push([]);
    else accessUnits.at(-1)?.push(unit);
  return accessUnits;
}

async function shownOrder(file: string): Promise<number[]> {
  const args = ['-v', 'error', '-select_streams', 'v', '-show_entries', 'packet=pts', '-of', 'csv=p=0', file];
  const { stdout } = await run('ffprobe', args);
  const times = stdout
    .trim()
    .split('\n')
    .map((line) => Number.parseInt(line, 10));
  const sorted = [...times].sort((a, b) => a - b);
  return times.map((time) => sorted.indexOf(time));
}

function jpegs(bytes: Buffer): Picture[] {
  const pictures: Picture[] = [];
  const begin = Buffer.from([0xff, 0xd8, 0xff]);
  for (let at = 0; at < bytes.length; ) {
    const next = bytes.indexOf(begin, at + 3);
    const to = next < 0 ? bytes.length : next;
    pictures.push({ units: [bytes.subarray(at, to)], key: true, shown: pictures.length });
    at = to;
  }
  return pictures;
}

async function ffmpeg(...args: string[]): Promise<void> {
  await run('ffmpeg', ['-v', 'error', '-nostdin', '-y', ...args]);
}
