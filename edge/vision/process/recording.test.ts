/** Real ffmpeg: it records into a ring beside its frames, and records a separate main stream. */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '@forpost/shared/clock.ts';
import { silentLogger } from '@forpost/shared/logging.ts';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { until } from '../../../test/harness/process.ts';
import type { Source } from './address.ts';
import { startCapture, startRecording } from './capture.ts';
import { Ring } from './ring.ts';
import { StreamRecorder } from './stream-recorder.ts';

let folder: string;
const size = 64;
const frameBytes = size * size * 3;

const fileSource = (name: string): Source => ({ kind: 'file', path: join(folder, name) }) as unknown as Source;

async function ringIn(name: string): Promise<Ring> {
  const path = join(folder, name);
  await mkdir(path);
  return new Ring({ folder: path, keepMs: 60_000, maxBytes: 1e8, clock: systemClock });
}

/** Counts the frames that come while the stream is recorded. */
function capture(source: Source, ring: Ring) {
  const seen = { frames: 0, ended: false };
  const run = startCapture(
    source,
    size,
    10,
    {
      picture: () => {},
      bytes: (chunk) => {
        seen.frames += chunk.length / frameBytes;
      },
      ended: () => {
        seen.ended = true;
      },
    },
    { begin: () => ring.begin(), attach: () => ({ stop: () => {} }) },
  );
  onTestFinished(() => run.kill());
  return seen;
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'forpost-recording-'));
  const film = (name: string, ...encoding: string[]) => {
    const input = ['-f', 'lavfi', '-i', 'testsrc2=size=160x90:rate=10:duration=6'];
    const { status, stderr } = spawnSync('ffmpeg', ['-v', 'error', '-y', ...input, ...encoding, join(folder, name)]);
    if (status !== 0) throw new Error(String(stderr));
  };
  film('camera.mp4', '-c:v', 'libx264', '-x264-params', 'keyint=10:scenecut=0', '-bf', '0', '-pix_fmt', 'yuv420p');
  film('raw.avi', '-c:v', 'rawvideo');
});
afterAll(() => rm(folder, { recursive: true, force: true }));

test('a stream is recorded unchanged while its frames go on', async () => {
  const ring = await ringIn('both');
  const seen = capture(fileSource('camera.mp4'), ring);
  await until('two segments are there', () => ring.covering(0, Number.POSITIVE_INFINITY).length >= 2);
  await until('frames go on', () => seen.frames > 10);
});

test('a stream that cannot be recorded, or a lost ring folder, costs the recording and no frame', async () => {
  const raw = await ringIn('raw');
  const seen = capture(fileSource('raw.avi'), raw);
  const gone = await ringIn('gone');
  await rm(join(folder, 'gone'), { recursive: true });
  const other = capture(fileSource('camera.mp4'), gone);
  await until('frames of three seconds came', () => seen.frames > 30 && other.frames > 30);
  expect([seen.ended, other.ended]).toEqual([false, false]);
  expect([raw.bytes, existsSync(join(folder, 'gone'))]).toEqual([0, false]);
});

test('a main stream is recorded by its own ffmpeg, and again after that ended', async () => {
  const ring = await ringIn('main');
  const warned: string[] = [];
  const logger = silentLogger();
  logger.warn = ((_: object, text: string) => warned.push(text)) as never;
  const missing = join(folder, 'later.mp4');
  const options = { camera: 'yard', ring, clock: systemClock, random: () => 0, logger };
  const source = fileSource('later.mp4');
  const recorder = new StreamRecorder({
    ...options,
    source,
    intervalMs: 200,
    startRecording: (recording, ended) => startRecording(source, 5, recording, ended),
  });
  onTestFinished(() => recorder.stop());
  recorder.start();
  await until('it says that there is nothing', () => warned.length > 0);
  expect(ring.wroteAt).toBe(0);
  spawnSync('cp', [join(folder, 'camera.mp4'), missing]);
  await until('it records', () => ring.covering(0, Number.POSITIVE_INFINITY).length > 0);
});
