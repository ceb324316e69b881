/** A device loses its power while it publishes, and comes back with the content of its store. */
import { type Scenario, sleep } from './scenario.ts';

export const deviceRestart: Scenario = {
  name: 'device-restart',
  weight: 3,
  async disturb({ load, random, loadMs, count }) {
    const times = random.int(2, 4);
    for (let i = 0; i < times; i++) {
      await sleep(random.int(50, Math.ceil(loadMs / times)));
      await random.pick(load.devices).restart();
      count('restarts_device');
    }
  },
};
