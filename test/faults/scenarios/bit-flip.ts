/**
 * Flips one bit, or a few, of the outbox's database or log while the gateway is down, as an old memory card or a bad controller
 * does. Any place in the two files, headers included; the log's index stays or is removed.
 */
import { open, rm } from 'node:fs/promises';
import type { Random } from '../simulation/random.ts';
import { type Scenario, sleep } from './scenario.ts';

export const bitFlip: Scenario = {
  name: 'bit-flip',
  weight: 4,
  async disturb({ gateway, random, loadMs, count, say }) {
    const times = random.int(1, 2);
    for (let i = 0; i < times; i++) {
      await sleep(random.int(200, Math.ceil(loadMs / times)));
      count('kills_gateway');
      await gateway.killAndRestart(random.int(0, 200), [], async () => {
        const flipped = await flip(gateway.outboxFile + random.pick(['', '-wal', '-wal']), random);
        if (random.chance(0.5)) await rm(`${gateway.outboxFile}-shm`, { force: true });
        if (flipped === undefined) return;
        count('bits_flipped');
        say(`while the gateway is down a bit is flipped: ${flipped}`);
      });
    }
  },
};

/** The flipped place; undefined for a missing or empty file. */
async function flip(path: string, random: Random): Promise<string | undefined> {
  const file = await open(path, 'r+').catch(() => undefined);
  if (file === undefined) return undefined;
  try {
    const { size } = await file.stat();
    if (size === 0) return undefined;
    const at = random.int(0, size - 1);
    const bit = random.int(0, 7);
    const byte = Buffer.alloc(1);
    await file.read(byte, 0, 1, at);
    byte[0] = (byte[0] as number) ^ (1 << bit);
    await file.write(byte, 0, 1, at);
    return `${path}, byte ${at} of ${size}, bit ${bit}`;
  } finally {
    await file.close();
  }
}
