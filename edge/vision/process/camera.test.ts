import { FakeClock } from '@forpost/shared/clock.ts';
import { silentLogger } from '@forpost/shared/logging.ts';
import { expect, test } from 'vitest';
import { type Source, sourceOf } from './address.ts';
import { Camera } from './camera.ts';
import type { CaptureEvents } from './capture.ts';
import type { CaptureEnd } from './failure.ts';
import { NewestFrame } from './newest-frame.ts';

const size = 2;

/** A camera with a simulated ffmpeg and network. */
function rig(framesPerSecond = 5, hwaccel?: 'vaapi') {
  const clock = new FakeClock();
  const frames = new NewestFrame('yard', size, clock);
  const runs: { source: Source; events: CaptureEvents; killed: boolean }[] = [];
  const world = { probe: '', probes: 0 };
  const history: string[] = [];
  const camera = new Camera({
    id: 'yard',
    source: sourceOf({ url: 'rtsp://cam/yard', user: 'u', password: 'p', hwaccel }),
    framesPerSecond,
    size,
    frames,
    clock,
    random: () => 0.999,
    logger: silentLogger(),
    startCapture: (source, _size, _rate, events) => {
      const run = { source, events, killed: false };
      runs.push(run);
      return {
        kill: () => {
          run.killed = true;
        },
      };
    },
    probe: async () => {
      world.probes++;
      return world.probe;
    },
    frame: () => {},
    softened: (reason) => history.push(`softened ${reason}`),
    changed: () => history.push(`${camera.state} ${camera.reason}`.trim()),
  });
  return {
    camera,
    runs,
    world,
    history,
    /** lets `ms` pass in small steps, promises included */
    async pass(ms: number) {
      for (let left = ms; left > 0; left -= 100) {
        clock.advance(Math.min(100, left));
        await Promise.resolve();
        await Promise.resolve();
      }
    },
    frame() {
      const run = runs.at(-1)!;
      run.events.picture(2, 2);
      run.events.bytes(new Uint8Array(size * size * 3));
    },
    end(end: CaptureEnd) {
      runs.at(-1)!.events.ended(end);
    },
  };
}

const failed = (line: string): CaptureEnd => ({ error: 'ffmpeg exited with code 1', lines: [line] });

test('a camera is live with its first frame, and stalled within 3 s of its last', async () => {
  const { camera, runs, history, pass, frame } = rig();
  camera.start();
  await pass(500);
  expect(camera.state).toBe('connecting');
  for (let i = 0; i < 50; i++) {
    frame();
    await pass(200);
  }
  expect(camera.state).toBe('live');
  await pass(2_700);
  expect(camera).toMatchObject({ state: 'stalled', reason: 'no frames for 3 s' });
  expect(runs[0]?.killed).toBe(true);
  await pass(2_100);
  expect(runs).toHaveLength(2);
  frame();
  expect(history).toEqual(['live', 'stalled no frames for 3 s', 'live']);
});

test('a camera that is configured for a frame every five seconds does not count as stalled', async () => {
  const { camera, pass, frame } = rig(0.2);
  camera.start();
  await pass(100);
  for (let i = 0; i < 5; i++) {
    frame();
    await pass(5_000);
    expect(camera.state).toBe('live');
  }
});

test('a camera that sends fewer frames than configured does not count as stalled once its interval is known', async () => {
  const { camera, pass, frame, history } = rig(5);
  camera.start();
  await pass(100);
  frame();
  await pass(3_100);
  expect(camera.state).toBe('stalled');
  // the next try lasts long enough to learn the camera's interval
  await pass(2_100);
  for (let i = 0; i < 20; i++) {
    frame();
    await pass(4_000);
  }
  expect(camera.state).toBe('live');
  expect(history).toEqual(['live', 'stalled no frames for 3 s', 'live']);
  await pass(7_000);
  expect(camera).toMatchObject({ state: 'stalled', reason: 'no frames for 10 s' });
});

