/**
 * Faults of the network between the gateway and Kafka: cut (reset), held (half-open: the connection stays and carries nothing, in
 * one direction or both) or slow. Held bytes arrive late, or are lost with their connection.
 */
import type { Direction } from '../../harness/proxy.ts';
import { type Scenario, sleep } from './scenario.ts';

const holds: readonly (readonly Direction[])[] = [['answers'], ['requests'], ['requests', 'answers']];

export const link: Scenario = {
  name: 'link',
  weight: 6,
  async disturb({ setting: { link: proxy }, random, loadMs, count, say }) {
    const times = random.int(1, 3);
    for (let i = 0; i < times; i++) {
      await sleep(random.int(20, Math.ceil(loadMs / times / 2)));
      const lastsMs = random.int(50, Math.ceil(loadMs / times));
      const way = random.pick(['cut', 'hold', 'hold', 'delay'] as const);
      if (way === 'cut') proxy.cut();
      else if (way === 'delay') proxy.delay(random.int(20, 400));
      else proxy.hold(random.pick(holds));
      say(`the link: ${way} for ${lastsMs} ms`);
      count(`link_${way}`);
      await sleep(lastsMs);
      // a middle box that lost its table resets unknown connections, in the middle of the held bytes
      if (way === 'hold' && random.chance(0.6)) proxy.reset();
      proxy.heal();
    }
  },
};
