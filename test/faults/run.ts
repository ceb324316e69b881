/**
 * One fault run: a gateway of its own, devices that publish, several faults at once chosen by a seed, and then the check whether
 * the history is complete.
 *
 *   gateway up ──► load and disturbances ──► faults end ──► every publish acknowledged ──► history complete
 *
 * Always: the seed decides which faults happen (the machine decides the exact moment); the gateway's process has ended when
 * `faultRun` returns or throws.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { messageOf } from '@forpost/shared/errors.ts';
import { Releasers } from '@forpost/shared/lifecycle.ts';
import type { LedgerView } from '../../cloud/ledger/schemas.ts';
import type { TestCentre } from '../harness/centre.ts';
import { until } from '../harness/process.ts';
import { GatewayUnderTest } from './gateway-under-test.ts';
import { Load } from './load/load.ts';
import { OutboxWatch } from './outbox-watch.ts';
import type { Disturbance, Scenario, Surroundings } from './scenarios/scenario.ts';
import { sleep } from './scenarios/scenario.ts';
import type { FaultSetting } from './setting.ts';
import { Random } from './simulation/random.ts';
import { type Verdict, verify } from './verify.ts';

export interface RunOptions {
  /** the gateway's id, unique within the setting */
  readonly name: string;
  readonly seed: number;
  readonly scenarios: readonly Scenario[];
  /** default 2500 */
  readonly loadMs?: number | undefined;
  /** longest time until the history is complete; default 90 s */
  readonly completeWithinMs?: number | undefined;
  /** environment of the gateway's process, for known mistakes */
  readonly gatewayEnv?: NodeJS.ProcessEnv | undefined;
}

export interface RunOutcome extends Verdict {
  readonly seed: number;
  readonly scenarios: readonly string[];
  readonly folder: string;
  /** number of faults, by name */
  readonly done: Readonly<Record<string, number>>;
  /** ms from the end of the faults and the last acknowledgement until history and ledger were complete */
  readonly completeMs: number;
  /** the longest pause of a lane after one of three brokers had died, ms */
  readonly longestStallMs?: number;
  readonly seconds: number;
}

const defaultLoadMs = 2500;
export const defaultCompleteWithinMs = 90_000;
const askEveryMs = 150;

export function isGood({ lost, duplicated, unexplained, problems }: Verdict): boolean {
  return lost === 0 && duplicated === 0 && unexplained === 0 && problems.length === 0;
}

/** @throws Error when the run cannot continue; faults of the history are in the outcome */
export async function faultRun(setting: FaultSetting, options: RunOptions): Promise<RunOutcome> {
  const { name, seed, scenarios, loadMs = defaultLoadMs } = options;
  const begun = performance.now();
  const folder = join(setting.folder, name);
  await mkdir(folder, { recursive: true });
  const done: Record<string, number> = {};
  const notes: string[] = [`seed ${seed}: ${scenarios.map((one) => one.name).join(', ')}`];
  const say = (what: string) => notes.push(`${Math.round(performance.now() - begun)} ms: ${what}`);
  const releasers = new Releasers();
  try {
    const around = await surroundings(scenarios, folder, seed, (undo) => releasers.add('surroundings', undo));
    const gateway = await GatewayUnderTest.start({
      id: name,
      folder,
      brokers: setting.brokersForGateways,
      data: around.data,
      env: { ...around.env, ...options.gatewayEnv },
      extra: around.extra,
    });
    releasers.add('gateway', () => gateway.stop());
    const watch = new OutboxWatch(gateway.outboxFile);
    releasers.add('watch', () => watch.stop());
    const load = new Load({ mqttPort: gateway.mqttPort, seed, ...around.load });
    releasers.add('load', () => load.close());
    await load.start();
    say('the devices publish');

    const disturbance = (index: number): Disturbance => ({
      setting,
      gateway,
      load,
      folder,
      loadMs,
      random: new Random(seed * 101 + index),
      count: (what, times = 1) => {
        done[what] = (done[what] ?? 0) + times;
      },
      say,
    });
    // wait for all, also when one fails: what they start must be stopped
    const ends = await Promise.allSettled([
      sleep(loadMs),
      ...scenarios.map((one, index) => one.disturb?.(disturbance(index))),
    ]);
    for (const end of ends) if (end.status === 'rejected') throw end.reason;
    say('all is well again');
    await load.finish();
    say('every publish is acknowledged');
    const from = performance.now();
    const withinMs = options.completeWithinMs ?? defaultCompleteWithinMs;
    const verdict = await completed(setting.centre, gateway, load, watch, withinMs);
    const completeMs = performance.now() - from;
    say(isGood(verdict) ? 'the history is complete' : `the history is not complete: ${verdict.problems.join('; ')}`);
    const problems = [...verdict.problems];
    for (const [index, one] of scenarios.entries()) {
      try {
        await one.check?.(disturbance(index));
      } catch (error) {
        problems.push(`${one.name}: ${messageOf(error)}`);
      }
    }
    if (!gateway.running) problems.push('the gateway ended by itself');
    return {
      ...verdict,
      problems,
      seed,
      scenarios: scenarios.map((one) => one.name),
      folder,
      done,
      completeMs,
      seconds: (performance.now() - begun) / 1000,
    };
  } catch (error) {
    say(`it cannot go on: ${messageOf(error)}`);
    throw error;
  } finally {
    await releasers.releaseAll((what, problem) => say(`${what}: ${problem}`));
    await writeFile(join(folder, 'run.log'), `${notes.join('\n')}\n`);
  }
}

/** Repeats the check until it passes or the time is over. */
export async function completed(
  centre: TestCentre,
  gateway: GatewayUnderTest,
  { devices }: Load,
  { keys: seen }: OutboxWatch,
  withinMs: number,
): Promise<Verdict> {
  const { id, outboxFile } = gateway;
  const look = () => verify({ api: centre, gateway: id, devices, outboxFile, seen });
  try {
    return await until(
      'the history is complete',
      async () => {
        const ledger = await centre.api<LedgerView>(`/api/v1/gateways/${gateway.id}/ledger`);
        const verdict = ledger.waiting + ledger.missing === 0 ? await look() : undefined;
        if (verdict !== undefined && isGood(verdict)) return verdict;
        await sleep(askEveryMs);
        return undefined;
      },
      withinMs,
    );
  } catch {
    // the last check shows the final state
    return look();
  }
}

async function surroundings(
  scenarios: readonly Scenario[],
  folder: string,
  seed: number,
  later: (undo: () => Promise<void>) => void,
): Promise<Surroundings> {
  const all: Surroundings[] = [];
  for (const [index, { prepare }] of scenarios.entries())
    if (prepare !== undefined) all.push(await prepare({ folder, random: new Random(seed * 103 + index), later }));
  const preload = all.flatMap(({ env }) => env?.LD_PRELOAD ?? []).join(':');
  const joined = Object.assign({}, ...all) as Surroundings;
  return {
    ...joined,
    env: { ...Object.assign({}, ...all.map(({ env }) => env)), ...(preload === '' ? {} : { LD_PRELOAD: preload }) },
    load: Object.assign({}, ...all.map(({ load }) => load)),
  };
}
