/**
 * `npm run faults -- --vision day [--runs HOURS]`: shows that memory does not grow. A day of frames of one camera goes through
 * gate, detector threads, tracker and scene as fast as the machine can; a fifth of the frames has something that moves. The
 * detector is a stub of YOLOX-nano's shapes in the real runtime.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '@forpost/shared/clock.ts';
import { silentLogger } from '@forpost/shared/logging.ts';
import { cocoClasses } from '../../../edge/vision/catalogue.ts';
import type { Frame } from '../../../edge/vision/process/detectors/detector.ts';
import { DetectorPool } from '../../../edge/vision/process/detectors/pool.ts';
import type { Model } from '../../../edge/vision/process/detectors/registry.ts';
import { createReport, type Report } from '../../../scripts/report.ts';
import { paint, stubYolox } from '../../contract/detector-fixtures.ts';
import { watch } from './watch.ts';

const framesPerSecond = 5;
const size = 416;
const pictureHeight = 234;
/** Something moves during the first seconds of each period. */
const periodSeconds = 60;
const movingSeconds = 12;
const mebibyte = 1024 ** 2;

export interface Day {
  /** resident bytes, sampled at equal distances */
  readonly resident: readonly number[];
  readonly frames: number;
  readonly analysed: number;
}

export async function dayReport(hours = 24): Promise<Report> {
  const report = createReport('vision-day');
  const { resident, frames, analysed } = await day(hours * 3600);
  const [first = Number.NaN] = resident;
  const last = resident.at(-1) ?? Number.NaN;
  return report
    .samples(frames)
    .metric('simulated_hours', hours)
    .metric('analysed_frames', analysed)
    .metric('resident_first_mb', first / mebibyte)
    .metric('resident_last_mb', last / mebibyte)
    .metric('resident_most_mb', Math.max(...resident) / mebibyte)
    .metric('resident_growth_pct', (last / first - 1) * 100)
    .goal('resident_growth_pct', '<=', 10);
}

/** Analyses `seconds` of frames, and samples the memory 24 times. */
export async function day(seconds: number): Promise<Day> {
  const folder = await mkdtemp(join(tmpdir(), 'forpost-day-'));
  const file = join(folder, 'stub.onnx');
  await writeFile(file, stubYolox(size, cocoClasses.length, [{ box: [200, 120, 40, 90], objectness: 0.9, class: 0 }]));
  const model: Model = {
    name: 'stub',
    kind: 'yolox',
    inputSize: size,
    classes: [...cocoClasses],
    measuredMs: 10,
    file,
  };
  const pool = new DetectorPool({
    threads: 2,
    clock: systemClock,
    random: Math.random,
    logger: silentLogger(),
    stuck: () => process.stderr.write('detector threads hang\n'),
  });
  pool.start();
  const resident: number[] = [];
  try {
    await pool.prepare(model);
    const sampled = () => resident.push(process.memoryUsage.rss());
    const watched = await watch(footage(seconds, sampled), { camera: 'yard', model, pool });
    return { resident, ...watched };
  } finally {
    await pool.stop();
    await rm(folder, { recursive: true });
  }
}

async function* footage(seconds: number, sample: () => void): AsyncGenerator<{ readonly frame: Frame }> {
  const still = paint(size, pictureHeight);
  const moving = Array.from({ length: 20 }, (_, i) => paint(size, pictureHeight, [[20 + i * 15, 80, 30, 90]]));
  const frames = seconds * framesPerSecond;
  const sampleEvery = Math.max(1, Math.floor(frames / samples));
  for (let i = 0; i < frames; i++) {
    const second = i / framesPerSecond;
    const picture = second % periodSeconds < movingSeconds ? (moving[i % moving.length] ?? still) : still;
    yield { frame: { ...picture, camera: 'yard', uptime: second * 1000 } };
    if (i > 0 && i % sampleEvery === 0) sample();
  }
}

const samples = 24;
