/**
 * A camera under the vision process's real code: session, ffmpeg, frames, ring, alarm and clip; only the detector and the
 * gateway around it are missing. Collects the texts that an installer would see and the alarms' clips.
 */
import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { systemClock } from '@forpost/shared/clock.ts';
import type { CameraStatus } from '@forpost/shared/event/status.ts';
import { silentLogger } from '@forpost/shared/logging.ts';
import type { FromVision } from '../../../edge/vision/messages.ts';
import type { Detection } from '../../../edge/vision/process/detectors/detector.ts';
import { type CameraSettings, WatchedCamera } from '../../../edge/vision/process/watched-camera.ts';

export interface Clip {
  readonly seconds: number;
  readonly pictures: number;
  /** whether each picture is later than the one before, in the order of showing */
  readonly ordered: boolean;
  readonly codec: string;
  /** whether every picture of the clip can be decoded */
  readonly playable: boolean;
}

export interface WatchedRig {
  readonly status: CameraStatus;
  /** each state with its reason, once */
  readonly statusLines: readonly string[];
  readonly problems: readonly string[];
  readonly frames: number;
  /** ms of `performance.timeOrigin + performance.now()` of the first frame; 0: none yet */
  readonly liveAt: number;
  /** Lets somebody enter the zone now. Resolves to the alarm's clip, or to the reason why it has none. */
  alarm(withinMs?: number): Promise<Clip | string>;
  stop(): void;
}

const wholePicture: [number, number][] = [
  [0, 0],
  [1, 0],
  [1, 1],
  [0, 1],
];
const somebody: Detection = { class: 'motion', score: 0.95, box: [0.4, 0.3, 0.1, 0.4] };

/** `settings`: of the camera, as in site.yaml, with its log-in */
export function watchCamera(settings: Partial<CameraSettings> & { readonly url: string }): WatchedRig {
  // in memory, as the gateway's rings are
  const folder = mkdtempSync(join('/dev/shm', 'forpost-watch-'));
  const ring = join(folder, 'ring');
  mkdirSync(ring);
  const seen = { frames: 0, liveAt: 0, statusLines: [] as string[], found: [] as readonly Detection[] };
  const problems = new Map<string, string>();
  let status: CameraStatus | undefined;
  let entered: ((uptime: number) => void) | undefined;
  let evidence: ((message: Extract<FromVision, { kind: 'evidence' }>) => void) | undefined;
  const camera = new WatchedCamera({
    config: {
      id: 'yard',
      record: { before_s: 2, after_s: 2 },
      zones: [{ id: 'all', points: wholePicture }],
      ...settings,
    } as unknown as CameraSettings,
    liveFolder: folder,
    modelsFolder: folder,
    evidenceFolder: folder,
    out: undefined,
    ring: { folder: ring, maxBytes: 32 * 1024 ** 2 },
    pool: {
      prepare: async () => undefined,
      forget: () => undefined,
      analyse: async ({ takeFrame: take }) => {
        const frame = take();
        if (frame === undefined) return undefined;
        seen.frames++;
        if (seen.liveAt === 0) seen.liveAt = performance.timeOrigin + performance.now();
        return { frame, detections: seen.found, detectMs: 1 };
      },
    },
    clock: systemClock,
    random: Math.random,
    logger: silentLogger(),
    send(message) {
      if (message.kind === 'camera') {
        status = message.status;
        const line = `${message.status.state} ${message.status.reason}`.trim();
        if (seen.statusLines.at(-1) !== line) seen.statusLines.push(line);
      } else if (message.kind === 'problem') problems.set(message.about, message.text);
      else if (message.kind === 'scene' && message.changes.some(({ change }) => change === 'entered'))
        entered?.(message.uptime);
      else if (message.kind === 'evidence') evidence?.(message);
    },
  });
  camera.start();
  const alarm = (withinMs = 30_000) =>
    new Promise<Clip | string>((resolve, reject) => {
      const late = setTimeout(
        () => reject(new Error(`no clip and no reason: ${seen.statusLines.join(' | ')}`)),
        withinMs,
      );
      const done = (what: Clip | string) => {
        clearTimeout(late);
        seen.found = [];
        resolve(what);
      };
      entered = (uptime) => camera.ask({ kind: 'evidence', camera: 'yard', alarm: 'alarm', uptime });
      evidence = ({ items, lacking }) => {
        if (lacking !== undefined) return done(lacking);
        const clip = items.find(({ kind }) => kind === 'clip');
        if (clip !== undefined) inspect(join(folder, clip.file)).then(done, reject);
      };
      seen.found = [somebody];
    });
  return {
    get status() {
      if (status === undefined) throw new Error('the camera has no status');
      return status;
    },
    get statusLines() {
      return seen.statusLines;
    },
    get problems() {
      return [...problems.values()].filter((text) => text !== '');
    },
    get frames() {
      return seen.frames;
    },
    get liveAt() {
      return seen.liveAt;
    },
    alarm,
    stop() {
      camera.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

const run = promisify(execFile);

async function inspect(file: string): Promise<Clip> {
  const shown = ['-show_entries', 'packet=pts_time:stream=codec_name:format=duration', '-of', 'json'];
  const { stdout } = await run('ffprobe', ['-v', 'error', '-select_streams', 'v', ...shown, file]);
  const { packets, streams, format } = JSON.parse(stdout);
  const times = packets
    .map(({ pts_time: time }: { pts_time: string }) => Number(time))
    .sort((a: number, b: number) => a - b);
  return {
    seconds: Number(format.duration),
    pictures: times.length,
    ordered: times.every((time: number, i: number) => i === 0 || time > times[i - 1]),
    codec: streams[0].codec_name,
    playable: await run('ffmpeg', [
      '-v',
      'error',
      '-xerror',
      '-i',
      file,
      '-fps_mode',
      'passthrough',
      '-f',
      'null',
      '-',
    ]).then(
      () => true,
      () => false,
    ),
  };
}
