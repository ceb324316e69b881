/**
 * The vision process runs all cameras and all native inference of one gateway. vision/supervisor.ts starts it and talks
 * to it over the child process's channel (vision/messages.ts).
 *
 * Always:
 * - the process ends itself and its ffmpegs when the gateway's process is gone, for whatever reason
 * - frames never leave the process; only small JSON and live pictures do
 * - an unhandled error in the work of one camera restarts only that camera; any other unhandled error ends the process,
 *   and the supervisor starts it again
 */

import { mkdirSync, rmSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { type BoundedWork, endBrokenWork, within } from '@forpost/shared/bounded-work.ts';
import { clockWithin, systemClock } from '@forpost/shared/clock.ts';
import { createLogger } from '@forpost/shared/logging.ts';
import { requireNode } from '@forpost/shared/node-version.ts';
import { lowerPriority } from '@forpost/shared/priority.ts';
import { noWords } from '@forpost/shared/texts/english.ts';
import type { Ousted } from '../blame.ts';
import type { FromVision, ToVision } from '../messages.ts';
import { DetectorPool, threadCount } from './detectors/pool.ts';
import { type RingFolder, removeOwn, ringBytes, ringFolder } from './ring-folder.ts';
import { type CameraSettings, WatchedCamera } from './watched-camera.ts';

requireNode();
lowerPriority();

const heartbeatEveryMs = 1_000;
const endDeadlineMs = 2_500;
const beginAnewMs = 5_000;
/** Messages that the parent has not received yet; beyond this, scenes without a change are dropped. */
const maxUnsent = 64;

const logger = createLogger('vision');
const clock = systemClock;
const random = Math.random;
let cameras: WatchedCamera[] = [];
let pool: DetectorPool | undefined;
let unsent = 0;
let rings: RingFolder | undefined;
let out: readonly Ousted[] = [];
const works = new WeakMap<WatchedCamera, BoundedWork>();
let build: ((config: CameraSettings) => WatchedCamera) | undefined;

function send(message: FromVision): void {
  if (!process.connected) return;
  if (unsent >= maxUnsent && message.kind === 'scene' && message.changes.length === 0) return;
  unsent++;
  process.send?.(message, undefined, undefined, () => {
    // the `disconnect` event reports that the parent is gone
    unsent--;
  });
}

async function configure(message: Extract<ToVision, { kind: 'configure' }>): Promise<void> {
  await release();
  const fresh = new DetectorPool({
    threads: threadCount(availableParallelism(), message.cameras.length),
    clock,
    random,
    logger,
    stuck: (models) => {
      send({ kind: 'hung', models });
      end(1, 'detector threads hang');
    },
    suspects: message.suspects,
    running: (models) => send({ kind: 'running', models }),
    proven: (model) => send({ kind: 'proven', model }),
  });
  pool = fresh;
  fresh.start();
  const { liveFolder, modelsFolder, evidenceFolder } = message;
  rings = ringFolder(evidenceFolder, message.cameras.length);
  send({ kind: 'problem', about: 'recording', text: 'problem' in rings ? rings.problem : noWords });
  const recorded = 'path' in rings ? rings : undefined;
  build = (config) => {
    const maxBytes = recorded === undefined ? 0 : ringBytes(recorded);
    const ring = recorded && maxBytes > 0 ? { folder: join(recorded.path, config.id), maxBytes } : undefined;
    if (ring !== undefined) {
      rmSync(ring.folder, { recursive: true, force: true });
      mkdirSync(ring.folder, { mode: 0o700 });
    }
    const work: BoundedWork = { failed: (error) => failed(config.id, error) };
    const camera = new WatchedCamera({
      config,
      liveFolder,
      modelsFolder,
      evidenceFolder,
      ring,
      out: outOf(config),
      pool: fresh,
      clock: clockWithin(work, clock),
      random,
      logger,
      send,
    });
    works.set(camera, work);
    return camera;
  };
  out = message.out;
  cameras = message.cameras.map(build);
  for (const camera of cameras) start(camera);
}

function start(camera: WatchedCamera): void {
  const work = works.get(camera);
  if (work === undefined) camera.start();
  else within(work, () => camera.start());
}

/** An unhandled error in the work of one camera is a defect. The camera restarts after `beginAnewMs`. */
function failed(id: string, error: unknown): void {
  logger.error({ camera: id, err: error }, 'an error that nobody handled, in the work of one camera: camera restarts');
  const broken = cameras.find((camera) => camera.id === id);
  if (broken === undefined) return;
  broken.stop();
  clock.after(beginAnewMs, () => {
    if (cameras.includes(broken)) replace(broken, broken.config);
  });
}

/** Applies a new configuration of one camera, or adds the camera; the other cameras continue. */
function reconfigure(config: CameraSettings): void {
  const before = cameras.find(({ id }) => id === config.id);
  if (before === undefined) {
    add(config);
    return;
  }
  if (before.applyIfLight(config)) return;
  before.stop();
  before.forgetPictures();
  replace(before, config);
}

function add(config: CameraSettings): void {
  if (build === undefined) return;
  const camera = build(config);
  cameras.push(camera);
  start(camera);
}

function remove(id: string): void {
  const gone = cameras.find((camera) => camera.id === id);
  if (gone === undefined) return;
  gone.stop();
  gone.forgetPictures();
  cameras = cameras.filter((camera) => camera !== gone);
  if (rings !== undefined && 'path' in rings) rmSync(join(rings.path, id), { recursive: true, force: true });
}

/** Restarts the cameras that use `model`, with that model. */
function renew(model: string): void {
  out = out.filter((other) => other.model !== model);
  for (const camera of [...cameras])
    if (camera.config.detector === model) {
      camera.stop();
      replace(camera, camera.config);
    }
}

function replace(before: WatchedCamera, config: CameraSettings): void {
  if (build === undefined) return;
  const camera = build(config);
  cameras = cameras.map((other) => (other === before ? camera : other));
  start(camera);
}

function outOf({ detector }: CameraSettings): Ousted | undefined {
  return out.find(({ model }) => model === detector);
}

async function release(): Promise<void> {
  for (const camera of cameras) camera.stop();
  cameras = [];
  if (rings !== undefined && 'path' in rings) removeOwn(rings.path);
  rings = undefined;
  await pool?.stop();
  pool = undefined;
}

function end(status: number, why: string): void {
  logger.debug({ why }, 'vision process ends');
  // threads that hang in native code block `release`, and process.exit waits for them
  clock.after(endDeadlineMs, () => process.kill(process.pid, 'SIGKILL'));
  release().then(
    () => process.exit(status),
    (error: unknown) => {
      logger.error(error, 'vision did not stop cleanly');
      process.exit(status);
    },
  );
}

function heartbeat(): void {
  send({ kind: 'heartbeat', residentBytes: process.memoryUsage.rss() });
  for (const camera of cameras) camera.report();
  clock.after(heartbeatEveryMs, heartbeat);
}

process.on('message', (message: ToVision) => {
  if (message.kind === 'configure')
    configure(message).catch((error: unknown) => {
      logger.error(error, 'vision could not be configured');
      end(1, 'not configured');
    });
  else if (message.kind === 'reconfigure') reconfigure(message.camera);
  else if (message.kind === 'remove') remove(message.camera);
  else if (message.kind === 'renewed') renew(message.model);
  else if (message.kind === 'evidence') cameras.find(({ id }) => id === message.camera)?.ask(message);
  else if (message.kind === 'watch') cameras.find(({ id }) => id === message.camera)?.watch(message.seconds);
  else end(0, 'asked to');
});
const fatal = (error: unknown) => {
  if (endBrokenWork(error)) return;
  logger.fatal({ err: error }, 'an error that nobody handled');
  end(1, 'an error that nobody handled');
};
process.on('uncaughtException', fatal);
process.on('unhandledRejection', fatal);
process.on('disconnect', () => end(0, 'the gateway is gone'));
for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, () => end(0, signal));
logger.info({ pid: process.pid }, 'vision process ready');
heartbeat();
