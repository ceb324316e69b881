/** All scenarios of fault runs, and their choice by a seed. */
import { Random } from '../simulation/random.ts';
import { bitFlip } from './bit-flip.ts';
import { centreKill } from './centre-kill.ts';
import { clockJump } from './clock-jump.ts';
import { deviceRestart } from './device-restart.ts';
import { diskFull } from './disk-full.ts';
import { gatewayKill } from './gateway-kill.ts';
import { kafkaKill } from './kafka-kill.ts';
import { link } from './link.ts';
import { partitionsAdded } from './partitions-added.ts';
import type { Scenario } from './scenario.ts';
import { slowFsync } from './slow-fsync.ts';
import { smallOutbox } from './small-outbox.ts';
import { wildTimes } from './wild-times.ts';

export const scenarios: readonly Scenario[] = [
  gatewayKill,
  kafkaKill,
  centreKill,
  link,
  deviceRestart,
  slowFsync,
  clockJump,
  wildTimes,
  diskFull,
  smallOutbox,
  partitionsAdded,
  bitFlip,
];

/** @throws Error for an unknown name */
export function scenarioCalled(name: string): Scenario {
  const found = scenarios.find((scenario) => scenario.name === name);
  if (found === undefined)
    throw new Error(`no scenario "${name}": there are ${scenarios.map((one) => one.name).join(', ')}`);
  return found;
}

/** most scenarios at a time */
const mostAtOnce = 4;

/** One to four different scenarios of `from`, by their weights. */
export function chooseScenarios(seed: number, from: readonly Scenario[] = scenarios): readonly Scenario[] {
  const random = new Random(seed);
  const left = from.filter(({ weight }) => weight > 0);
  const chosen: Scenario[] = [];
  for (let wanted = random.int(1, mostAtOnce); wanted > 0 && left.length > 0; wanted--) {
    const total = left.reduce((sum, { weight }) => sum + weight, 0);
    let at = random.next() * total;
    const index = left.findIndex(({ weight }) => {
      at -= weight;
      return at < 0;
    });
    chosen.push(...left.splice(index < 0 ? left.length - 1 : index, 1));
  }
  return chosen;
}
