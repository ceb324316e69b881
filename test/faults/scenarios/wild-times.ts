/** A device that stamps its readings with times spread over 300 months. */
import type { Random } from '../simulation/random.ts';
import type { Scenario } from './scenario.ts';

const months = 300;
const firstYear = 2001;

export const wildTimes: Scenario = {
  name: 'wild-times',
  weight: 2,
  async prepare() {
    return { load: { time: someTime } };
  },
  async disturb({ load, count, loadMs }) {
    await new Promise((resolve) => setTimeout(resolve, loadMs));
    count('wild_times', load.devices[1]?.acknowledged.size ?? 0);
  },
};

function someTime(random: Random): string {
  return new Date(Date.UTC(firstYear, random.int(0, months - 1), random.int(1, 28), random.int(0, 23))).toISOString();
}
