/** kill -9 of the centre during ingest. */
import { type Scenario, sleep } from './scenario.ts';

export const centreKill: Scenario = {
  name: 'centre-kill',
  weight: 2,
  async disturb({ setting, random, loadMs, count, say }) {
    await sleep(random.int(50, loadMs));
    say('the centre is killed');
    await setting.centre.kill();
    count('kills_centre');
    await sleep(random.int(0, 500));
    await setting.centre.start();
  },
};
