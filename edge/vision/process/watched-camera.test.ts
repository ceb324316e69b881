import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '@forpost/shared/clock.ts';
import { asId } from '@forpost/shared/event/ids.ts';
import { silentLogger } from '@forpost/shared/logging.ts';
import { expect, onTestFinished, test } from 'vitest';
import { until } from '../../../test/harness/process.ts';
import { DetectorPool } from './detectors/pool.ts';
import { type CameraSettings, WatchedCamera } from './watched-camera.ts';

async function start(config: CameraSettings): Promise<WatchedCamera> {
  const folder = await mkdtemp(join(tmpdir(), 'forpost-watched-'));
  const about = { clock: systemClock, random: Math.random, logger: silentLogger() };
  const pool = new DetectorPool({ threads: 1, stuck: () => {}, ...about });
  pool.start();
  const folders = { liveFolder: folder, modelsFolder: folder, evidenceFolder: folder };
  const camera = new WatchedCamera({
    config,
    ...folders,
    ring: undefined,
    out: undefined,
    pool,
    ...about,
    send: () => {},
  });
  camera.start();
  onTestFinished(async () => {
    camera.stop();
    await pool.stop();
    await rm(folder, { recursive: true });
  });
  return camera;
}

const zone = (id: string): NonNullable<CameraSettings['zones']>[number] => ({
  id,
  points: [
    [0, 0],
    [1, 0],
    [1, 1],
  ],
});

test('a camera that restarts keeps the configuration that it got while running', async () => {
  const config: CameraSettings = { id: asId<'device'>('yard'), url: 'file:///nowhere.mp4', zones: [zone('old')] };
  const camera = await start(config);
  const drawn: CameraSettings = { ...config, zones: [zone('new')], motion_masks: [zone('tree')] };
  await until('it applyIfLight what was drawn', () => camera.applyIfLight(drawn));
  expect(camera.config).toEqual(drawn);
  const masked: CameraSettings = { ...drawn, masks: [zone('window')] };
  expect([camera.applyIfLight(masked), camera.config]).toEqual([false, drawn]);
});
