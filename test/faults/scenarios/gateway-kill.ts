/** kill -9 of the gateway at random moments, sometimes again while it starts. */
import { type Scenario, sleep } from './scenario.ts';

export const gatewayKill: Scenario = {
  name: 'gateway-kill',
  weight: 8,
  async disturb({ gateway, random, loadMs, count, say }) {
    const kills = random.int(1, 2);
    for (let i = 0; i < kills; i++) {
      await sleep(random.int(50, Math.ceil(loadMs / kills)));
      const whileStarting = random.chance(0.25) ? [random.int(50, 900)] : [];
      say(
        `the gateway is killed${whileStarting.length > 0 ? `, and again ${whileStarting[0]} ms after its start` : ''}`,
      );
      count('kills_gateway', await gateway.killAndRestart(random.int(0, 400), whileStarting));
    }
  },
};
