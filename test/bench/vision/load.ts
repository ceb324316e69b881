/** The cost of cameras: processor time and memory of an idle scene, and the number of cameras that a machine holds. */
import { readFile } from 'node:fs/promises';
import type { SimulatedCamera } from '../../../scripts/camera/camera.ts';
import { simulatedCamera, VisionRig, type VisionRigOptions } from '../../faults/vision/rig.ts';
import { say } from '../options.ts';
import { residentMb } from '../resident.ts';
import { busyFootage, idleFootage } from './footage.ts';

/** 100 a second on every Linux that Node runs on (USER_HZ) */
const ticksPerSecond = 100;
const settleMs = 8_000;
const framesPerSecond = 5;
/** least share of analysed frames, and largest share of skipped ones */
const heldRate = 0.95;
const heldSkipped = 0.01;
const mostCameras = 64;

export interface IdleCost {
  readonly cameras: number;
  /** of a core, for each camera */
  readonly visionPercent: number;
  readonly ffmpegPercent: number;
  /** all processes together; shared memory (ffmpeg's libraries) counts in each */
  readonly residentMb: number;
  /** all processes together; shared memory counts once (proportional set size): the memory that the machine needs */
  readonly sharedOnceMb: number;
}

export async function idleCosts(counts: readonly number[], seconds: number): Promise<IdleCost[]> {
  const server = await simulatedCamera({ video: await idleFootage() });
  try {
    const costs: IdleCost[] = [];
    for (const count of counts) costs.push(await idleCost(server, count, seconds));
    return costs;
  } finally {
    await server.stop();
  }
}

async function idleCost(server: SimulatedCamera, cameras: number, seconds: number): Promise<IdleCost> {
  const rig = await VisionRig.start(copies(server.url, cameras));
  try {
    await rig.allLive();
    await pause(settleMs);
    const pids = rig.processes().map(({ pid }) => pid);
    const before = await Promise.all(pids.map(cpuSeconds));
    const from = performance.now();
    await pause(seconds * 1000);
    const elapsed = (performance.now() - from) / 1000;
    const after = await Promise.all(pids.map(cpuSeconds));
    const percent = (wanted: (pid: number) => boolean) =>
      (pids.reduce((sum, pid, i) => sum + (wanted(pid) ? (after[i] ?? 0) - (before[i] ?? 0) : 0), 0) /
        elapsed /
        cameras) *
      100;
    const resident = await Promise.all(pids.map(residentMb));
    const shared = await Promise.all(pids.map(proportionalMb));
    const cost = {
      cameras,
      visionPercent: percent((pid) => pid === rig.pid),
      ffmpegPercent: percent((pid) => pid !== rig.pid),
      residentMb: resident.reduce((sum, mb) => sum + mb, 0),
      sharedOnceMb: shared.reduce((sum, mb) => sum + mb, 0),
    };
    say(
      `${cameras} idle: ${cost.visionPercent.toFixed(1)} % of a core each, ffmpeg ${cost.ffmpegPercent.toFixed(1)} %`,
    );
    return cost;
  } finally {
    await rig.stop();
  }
}

/** The most cameras that this machine holds at 5 frames a second with a fifth of the frames in motion. */
export async function heldCameras(seconds: number, options: VisionRigOptions, detector: string): Promise<number> {
  const server = await simulatedCamera({ video: await busyFootage() });
  try {
    let held = 0;
    for (let step = 8; step >= 2 && held + step <= mostCameras; ) {
      if (await holds(server, held + step, seconds, options, detector)) held += step;
      else step /= 2;
    }
    return held;
  } finally {
    await server.stop();
  }
}

async function holds(
  server: SimulatedCamera,
  cameras: number,
  seconds: number,
  options: VisionRigOptions,
  detector: string,
): Promise<boolean> {
  const rig = await VisionRig.start(copies(server.url, cameras, detector), options);
  try {
    await rig.allLive(30_000);
    // the rate covers the last 10 s, and cameras start one after another
    await pause(10_000);
    const skipped = () => rig.vision.cameras().reduce((sum, { framesSkipped = 0 }) => sum + framesSkipped, 0);
    const before = skipped();
    await pause(Math.max(10, seconds) * 1000);
    const lost = (skipped() - before) / (cameras * framesPerSecond * Math.max(10, seconds));
    const slowest = Math.min(...rig.vision.cameras().map((camera) => camera.framesPerSecond));
    say(`${cameras} cameras: ${slowest} frames/s in the slowest, ${(lost * 100).toFixed(1)} % of frames skipped`);
    return slowest >= heldRate * framesPerSecond && lost <= heldSkipped;
  } catch (error) {
    say(`${cameras} cameras: ${error instanceof Error ? error.message : error}`);
    return false;
  } finally {
    await rig.stop();
  }
}

function copies(url: string, count: number, detector = 'motion') {
  return Array.from({ length: count }, () => ({ url, fps: framesPerSecond, detector }));
}

/** user and system time; 0 when the process is gone */
async function cpuSeconds(pid: number): Promise<number> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  // after the command, which may contain spaces: state is the first field, utime the 12th
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11] ?? 0) + Number(fields[12] ?? 0)) / ticksPerSecond;
}

/** MB (10^6 bytes); NaN on a system without this figure */
async function proportionalMb(pid: number): Promise<number> {
  const rollup = await readFile(`/proc/${pid}/smaps_rollup`, 'utf8').catch(() => '');
  const kib = /^Pss:\s+(\d+) kB$/m.exec(rollup)?.[1];
  return kib === undefined ? Number.NaN : (Number(kib) * 1024) / 1e6;
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
