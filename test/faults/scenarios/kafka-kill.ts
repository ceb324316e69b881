/** kill -9 of the only broker; a while later it starts again with its disk's content. */
import { type Scenario, sleep } from './scenario.ts';

export const kafkaKill: Scenario = {
  name: 'kafka-kill',
  weight: 2,
  async disturb({ setting, random, loadMs, count, say }) {
    await sleep(random.int(50, Math.ceil(loadMs / 2)));
    say('Kafka is killed');
    await setting.kafka.kill();
    count('kills_kafka');
    await sleep(random.int(0, 1500));
    await setting.kafka.start();
    say('Kafka is back');
  },
};
