/** The short version of `npm run faults`: a few runs with different faults, and proof that they catch a mistake. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { runningProcesses } from '../harness/process.ts';
import { mistakeEnv, mistakes } from './mistakes/mistakes.ts';
import { faultRun } from './run.ts';
import { scenarioCalled } from './scenarios/registry.ts';
import { FaultSetting } from './setting.ts';

let setting: FaultSetting | undefined;
const theSetting = async () => {
  setting ??= await FaultSetting.start();
  await setting.recover();
  return setting;
};
/** runs that have begun and are not yet good */
let open = 0;
beforeAll(async () => void (await theSetting()));
afterAll(async () => {
  await setting?.stop(open > 0);
  expect(runningProcesses()).toEqual([]);
});

const good = { lost: 0, duplicated: 0, unexplained: 0, problems: [] };
const loadMs = 1500;
/** with root's rights only */
const mayMount = process.getuid?.() === 0;

const runs = [
  { seed: 101, names: ['gateway-kill', 'link', 'device-restart', 'wild-times'] },
  { seed: 102, names: ['slow-fsync', 'gateway-kill', 'small-outbox', 'clock-jump'] },
  { seed: 103, names: ['kafka-kill', 'clock-jump'] },
  { seed: 104, names: ['centre-kill', ...(mayMount ? ['disk-full'] : ['link'])] },
];

test.each(runs)(
  'every acknowledged reading is in the history once after $names (seed $seed)',
  async ({ seed, names }) => {
    open++;
    const outcome = await faultRun(await theSetting(), {
      name: `run-${seed}`,
      seed,
      scenarios: names.map(scenarioCalled),
      loadMs,
    });
    expect(outcome, `logs: ${outcome.folder}`).toMatchObject(good);
    expect(outcome.acknowledged).toBeGreaterThan(30);
    open--;
  },
);

test('a run that cannot continue ends its processes, and its log has its seed and its steps', async () => {
  const here = await theSetting();
  const before = runningProcesses().length;
  const broken = { name: 'broken', weight: 0, disturb: () => Promise.reject(new Error('somebody tripped')) };
  const scenarios = [broken, scenarioCalled('gateway-kill')];
  await expect(faultRun(here, { name: 'broken', seed: 7, scenarios, loadMs: 100 })).rejects.toThrow('somebody tripped');
  expect(runningProcesses()).toHaveLength(before);
  const log = await readFile(join(here.folder, 'broken', 'run.log'), 'utf8');
  expect(log).toMatch(/^seed 7: broken, gateway-kill\n[\s\S]*the gateway is killed[\s\S]*somebody tripped/);
});

test('a gateway that acknowledges before the commit is caught', async () => {
  const name = 'acknowledge-before-commit';
  const outcome = await faultRun(await theSetting(), {
    name: 'mistaken',
    seed: 1,
    scenarios: mistakes[name].scenarios.map(scenarioCalled),
    loadMs,
    completeWithinMs: 3_000,
    gatewayEnv: mistakeEnv(name),
  });
  expect(outcome.lost).toBeGreaterThan(0);
});
