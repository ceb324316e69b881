/** A restore that is killed at each of its steps, in a process of its own. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { judge } from '../config/judge.ts';
import { type RestoreStep, restore } from './restore.ts';
import { backUp, makeGateway, passphrase } from './testing/gateway-folder.ts';

let base: string;
let file: string;
beforeAll(async () => {
  base = mkdtempSync(join(tmpdir(), 'forpost-killed-restore-'));
  file = join(base, 'gw-1.tar.age');
  await makeGateway(join(base, 'old'));
  await backUp(join(base, 'old'), file);
});
afterAll(() => rmSync(base, { recursive: true }));

const steps: readonly RestoreStep[] = ['checked', 'opened', 'filled', 'data renamed', 'done'];

test.each(steps)(
  'killed when it says «%s», a restore leaves nothing or a whole gateway, and can be run again',
  async (step) => {
    const home = join(base, step.replace(' ', '-'));
    const [folder, data] = [join(home, 'config'), join(home, 'data')];
    const script = join(import.meta.dirname, 'testing/killed-restore.ts');
    const ran = spawnSync(process.execPath, [script, file, folder, passphrase, step, data], { encoding: 'utf8' });
    expect([ran.signal, ran.stderr]).toEqual(['SIGKILL', '']);
    const isDone = step === 'done';
    expect(existsSync(folder)).toBe(isDone);
    if (!isDone) await restore({ file, passphrase, folder, data, now: 1_780_000_200_000 });
    expect((await judge(join(folder, 'gateway.yaml'))).problems).toEqual([]);
    expect(existsSync(join(data, 'outbox.db'))).toBe(true);
    expect(readdirSync(home).sort()).toEqual(['config', 'data']);
  },
);
