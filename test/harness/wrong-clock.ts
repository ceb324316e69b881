/** A system clock that is wrong by an offset of the test, and a time service that reports what the test wants. */
import { chmod, mkdtemp, open, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { root } from './root.ts';
import { compileShim } from './shim.ts';

/**
 * Makes a clock that the end of the test removes. `env`: environment of the process that has this clock.
 * @throws where no shim can be compiled
 */
export async function wrongClock() {
  const shim = await compileShim(join(root, 'test/faults/scenarios/clock-jump.c'));
  const folder = await mkdtemp(join(tmpdir(), 'forpost-clock-'));
  onTestFinished(async () => {
    await shim.remove();
    await rm(folder, { recursive: true, force: true });
  });
  const file = join(folder, 'offset');
  await writeFile(file, new Uint8Array(8));
  const chronyc = join(folder, 'chronyc');
  const service = async (leap: string) => {
    await writeFile(`${chronyc}.new`, `#!/bin/sh\necho "Leap status     : ${leap}"\n`);
    await chmod(`${chronyc}.new`, 0o755);
    await rename(`${chronyc}.new`, chronyc);
  };
  await service('Not synchronised');
  const setOff = async (ms: number) => {
    const bytes = Buffer.alloc(8);
    bytes.writeBigInt64LE(BigInt(Math.round(ms)));
    const handle = await open(file, 'r+');
    await handle.write(bytes, 0, 8, 0);
    await handle.close();
  };
  return {
    env: { LD_PRELOAD: shim.file, CLOCK_OFFSET_FILE: file, PATH: `${folder}:${process.env.PATH}` },
    /** Sets the offset, ms; positive: the clock is ahead. */
    setOff,
    setYear: (year: number) => setOff(Date.UTC(year, 0, 1) - Date.now()),
    /** Sets what the time service reports from now on: in sync, or not. */
    vouch: (isRight: boolean) => service(isRight ? 'Normal' : 'Not synchronised'),
  };
}
