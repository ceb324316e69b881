/**
 * Tests of streams against simulated cameras, with a real ffmpeg: what is measured, and what is said of a camera that is
 * set up wrongly. All run at once: each waits for a camera most of the time.
 */

import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import sharp from 'sharp';
import { afterAll, expect, test } from 'vitest';
import type { CameraQuirks } from '../../../../test/harness/camera/camera-quirks.ts';
import { film } from '../../../../test/harness/camera/footage.ts';
import { startRtspCamera } from '../../../../test/harness/camera/rtsp-camera.ts';
import { findingsOf, isUsable } from '../../verdict.ts';
import { testStream } from './test-stream.ts';

const stops: (() => unknown)[] = [];
afterAll(async () => {
  for (const stop of stops) await stop();
});

async function tested(quirks: CameraQuirks = {}, login?: { readonly user: string; readonly password: string }) {
  const camera = await startRtspCamera(quirks);
  stops.push(() => camera.stop());
  return { camera, reading: await testStream({ url: camera.url }, { login, trust: {} }) };
}

const slow = 60_000;

test.concurrent(
  'a stream’s picture, codec, size, rate, key frames and sound are measured',
  async () => {
    const began = performance.now();
    const { reading } = await tested({ sound: 'AAC' });
    // the test ends once it has measured enough, before its time is over
    expect(performance.now() - began).toBeLessThan(18_000);
    expect(reading).toMatchObject({ codec: 'H264', width: 160, height: 90, sound: 'MPEG4-GENERIC', transport: 'tcp' });
    expect(reading.failure).toBeUndefined();
    expect(reading.framesPerSecond).toBeGreaterThan(8);
    expect(reading.framesPerSecond).toBeLessThan(12);
    expect(reading.keyFrameMs).toBeGreaterThan(700);
    expect(reading.keyFrameMs).toBeLessThan(1_600);
    expect(reading.bitsPerSecond).toBeGreaterThan(1_000);
    const picture = await sharp(Buffer.from(reading.picture ?? '', 'base64')).metadata();
    expect([picture.format, picture.width, picture.height]).toEqual(['jpeg', 160, 90]);
    expect(isUsable(reading)).toBe(true);
  },
  slow,
);

test.concurrent(
  'a stream of H.265 without sound is usable, with a word about H.264',
  async () => {
    const { reading } = await tested({ film: await film({ codec: 'H265' }) });
    expect(reading).toMatchObject({ codec: 'H265', width: 160 });
    expect(reading.sound).toBeUndefined();
    expect(findingsOf(reading).map(({ text }) => typeof text === 'object' && text.key)).toContain(
      'gateway/finding.h265',
    );
  },
  slow,
);

test.concurrent(
  'a camera that sends by UDP alone is tested by UDP, and says so',
  async () => {
    const { reading } = await tested({ refuses: 'tcp' });
    expect(reading).toMatchObject({ transport: 'udp', codec: 'H264', width: 160 });
  },
  slow,
);

test.concurrent(
  'a key frame that does not come again is a fault',
  async () => {
    const { reading } = await tested({ film: await film({ gop: 300, pictures: 300 }) });
    expect(reading.keyFrameMs).toBeUndefined();
    expect(reading.keyFramesAwaitedMs).toBeGreaterThan(10_000);
    expect(isUsable(reading)).toBe(false);
  },
  slow,
);

test.concurrent(
  'a wrong password, a wrong path and a camera without video are told apart',
  async () => {
    const login = { user: 'admin', password: 'right', offers: ['MD5'] } as const;
    const wrong = await tested({ login }, { user: 'admin', password: 'wrong' });
    expect(wrong.reading.failure).toBe('wrong password');
    expect((await tested({ login })).reading.failure).toBe('the camera asks for a user and a password');
    expect((await tested({ status: { DESCRIBE: '404 Not Found' } })).reading.failure).toBe('no such stream (404)');
    const deaf = await tested({ sdp: (text) => text.replace(/m=video[\s\S]*/, '') });
    expect(deaf.reading.failure).toBe('there is no video in this stream');
  },
  slow,
);

test.concurrent(
  'a host that is no camera is told from one that is not there',
  async () => {
    const web = createServer((socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'));
    await new Promise<void>((resolve) => web.listen(0, '127.0.0.1', resolve));
    stops.push(() => web.close());
    const { port } = web.address() as AddressInfo;
    const reading = await testStream({ url: `rtsp://127.0.0.1:${port}/` }, { login: undefined, trust: {} });
    expect(reading.failure).toMatch(new RegExp(`^127\\.0\\.0\\.1:${port} sends no video`));
    const gone = await testStream({ url: 'rtsp://127.0.0.1:1/' }, { login: undefined, trust: {} });
    expect(gone.failure).toMatch(/nothing listens on 127\.0\.0\.1:1/);
  },
  slow,
);
