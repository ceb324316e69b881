/** The short version of `npm run faults -- --vision kill`. Its goal of 3 s applies to a machine that does nothing else. */
import { expect, onTestFinished, test } from 'vitest';
import { alertTimes, awayAfter, connected, siteWith, visionOf, watched } from './kill.ts';
import { simulatedCamera } from './rig.ts';

const generousS = 10;

test('while the vision process is killed, a meter’s alerts go on, and frames are soon analysed again', async () => {
  const camera = await simulatedCamera();
  onTestFinished(() => camera.stop());
  const site = await siteWith(camera);
  onTestFinished(() => site.stop());
  const { device, display } = await connected(site);
  await watched(site);
  const killed = visionOf(site);
  const away = awayAfter(site, 'the vision process');
  // `alertTimes` waits for each alert
  expect(await alertTimes(display, device, 40)).toHaveLength(40);
  expect((await away).seconds).toBeLessThan(generousS);
  expect(visionOf(site)).not.toBe(killed);
  await Promise.all([device.endAsync(true), display.endAsync(true)]);
});
