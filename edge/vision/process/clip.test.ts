import { spawnSync } from 'node:child_process';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '@forpost/shared/clock.ts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { cutClip, type Mask } from './clip.ts';

let folder: string;
const segments: string[] = [];

function ffmpeg(...args: string[]): Buffer {
  const { status, stdout, stderr } = spawnSync('ffmpeg', ['-v', 'error', '-nostdin', '-y', ...args], {
    maxBuffer: 1e8,
  });
  if (status !== 0) throw new Error(String(stderr));
  return stdout;
}

/** Checksums of a clip's decoded pictures. */
const pictures = (file: string) =>
  String(ffmpeg('-i', file, '-map', '0:v', '-f', 'framemd5', '-'))
    .split('\n')
    .filter((line) => line.startsWith('0,'))
    .map((line) => line.split(',').at(-1));

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'forpost-clip-'));
  // white, so that only masked areas are black
  ffmpeg(
    ...[
      '-f',
      'lavfi',
      '-i',
      'color=white:size=320x180:rate=10:duration=4,drawbox=x=mod(t*40\\,300):w=20:h=180:color=gray:t=fill',
    ],
    ...['-c:v', 'libx264', '-x264-params', 'keyint=10:scenecut=0', '-bf', '0', '-pix_fmt', 'yuv420p'],
    ...['-f', 'segment', '-segment_time', '1', '-reset_timestamps', '1', '-segment_format', 'mp4'],
    ...['-segment_format_options', 'movflags=+frag_keyframe+empty_moov+default_base_moof', join(folder, 's%d.mp4')],
  );
  segments.push(...[0, 1, 2, 3].map((i) => join(folder, `s${i}.mp4`)));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

test('a clip has every picture of its segments, bit for bit as the camera sent it', async () => {
  const file = join(folder, 'clip.mp4');
  await cutClip({ segments: segments.slice(1, 3), masks: [], file, maxBytes: 1e7 }, systemClock);
  expect(pictures(file)).toEqual([...pictures(segments[1]!), ...pictures(segments[2]!)]);
  expect(pictures(file)).toHaveLength(20);
});

test('a masked clip is black within the mask and shows the rest', async () => {
  const file = join(folder, 'masked.mp4');
  const mask: Mask = [
    [0.5, 0],
    [1, 0],
    [1, 1],
    [0.5, 1],
  ];
  await cutClip({ segments, masks: [mask], file, maxBytes: 1e7 }, systemClock);
  const raw = ffmpeg('-i', file, '-f', 'rawvideo', '-pix_fmt', 'gray', '-');
  const frames = raw.length / (320 * 180);
  expect(frames).toBe(40);
  for (let i = 0; i < frames; i++)
    for (let y = 0; y < 180; y += 7) {
      const row = raw.subarray((i * 180 + y) * 320, (i * 180 + y + 1) * 320);
      expect(Math.max(...row.subarray(161))).toBeLessThan(40);
      expect(Math.max(...row.subarray(0, 150))).toBeGreaterThan(200);
    }
});

test('a clip that cannot be made is an error with its reason, and leaves no file behind', async () => {
  const file = join(folder, 'none.mp4');
  const order = { segments: [join(folder, 'gone.mp4')], masks: [], file, maxBytes: 1e7 };
  await expect(cutClip(order, systemClock)).rejects.toThrow(/no clip: ffmpeg says .*No such file/s);
  expect((await readdir(folder)).filter((name) => name.startsWith('none'))).toEqual([]);
});

/** seconds that players show, by the clip's edit list */
const seconds = (file: string) =>
  Number(spawnSync('ffprobe', ['-v', 'error', '-show_entries', 'format=duration', '-of', 'csv=p=0', file]).stdout);

test('a clip cut from a long segment shows only the wanted part, and keeps the key frame that decoding needs', async () => {
  const long = join(folder, 'long.mp4');
  const film = ['-f', 'lavfi', '-i', 'testsrc2=size=160x90:rate=10', '-frames:v', '300'];
  const fragments = ['-movflags', '+frag_keyframe+empty_moov+default_base_moof', '-frag_duration', '1000000'];
  ffmpeg(
    ...film,
    '-c:v',
    'libx264',
    '-preset',
    'ultrafast',
    '-x264-params',
    'keyint=600:scenecut=0',
    ...fragments,
    long,
  );
  const file = join(folder, 'part.mp4');
  const order = {
    segments: [long],
    masks: [],
    file,
    maxBytes: 1e7,
    part: { skipMs: 20_000, lengthMs: 4_000, recordedMs: 30_000 },
  };
  await cutClip(order, systemClock);
  expect(seconds(file)).toBeCloseTo(4, 1);
  expect(pictures(file)).toEqual(pictures(long).slice(200, 240));
  expect((await readdir(folder)).filter((name) => name.startsWith('part'))).toEqual(['part.mp4']);
});

test('a clip with wrong timestamps is stretched or compressed to the time that passed', async () => {
  // the four segments have 4 s of pictures
  for (const recordedMs of [8_000, 1_200]) {
    const file = join(folder, `${recordedMs}.mp4`);
    const part = { skipMs: 0, lengthMs: recordedMs, recordedMs };
    await cutClip({ segments, masks: [], file, maxBytes: 1e7, part }, systemClock);
    expect(Math.abs(seconds(file) * 1_000 - recordedMs)).toBeLessThan(200);
    expect(pictures(file)).toHaveLength(40);
  }
});
