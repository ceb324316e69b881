/**
 * The time from the lens to the alert: a real RTSP camera whose picture carries its own clock (footage.ts), a whole gateway,
 * an MQTT client; with the built-in model, and with a model that recognises people, for which a person of the real clip is
 * shown. The simulated camera reports when frame 0 was due on the machine's monotonic clock, so a thing of frame k was
 * before the lens at that time + k / 10 s.
 *
 * Three times: complete frame in the vision process to alert at the client (the alert has its frame's time); lens to alert;
 * and lens to decoded picture, by the clock in the picture and an ffmpeg with the gateway's own options. The gateway's own
 * vision times the inference in the same run, just before.
 */

import type { CameraConfig, MaskConfig, ZoneConfig } from '../../../edge/site/site.ts';
import { sourceOf } from '../../../edge/vision/process/address.ts';
import { startCapture } from '../../../edge/vision/process/capture.ts';
import { login, simulatedCamera, VisionRig } from '../../faults/vision/rig.ts';
import { until } from '../../harness/process.ts';
import { TestSite } from '../../harness/site.ts';
import {
  appearEvery,
  appearFor,
  clockFootage,
  clockFrames,
  clockOf,
  framesPerSecond,
  personFootage,
} from './footage.ts';

const frameMs = 1000 / framesPerSecond;
/** of the 768 x 432 of the footage */
const fullWidth = 768;
const settleMs = 5_000;
/** the strip with the clock changes all the time, so it is masked */
const mask: MaskConfig = {
  points: [
    [0, 0],
    [1, 0],
    [1, 0.1],
    [0, 0.1],
  ],
};

/** Below the strip with the clock, from `left` to `right` (0..1). */
function zone(id: string, left: number, right: number): ZoneConfig {
  return {
    id,
    points: [
      [left, 0.12],
      [right, 0.12],
      [right, 1],
      [left, 1],
    ],
  };
}

export interface Latency {
  /** ms each */
  readonly frameToAlert: readonly number[];
  readonly glassToAlert: readonly number[];
  readonly glassToPicture: readonly number[];
  readonly inference: readonly number[];
  /** things that appeared without an alert */
  readonly missed: number;
}

export interface WatchedFootage {
  readonly video: string;
  /** of the camera, beside its address */
  readonly camera: Partial<CameraConfig> & { readonly zones: ZoneConfig[] };
  /** folder of the model that the camera names */
  readonly models?: string;
  /** the picture carries its clock */
  readonly clocked: boolean;
}

/** A camera with the built-in model and moving things. */
export async function motionFootageSetup(): Promise<WatchedFootage> {
  return { video: await clockFootage(), camera: { masks: [mask], zones: [zone('all', 0, 1)] }, clocked: true };
}

/**
 * A camera with the model `detector` of the folder `models`, and a person. The tracker sees one person who moves from place to
 * place, so each place has a zone of its own.
 */
export async function personFootageSetup(clip: string, models: string, detector: string): Promise<WatchedFootage> {
  const zones = [zone('left', 0, 0.42), zone('middle', 0.42, 0.75), zone('right', 0.75, 1)];
  return { video: await personFootage(clip), camera: { detector, classes: ['person'], zones }, models, clocked: false };
}

export async function latency(
  seconds: number,
  { video, camera: config, models, clocked }: WatchedFootage,
): Promise<Latency> {
  const camera = await simulatedCamera({ video });
  const chosen = { url: camera.url, fps: framesPerSecond, ...config };
  const installed = models === undefined ? {} : { models };
  try {
    const inference = await inferenceTimes(chosen, installed);
    const site = await TestSite.start({
      devices: [],
      uplink: 'none',
      cameras: [{ id: 'gate', ...chosen }],
      cameraSecrets: { gate: login },
      rules: config.zones.map(({ id }) => ({
        id: `seen-${id}`,
        kind: 'zone-entered',
        camera: 'gate',
        zone: id,
        clear_after_s: 0,
      })),
      ...installed,
    });
    try {
      const pictures = () => (clocked ? pictureTimes(camera.url, camera.started * 1000, seconds) : pause(seconds));
      return { inference, ...(await onSite(site, camera.started * 1000, pictures)) };
    } finally {
      await site.stop();
    }
  } finally {
    await camera.stop();
  }
}

/** A pause in which nothing else reads the stream. */
async function pause(seconds: number): Promise<number[]> {
  await new Promise((resolve) => setTimeout(resolve, seconds * 1000));
  return [];
}

async function onSite(site: TestSite, started: number, pictures: () => Promise<number[]>) {
  const display = await site.connect('wall-display');
  await until('the camera is live', () => site.gateway?.lines.some((line) => line.includes('"camera live"')), 60_000);
  await new Promise((resolve) => setTimeout(resolve, settleMs));
  const frameToAlert: number[] = [];
  /** times by number of the thing */
  const seen = new Map<number, number>();
  const alerted = new Set<string>();
  let from = Number.POSITIVE_INFINITY;
  display.on('message', (topic, payload) => {
    const now = monotonicMs();
    if (!topic.startsWith('forpost/alerts/seen-')) return;
    const wall = performance.timeOrigin + performance.now();
    const alert = JSON.parse(payload.toString()) as { alarm: string; change: string; time: number; count: number };
    // an update that only adds evidence repeats the count, and may concern an alarm from before this measurement
    const counted = `${alert.alarm} ${alert.count}`;
    const isNew = alert.change === 'raised' || (alert.change === 'updated' && alert.count > 1);
    if (!isNew || alerted.has(counted) || alert.time < from) return;
    alerted.add(counted);
    frameToAlert.push(wall - alert.time);
    const thing = Math.floor((now - started) / frameMs / appearEvery);
    if (!seen.has(thing)) seen.set(thing, now - started - thing * appearEvery * frameMs);
  });
  const first = Math.ceil((monotonicMs() - started) / frameMs / appearEvery);
  await display.subscribeAsync('forpost/alerts/+/gate', { qos: 0 });
  from = performance.timeOrigin + performance.now();
  const glassToPicture = await pictures();
  const last = Math.floor((monotonicMs() - started) / frameMs / appearEvery) - 1;
  await display.endAsync(true);
  const things = Array.from({ length: Math.max(0, last - first + 1) }, (_, i) => first + i);
  // an alert after the thing has gone concerns another thing
  const times = things.map((thing) => seen.get(thing)).filter((ms) => ms !== undefined && ms < appearFor * frameMs * 2);
  return {
    frameToAlert,
    glassToAlert: times as number[],
    glassToPicture,
    missed: things.length - times.length,
  };
}

/** ms from each frame's own time to its decoded picture, at a second client beside the gateway. */
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
      // frames queued before the first key frame arrive in a burst
      resolve(times.slice(framesPerSecond * 3));
    }, seconds * 1000);
  });
}

/** ms of the detector for frames of the same footage, in a separate vision process. */
async function inferenceTimes(
  camera: Partial<CameraConfig> & { readonly url: string },
  installed: { readonly models?: string },
): Promise<number[]> {
  const times: number[] = [];
  const rig = await VisionRig.start([camera], {
    ...installed,
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
