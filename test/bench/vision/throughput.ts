/**
 * Frames a second of the whole pipeline (ffmpeg's decoding, gate, two detector workers with pre- and post-processing, tracker,
 * scene) against onnxruntime alone: two threads that run the same model on a ready tensor. Frames come on demand, so that
 * neither waits for a camera, and each frame has motion.
 */
import '../../../edge/vision/no-telemetry.ts';
import { spawn } from 'node:child_process';
import { Worker } from 'node:worker_threads';
import { systemClock } from '@forpost/shared/clock.ts';
import { silentLogger } from '@forpost/shared/logging.ts';
import { Analysis } from '../../../edge/vision/process/analysis.ts';
import { DetectorPool } from '../../../edge/vision/process/detectors/pool.ts';
import { findModel, type Model } from '../../../edge/vision/process/detectors/registry.ts';
import { NewestFrame } from '../../../edge/vision/process/newest-frame.ts';
import { LivePicture } from '../../../edge/vision/process/picture.ts';
import { movingFootage } from './footage.ts';

const workers = 2;
/** more cameras than workers, so that no worker waits for a camera's next frame */
const cameras = 3;
const warmUpMs = 2_000;

export interface Throughput {
  readonly bare: number;
  readonly withDecoding: number;
  readonly withoutDecoding: number;
}

/** Frames a second, each measured for `seconds`. */
export async function throughput(
  name: string,
  modelsFolder: string,
  clip: string,
  seconds: number,
): Promise<Throughput> {
  const model = await findModel(name, modelsFolder);
  const video = await movingFootage(clip);
  return {
    bare: await bare(model, seconds),
    withDecoding: await pipeline(model, seconds, (size) => decoded(video, size)),
    withoutDecoding: await pipeline(model, seconds, (size) => remembered(video, size)),
  };
}

async function bare(model: Model, seconds: number): Promise<number> {
  const workerData = { file: model.file, size: model.inputSize, warmUpMs, measuredMs: seconds * 1000 };
  const each = Array.from({ length: workers }, () => {
    const worker = new Worker(new URL('./bare-thread.ts', import.meta.url), { workerData });
    return new Promise<number>((resolve, reject) => worker.once('message', resolve).once('error', reject));
  });
  return (await Promise.all(each)).reduce((sum, runs) => sum + runs, 0) / seconds;
}

type Frames = AsyncIterable<Uint8Array> & { close(): void };

async function pipeline(model: Model, seconds: number, source: (size: number) => Frames): Promise<number> {
  const pool = new DetectorPool({
    threads: workers,
    clock: systemClock,
    random: Math.random,
    logger: silentLogger(),
    stuck: () => {},
  });
  pool.start();
  await pool.prepare(model);
  let analysed = 0;
  const sources = Array.from({ length: cameras }, () => source(model.inputSize));
  const running = sources.map((frames, i) => feed(`cam-${i}`, model, pool, frames, () => analysed++));
  await pause(warmUpMs);
  const before = analysed;
  const from = performance.now();
  await pause(seconds * 1000);
  const rate = (analysed - before) / ((performance.now() - from) / 1000);
  for (const frames of sources) frames.close();
  await Promise.all(running);
  await pool.stop();
  return rate;
}

/** Passes frames to a camera's analysis, the next one once the last is analysed or stopped by the gate. */
async function feed(
  camera: string,
  model: Model,
  pool: DetectorPool,
  source: Frames,
  counted: () => void,
): Promise<void> {
  let wake = () => {};
  const frames = new (class extends NewestFrame {
    override examined(): void {
      super.examined();
      wake();
    }
  })(camera, model.inputSize, systemClock);
  const analysis = new Analysis({
    camera,
    model,
    minScore: 0.5,
    thresholds: {},
    classes: [],
    staticClasses: [],
    zones: [],
    lines: [],
    motionMasks: [],
    frames,
    picture: new LivePicture(camera, '/nowhere', systemClock, silentLogger()),
    pool,
    clock: systemClock,
    scene: () => {},
    analysed: () => {
      counted();
      wake();
    },
    trouble: (text) => {
      if (text !== '') throw new Error(text);
    },
    unusable: (reason) => {
      throw new Error(reason);
    },
  });
  for await (const bytes of source) {
    if (frames.write(bytes) === 0) continue;
    frames.setPicture(model.inputSize, Math.round((model.inputSize * 9) / 16));
    const done = new Promise<void>((resolve) => {
      wake = resolve;
    });
    analysis.frame();
    await done;
    // a source in memory would never let the event loop receive the threads' answers
    await new Promise(setImmediate);
  }
  analysis.stop();
}

/** Decodes as the gateway does, but on demand; the file repeats. */
function decoded(video: string, size: number): Frames {
  const filters = [
    `scale=${size}:${size}:force_original_aspect_ratio=decrease`,
    'format=rgb24',
    `pad=${size}:${size}:0:0:color=0x727272`,
  ];
  const child = spawn(
    'ffmpeg',
    [
      ...['-nostdin', '-v', 'error', '-threads', '1', '-stream_loop', '-1', '-i', video, '-map', '0:v:0'],
      ...['-vf', filters.join(','), '-threads:v', '1', '-f', 'rawvideo', '-pix_fmt', 'rgb24', 'pipe:1'],
    ],
    { stdio: ['ignore', 'pipe', 'ignore'] },
  );
  async function* chunks() {
    try {
      for await (const chunk of child.stdout) yield chunk as Uint8Array;
    } catch {
      // it was closed
    }
  }
  return { [Symbol.asyncIterator]: chunks, close: () => child.kill('SIGKILL') };
}

const rememberedFrames = 40;

function remembered(video: string, size: number): Frames {
  let open = true;
  async function* frames() {
    const source = decoded(video, size);
    const whole = new Uint8Array(rememberedFrames * size * size * 3);
    let filled = 0;
    for await (const chunk of source) {
      whole.set(chunk.subarray(0, whole.length - filled), filled);
      filled += Math.min(chunk.length, whole.length - filled);
      if (filled === whole.length) break;
    }
    source.close();
    const bytes = size * size * 3;
    for (let i = 0; open; i = (i + 1) % rememberedFrames) yield whole.subarray(i * bytes, (i + 1) * bytes);
  }
  return {
    [Symbol.asyncIterator]: frames,
    close: () => {
      open = false;
    },
  };
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
