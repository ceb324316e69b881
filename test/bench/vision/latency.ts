/**
 * From glass to alert: a real RTSP camera whose picture carries its own clock (footage.ts), a whole gateway with the
 * built-in model, an MQTT client. The simulated camera says when frame 0 was due on the machine's monotonic clock, so
 * that a thing that appears in frame k was before the lens at that time + k / 10 s.
 *
 * Three times: frame complete in the vision process to alert at the client (the alert names its frame's time), glass to
 * alert, and glass to decoded picture: the clock in the picture, read by an ffmpeg with the gateway's own options.
 */

import { sourceOf } from '../../../edge/vision/process/address.ts';
import { startCapture } from '../../../edge/vision/process/capture.ts';
import { login, simulatedCamera, VisionRig } from '../../faults/vision/rig.ts';
import { until } from '../../harness/process.ts';
import { TestSite } from '../../harness/site.ts';
import { appearEvery, appearFor, clockFootage, clockFrames, clockOf, framesPerSecond } from './footage.ts';

const frameMs = 1000 / framesPerSecond;
/** of the 768 x 432 of the footage */
const fullWidth = 768;
const settleMs = 5_000;
/** the strip with the clock changes all the time: to the gateway it is masked */
const mask = {
  points: [
    [0, 0],
    [1, 0],
    [1, 0.1],
    [0, 0.1],
  ],
};
const everywhere = {
  id: 'everywhere',
  points: [
    [0, 0.12],
    [1, 0.12],
    [1, 1],
    [0, 1],
  ],
};

export interface Latency {
  /** ms each */
  readonly frameToAlert: readonly number[];
  readonly glassToAlert: readonly number[];
  readonly glassToPicture: readonly number[];
  readonly inference: readonly number[];
  /** things that appeared and raised no alert */
  readonly missed: number;
}

export async function latency(seconds: number): Promise<Latency> {
  const camera = await simulatedCamera({ video: await clockFootage() });
  try {
    const inference = await inferenceTimes(camera.url);
    const site = await TestSite.start({
      devices: [],
      uplink: 'none',
      cameras: [{ id: 'gate', url: camera.url, fps: framesPerSecond, zones: [everywhere], masks: [mask] }],
      cameraSecrets: { gate: login },
      rules: [{ id: 'seen', kind: 'zone-entered', camera: 'gate', zone: 'everywhere', clear_after_s: 0 }],
    });
    try {
      return { inference, ...(await onSite(site, camera.url, camera.started * 1000, seconds)) };
    } finally {
      await site.stop();
    }
  } finally {
    await camera.stop();
  }
}

async function onSite(site: TestSite, url: string, started: number, seconds: number) {
  const display = await site.connect('wall-display');
  await until('the camera is live', () => site.gateway?.lines.some((line) => line.includes('"camera live"')), 60_000);
  await new Promise((resolve) => setTimeout(resolve, settleMs));
  const frameToAlert: number[] = [];
  /** by number of the thing that appeared */
  const seen = new Map<number, number>();
  let lastTold = '';
  display.on('message', (_topic, payload) => {
    const now = monotonicMs();
    const wall = performance.timeOrigin + performance.now();
    const alert = JSON.parse(payload.toString()) as { alarm: string; change: string; time: number; count: number };
    // an update for its evidence alone counts nothing up
    const told = `${alert.alarm} ${alert.count}`;
    if (!['raised', 'updated'].includes(alert.change) || told === lastTold) return;
    lastTold = told;
    frameToAlert.push(wall - alert.time);
    const thing = Math.floor((now - started) / frameMs / appearEvery);
    if (!seen.has(thing)) seen.set(thing, now - started - thing * appearEvery * frameMs);
  });
  const first = Math.ceil((monotonicMs() - started) / frameMs / appearEvery);
  await display.subscribeAsync('forpost/alerts/seen/gate', { qos: 0 });
  const glassToPicture = await pictureTimes(url, started, seconds);
  const last = Math.floor((monotonicMs() - started) / frameMs / appearEvery) - 1;
  await display.endAsync(true);
  const things = Array.from({ length: Math.max(0, last - first + 1) }, (_, i) => first + i);
  // what comes when the thing has gone again is about something else
  const times = things.map((thing) => seen.get(thing)).filter((ms) => ms !== undefined && ms < appearFor * frameMs * 2);
  return {
    frameToAlert,
    glassToAlert: times as number[],
    glassToPicture,
    missed: things.length - times.length,
  };
}

/** ms from each frame's own time to its decoded picture, for a second client beside the gateway. */
function pictureTimes(url: string, started: number, seconds: number): Promise<number[]> {
  const size = 320;
  const bytes = size * size * 3;
  const frame = new Uint8Array(bytes);
  const grey = new Uint8Array(size * size);
  const times: number[] = [];
  let filled = 0;
  return new Promise((resolve, reject) => {
    const capture = startCapture(sourceOf({ url, ...login }), size, framesPerSecond, {
      picture: () => {},
      bytes: (chunk) => {
        for (let at = 0; at < chunk.length; ) {
          const part = chunk.subarray(at, at + bytes - filled);
          frame.set(part, filled);
          at += part.length;
          filled += part.length;
          if (filled < bytes) continue;
          filled = 0;
          for (let i = 0; i < grey.length; i++) grey[i] = frame[i * 3 + 1] ?? 0;
          const now = (monotonicMs() - started) / frameMs;
          // the newest frame of that number
          const age = (((now - clockOf(grey, size, fullWidth)) % clockFrames) + clockFrames) % clockFrames;
          times.push(age * frameMs);
        }
      },
      ended: ({ error }) => reject(new Error(`the stream ended: ${error ?? ''}`)),
    });
    setTimeout(() => {
      capture.kill();
      // what was queued before the first key frame comes in a burst
      resolve(times.slice(framesPerSecond * 3));
    }, seconds * 1000);
  });
}

/** ms of the detector for frames of the same footage, in a vision process of its own. */
async function inferenceTimes(url: string): Promise<number[]> {
  const times: number[] = [];
  const rig = await VisionRig.start([{ url, fps: framesPerSecond }], {
    scene: ({ detectMs }) => {
      if (detectMs > 0) times.push(detectMs);
    },
  });
  try {
    await rig.allLive();
    await new Promise((resolve) => setTimeout(resolve, 2 * settleMs));
  } finally {
    await rig.stop();
  }
  return times;
}

function monotonicMs(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}
