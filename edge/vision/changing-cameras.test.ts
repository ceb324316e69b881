/** Cameras that come, change and go while the vision process runs: it stays, and so do the other cameras. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '@forpost/shared/clock.ts';
import { silentLogger } from '@forpost/shared/logging.ts';
import { expect, onTestFinished, test } from 'vitest';
import type { CameraConfig } from '../site/site.ts';
import { VisionSupervisor } from './supervisor.ts';

/** nobody listens there */
const camera = (id: string, more: Partial<CameraConfig> = {}) =>
  ({ id, url: 'rtsp://127.0.0.1:1/stream', ...more }) as unknown as CameraConfig;

test('cameras come, change and go in one running process; the first one starts it, the last one ends it', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'forpost-cameras-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const vision = new VisionSupervisor({
    cameras: [],
    secrets: {},
    dataFolder: folder,
    logger: silentLogger(),
    clock: systemClock,
    random: Math.random,
    events: { scene: () => {}, tamper: () => {}, changed: () => {} },
  });
  onTestFinished(() => vision.stop());
  const states = () => vision.cameras().map(({ id, name, state }) => `${id} ${name} ${state}`);
  await vision.start();
  expect([vision.processId, states()]).toEqual([undefined, []]);

  vision.change([camera('yard')], {});
  await expect.poll(states, { timeout: 30_000 }).toEqual(['yard yard unreachable']);
  const { processId } = vision;
  vision.change([camera('yard', { name: 'Yard' }), camera('gate')], { gate: { user: 'a', password: 'b' } });
  // a name restarts nothing
  expect(states()).toEqual(['yard Yard unreachable', 'gate gate connecting']);
  await expect.poll(states, { timeout: 30_000 }).toEqual(['yard Yard unreachable', 'gate gate unreachable']);
  vision.change([camera('gate')], {});
  expect(states()[0]).toMatch('gate gate');
  expect(vision.view('yard')).toEqual({ live: false, tracks: [], tamper: undefined });
  expect(vision.processId).toBe(processId);

  vision.change([], {});
  await expect.poll(() => vision.processId, { timeout: 30_000 }).toBeUndefined();
  vision.change([camera('yard')], {});
  await expect.poll(() => vision.processId, { timeout: 30_000 }).toBeTypeOf('number');
}, 120_000);