test('the gateway waits for a key frame that is a minute away, and says so on the page', async () => {
  const { camera, runs, pass, frame, history } = rig();
  camera.start();
  await pass(100);
  const wait = async (seconds: number) => {
    for (let s = 3; s <= seconds; s++) {
      runs.at(-1)!.events.waiting?.(s * 1_000);
      await pass(1_000);
    }
  };
  await wait(59);
  expect(runs).toHaveLength(1);
  expect(camera).toMatchObject({
    state: 'connecting',
    reason: 'waiting for a key frame (for 40 s by now: shorten the camera’s interval of key frames)',
  });
  // few updates, so that they fill neither log nor page
  expect(history.length).toBeLessThanOrEqual(5);
  frame();
  expect(camera.state).toBe('live');
  runs.at(-1)!.events.keyFrames?.(60_000);
  await pass(4_000);
  expect(camera.state).toBe('stalled');
  await pass(2_000);
  await wait(5);
  expect(camera.reason).toBe('waiting for a key frame (every 60 s: shorten the camera’s interval)');
});

test('a stream without any key frame is given up, and the reason says so', async () => {
  const { camera, runs, pass } = rig();
  camera.start();
  await pass(100);
  for (let s = 3; s <= 151; s++) {
    runs[0]!.events.waiting?.(s * 1_000);
    await pass(1_000);
  }
  expect(camera).toMatchObject({ state: 'unreachable', reason: 'no key frame within 150 s' });
  expect(runs[0]?.killed).toBe(true);
});

test('an absent camera is probed again and again without an ffmpeg, and is live when it comes', async () => {
  const { camera, runs, world, pass, frame } = rig();
  world.probe = 'nothing listens on cam:554';
  camera.start();
  await pass(60_000);
  expect(camera).toMatchObject({ state: 'unreachable', reason: 'nothing listens on cam:554' });
  expect(runs).toHaveLength(0);
  expect(world.probes).toBeGreaterThan(25);
  world.probe = '';
  await pass(2_100);
  frame();
  expect(camera.state).toBe('live');
});

test('a wrong password is tried rarely, because cameras lock accounts', async () => {
  const { camera, world, pass, end, history } = rig();
  camera.start();
  await pass(100);
  for (let left = 600; left > 0; left--) {
    if (camera.state === 'connecting' || world.probes > history.length) end(failed('Server returned 401 Unauthorized'));
    await pass(1_000);
  }
  expect(camera).toMatchObject({ state: 'refused', reason: 'wrong password' });
  expect(world.probes).toBeLessThan(20);
});

test('a stream without a picture in time is given up, and the reason stays until a picture comes', async () => {
  const { camera, runs, pass, history, frame } = rig();
  camera.start();
  await pass(12_200);
  expect(camera).toMatchObject({ state: 'unreachable', reason: 'no picture within 12 s' });
  await pass(2_000);
  expect(runs).toHaveLength(2);
  frame();
  expect(history).toEqual(['unreachable no picture within 12 s', 'live']);
});

test('a stopped camera starts nothing any more', async () => {
  const { camera, runs, pass, frame } = rig();
  camera.start();
  await pass(100);
  frame();
  camera.stop();
  await pass(30_000);
  expect(runs).toHaveLength(1);
  expect(runs[0]?.killed).toBe(true);
});

test('a missing hardware decoder costs one try: then the processor decodes', async () => {
  const { camera, runs, history, pass, frame, end } = rig(5, 'vaapi');
  camera.start();
  await pass(100);
  expect(runs[0]?.source.hwaccel).toBe('vaapi');
  end(failed('No device available for decoder: device type vaapi needed for codec h264.'));
  await pass(600);
  expect(runs.map(({ source }) => source.hwaccel)).toEqual(['vaapi', undefined]);
  frame();
  expect(camera.state).toBe('live');
  expect(history[0]).toMatch(/^softened hardware decoding \(vaapi\)/);
});
