/**
 * The vision process with its supervisor and real RTSP cameras, as the gateway runs it, for fault runs. `stop` stops
 * everything.
 */
import { execFileSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '@forpost/shared/clock.ts';
import { asId } from '@forpost/shared/event/ids.ts';
import type { CameraStatus } from '@forpost/shared/event/status.ts';
import { createLogger } from '@forpost/shared/logging.ts';
import type { CameraConfig } from '../../../edge/site/site.ts';
import { type SceneMessage, VisionSupervisor } from '../../../edge/vision/supervisor.ts';
import { type CameraOptions, type SimulatedCamera, startCamera } from '../../../scripts/camera/camera.ts';
import { until } from '../../harness/process.ts';
import { cameraCache } from '../../harness/root.ts';

export const footageFolder = cameraCache;
export const login = { user: 'guard', password: 'of-the-faults' };

export function simulatedCamera(more: Partial<CameraOptions> = {}): Promise<SimulatedCamera> {
  return startCamera({ cache: footageFolder, ...login, ...more });
}

export interface VisionRigOptions {
  /** a folder with the installed models */
  readonly models?: string;
  readonly scene?: (scene: SceneMessage) => void;
}

export class VisionRig {
  readonly vision: VisionSupervisor;
  /** the installation's data folder */
  readonly folder: string;

  private constructor(vision: VisionSupervisor, folder: string) {
    this.vision = vision;
    this.folder = folder;
  }

  /** Cameras `cam-0`, `cam-1`, … with the log-in of `simulatedCamera`. */
  static async start(
    cameras: readonly (Partial<CameraConfig> & { readonly url: string })[],
    { models, scene = () => {} }: VisionRigOptions = {},
  ): Promise<VisionRig> {
    const folder = await mkdtemp(join(tmpdir(), 'forpost-vision-faults-'));
    if (models !== undefined) await cp(models, join(folder, 'models'), { recursive: true });
    const named = cameras.map((camera, i) => ({ ...camera, id: asId<'device'>(`cam-${i}`) }));
    const vision = new VisionSupervisor({
      cameras: named,
      secrets: Object.fromEntries(named.map(({ id }) => [id, login])),
      dataFolder: folder,
      events: { scene, tamper: () => {}, changed: () => {} },
      logger: createLogger('vision', 'error'),
      clock: systemClock,
      random: Math.random,
    });
    await vision.start();
    return new VisionRig(vision, folder);
  }

  async stop(): Promise<void> {
    await this.vision.stop();
    await rm(this.folder, { recursive: true, force: true });
  }

  status(index = 0): CameraStatus {
    const status = this.vision.cameras()[index];
    if (status === undefined) throw new RangeError(`no camera ${index}`);
    return status;
  }

  /** Waits until camera `index` is in that state. @returns how long that took, ms */
  async reaches(state: CameraStatus['state'] | 'not live', index = 0, withinMs = 30_000): Promise<number> {
    const from = performance.now();
    await until(
      `camera ${index} is ${state}`,
      () => (state === 'not live' ? this.status(index).state !== 'live' : this.status(index).state === state),
      withinMs,
    );
    return performance.now() - from;
  }

  allLive(withinMs = 60_000): Promise<unknown> {
    return until('all cameras are live', () => this.vision.cameras().every(({ state }) => state === 'live'), withinMs);
  }

  get pid(): number {
    const { processId } = this.vision;
    if (processId === undefined) throw new Error('there is no vision process');
    return processId;
  }

  /** open descriptors of the vision process */
  descriptors(): number {
    return readdirSync(`/proc/${this.pid}/fd`).length;
  }

  /** living processes of its group: the vision process and its ffmpegs */
  processes(): { readonly pid: number; readonly args: string }[] {
    return groupOf(this.pid);
  }
}

export function groupOf(group: number): { readonly pid: number; readonly args: string }[] {
  const all = execFileSync('ps', ['-eo', 'pid=,pgid=,stat=,args='], { encoding: 'utf8' }).split('\n');
  return all.flatMap((line) => {
    const [, pid, of, state, args] = /^\s*(\d+)\s+(\d+)\s+(\S+)\s+(.*)$/.exec(line) ?? [];
    return Number(of) === group && !state?.startsWith('Z') ? [{ pid: Number(pid), args: args ?? '' }] : [];
  });
}
