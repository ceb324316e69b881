import { createHash } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '@forpost/shared/clock.ts';
import { silentLogger } from '@forpost/shared/logging.ts';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { EvidenceDepot } from './depot.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'forpost-depot-'));
});
afterEach(() => rm(folder, { recursive: true }));

async function started(): Promise<EvidenceDepot> {
  const depot = new EvidenceDepot({ folder, clock: systemClock, logger: silentLogger() });
  await depot.start();
  return depot;
}

const content = Buffer.from('what a camera saw');
const clip = {
  gateway: 'gw-1',
  evidence: '00000000000000aa',
  sha256: createHash('sha256').update(content).digest('hex'),
  size: content.length,
  media: 'video/mp4',
  by: 'anna',
} as const;

test('a clip of two alarms is stored once and found by both, also after a restart', async () => {
  const depot = await started();
  await depot.request({ ...clip, alarm: 'zone/yard/-/1' });
  await depot.receivePart('gw-1', clip.sha256, 0, content.length, content);
  expect(depot.list('gw-1', 'line/yard/-/1')).toEqual([]);
  const asked = await depot.request({ ...clip, alarm: 'line/yard/-/1', by: 'ben' });
  expect(asked).toMatchObject({ alarm: 'zone/yard/-/1', by: 'anna', arrived: expect.any(String) });
  await depot.request({ ...clip, alarm: 'line/yard/-/1' });
  await depot.stop();
  const again = await started();
  for (const alarm of ['zone/yard/-/1', 'line/yard/-/1'])
    expect(again.list('gw-1', alarm)).toMatchObject([{ sha256: clip.sha256, received: content.length }]);
  expect(again.list('gw-1')).toHaveLength(1);
  expect(again.list('gw-1')[0]?.others).toEqual(['line/yard/-/1']);
});
