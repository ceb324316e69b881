/** The short version of `npm run faults -- --vision kill`; the goal of 3 s is for a machine that does nothing else. */
import { expect, onTestFinished, test } from 'vitest';
import { alertTimes, awayAfter, connected, siteWith, visionOf, watched } from './kill.ts';
import { simulatedCamera } from './rig.ts';

const generousS = 10;

test('a meter’s alerts go on while the vision process is killed, and a frame is soon analysed again', async () => {
  const camera = await simulatedCamera();
  onTestFinished(() => camera.stop());
  const site = await siteWith(camera);
  onTestFinished(() => site.stop());
  const { device, display } = await connected(site);
  await watched(site);
  const killed = visionOf(site);
  const away = awayAfter(site, 'the vision process');
  // each of them is waited for
  expect(await alertTimes(display, device, 40)).toHaveLength(40);
  expect((await away).seconds).toBeLessThan(generousS);
  expect(visionOf(site)).not.toBe(killed);
  await Promise.all([device.endAsync(true), display.endAsync(true)]);
});
