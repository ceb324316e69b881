/** Sets the gateway's system clock back and forth, by seconds or by decades (clock-jump.c). */
import { open, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { root } from '../../harness/process.ts';
import { compileShim } from '../../harness/shim.ts';
import { type Scenario, sleep } from './scenario.ts';

const source = join(root, 'test/faults/scenarios/clock-jump.c');
const offsetBytes = 8;
const dayMs = 86_400_000;
const fileIn = (folder: string) => join(folder, 'clock-offset');

export const clockJump: Scenario = {
  name: 'clock-jump',
  weight: 3,
  async prepare({ folder, later }) {
    const shim = await compileShim(source);
    later(shim.remove);
    await writeFile(fileIn(folder), new Uint8Array(offsetBytes));
    return { env: { LD_PRELOAD: shim.file, CLOCK_OFFSET_FILE: fileIn(folder) } };
  },
  async disturb({ folder, random, loadMs, count, say }) {
    const times = random.int(1, 4);
    for (let i = 0; i < times; i++) {
      await sleep(random.int(20, Math.ceil(loadMs / times)));
      const toMs = random.pick([
        () => random.int(-10_000, 10_000),
        () => random.int(-400, 400) * dayMs,
        // shortly after 1970, as on a box without a battery
        () => random.int(1, 60_000) - Date.now(),
        () => random.int(1, 73) * 365 * dayMs,
        () => 0,
      ])();
      await setOffset(fileIn(folder), toMs);
      say(`the gateway's clock is off by ${toMs} ms`);
      count('clock_jumps');
    }
  },
};

/** Writes in place, because the processes have the file mapped. */
async function setOffset(file: string, ms: number): Promise<void> {
  const bytes = Buffer.alloc(offsetBytes);
  bytes.writeBigInt64LE(BigInt(ms));
  const handle = await open(file, 'r+');
  await handle.write(bytes, 0, offsetBytes, 0);
  await handle.close();
}
