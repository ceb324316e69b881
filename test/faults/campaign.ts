/**
 * Many fault runs, one after the other or several side by side, on settings that are reused while the runs are good, with
 * their sums in one report.
 *
 * Always: a bad run prints its seed, the command to repeat it and the place of its logs, and no other run follows on its
 * setting; the processes that it started have ended.
 */
import { rm } from 'node:fs/promises';
import { messageOf } from '@forpost/shared/errors.ts';
import { createReport, percentile, type Report } from '../../scripts/report.ts';
import { runningProcesses } from '../harness/process.ts';
import { type MistakeName, mistakeEnv, mistakes } from './mistakes/mistakes.ts';
import { faultRun, isGood, type RunOutcome } from './run.ts';
import { chooseScenarios, scenarioCalled } from './scenarios/registry.ts';
import type { Scenario } from './scenarios/scenario.ts';
import { FaultSetting } from './setting.ts';
import { threeBrokers } from './three-brokers.ts';

export interface CampaignOptions {
  readonly runs: number;
  readonly firstSeed: number;
  /** names of scenarios; empty: chosen by the seed */
  readonly scenarios: readonly string[];
  /** keeps the folders of good runs too */
  readonly keep: boolean;
  /** number of runs side by side */
  readonly jobs: number;
}

/** one of this many runs uses three brokers, because it takes as long as ten others */
const threeBrokersEvery = 40;
/** most settings of bad runs that are kept, because disk space is limited */
const mostKept = 5;

/** @returns the exit status: 1 when a goal is missed */
export async function campaign(options: CampaignOptions): Promise<0 | 1> {
  const report = createReport('faults');
  const wanted = options.scenarios.filter((name) => name !== threeBrokers.name).map(scenarioCalled);
  const onlyThree = options.scenarios.length > 0 && wanted.length === 0;
  const { runs, firstSeed } = options;
  const plan = Array.from({ length: runs }, (_, index): PlannedRun => {
    const seed = firstSeed + index;
    const three = onlyThree || (options.scenarios.length === 0 && (index + 1) % threeBrokersEvery === 0);
    return { run: index + 1, seed, three, scenarios: three ? [] : wanted.length > 0 ? wanted : chooseScenarios(seed) };
  });
  const total: Sum = { outcomes: [], failed: 0 };
  await Promise.all(Array.from({ length: Math.min(options.jobs, runs) }, () => playAll(plan, options, total)));
  return summary(report, runs, total.failed, total.outcomes).print();
}

interface PlannedRun {
  readonly run: number;
  readonly seed: number;
  readonly three: boolean;
  readonly scenarios: readonly Scenario[];
}

interface Sum {
  readonly outcomes: RunOutcome[];
  failed: number;
}

/** Takes runs from the plan until it is empty, on a setting of its own. */
async function playAll(plan: PlannedRun[], { runs, keep }: CampaignOptions, total: Sum): Promise<void> {
  let setting: FaultSetting | undefined;
  for (let planned = plan.shift(); planned !== undefined; planned = plan.shift()) {
    const { run, seed, three, scenarios } = planned;
    let problem: string | undefined;
    try {
      let outcome: RunOutcome;
      if (three) outcome = await threeBrokers.run({ seed, keep });
      else {
        setting ??= await FaultSetting.start();
        await setting.recover();
        outcome = await faultRun(setting, { name: `run-${run}`, seed, scenarios });
      }
      total.outcomes.push(outcome);
      if (!isGood(outcome)) problem = outcome.problems.join('; ');
      else if (!keep) await rm(outcome.folder, { recursive: true, force: true });
      say(lineOf(run, runs, outcome));
    } catch (error) {
      problem = messageOf(error);
    }
    if (problem === undefined) continue;
    total.failed++;
    const names = three ? [threeBrokers.name] : scenarios.map(({ name }) => name);
    say(`run ${run} FAILED: ${problem}`);
    say(`  again: npm run faults -- --runs 1 --seed ${seed} --scenario ${names.join(',')}`);
    if (setting !== undefined) say(`  logs: ${setting.folder}/run-${run} and ${setting.folder}`);
    await setting?.stop(total.failed <= mostKept);
    setting = undefined;
  }
  await setting?.stop(keep);
}

/** the best hidden mistake shows in about one of three seeds */
const seedsForMistake = 10;
const mistakeShowsWithinMs = 4_000;

/**
 * Puts each of these mistakes into the gateway, and checks that the runs find it.
 * @returns the exit status: 1 when a mistake is not found
 */
export async function findMistakes(names: readonly MistakeName[], firstSeed: number): Promise<0 | 1> {
  const report = createReport('faults-known-mistakes').samples(names.length);
  let found = 0;
  const setting = await FaultSetting.start();
  try {
    for (const name of names) {
      const seed = await seedThatShows(setting, name, firstSeed);
      if (seed !== undefined) found++;
      say(`${name}: ${seed === undefined ? 'NOT FOUND' : `found with seed ${seed}`}`);
    }
  } finally {
    await setting.stop();
  }
  return report.metric('known_mistakes_found', found).goal('known_mistakes_found', '>=', names.length).print();
}

async function seedThatShows(setting: FaultSetting, name: MistakeName, first: number): Promise<number | undefined> {
  const { scenarios, shows } = mistakes[name];
  for (let seed = first; seed < first + seedsForMistake; seed++) {
    await setting.recover();
    const outcome = await faultRun(setting, {
      name: `${name}-${seed}`,
      seed,
      scenarios: scenarios.map(scenarioCalled),
      completeWithinMs: mistakeShowsWithinMs,
      gatewayEnv: mistakeEnv(name),
    });
    say(`${name}, seed ${seed}: ${outcome.lost} lost, ${outcome.duplicated} duplicated`);
    if (outcome[shows] > 0) return seed;
  }
  return undefined;
}

function lineOf(run: number, runs: number, outcome: RunOutcome): string {
  const { seed, scenarios, done, acknowledged, completeMs, seconds } = outcome;
  const did = Object.entries(done).map(([what, times]) => `${what} ${times}`);
  return (
    `run ${run}/${runs}, seed ${seed} (${scenarios.join(', ')}): ${isGood(outcome) ? 'good' : 'NOT GOOD'}, ` +
    `${acknowledged} acknowledged, ${did.join(', ')}, complete after ${Math.round(completeMs)} ms, ${seconds.toFixed(1)} s`
  );
}

const sums: Readonly<Record<string, (outcome: RunOutcome) => number>> = {
  acknowledged: (o) => o.acknowledged,
  acknowledged_plain_qos1: (o) => o.acknowledgedPlain,
  acknowledged_qos2: (o) => o.acknowledgedQosTwo,
  events_stored: (o) => o.stored,
  alerts_stored: (o) => o.alertsStored,
  lost: (o) => o.lost,
  duplicated: (o) => o.duplicated,
  unexplained: (o) => o.unexplained,
  gaps_explained: (o) => o.gapsExplained,
  shed_unseen: (o) => o.shedUnseen,
  repeats_of_plain_qos1: (o) => o.repeatsOfPlain,
  repeats_of_qos2: (o) => o.repeatsOfQosTwo,
  sessions_lost: (o) => o.sessionsLost,
  rows_twice: (o) => o.rowsTwice,
};

function summary(report: Report, runs: number, failed: number, outcomes: readonly RunOutcome[]): Report {
  const sum = (pick: (outcome: RunOutcome) => number) => outcomes.reduce((total, outcome) => total + pick(outcome), 0);
  const done: Record<string, number> = {};
  for (const outcome of outcomes)
    for (const [what, times] of Object.entries(outcome.done)) done[what] = (done[what] ?? 0) + times;
  report.samples(runs).metric('runs', runs).metric('runs_failed', failed);
  for (const [what, times] of Object.entries(done).sort(([a], [b]) => a.localeCompare(b))) report.metric(what, times);
  const complete = outcomes.map(({ completeMs }) => completeMs);
  for (const [metric, pick] of Object.entries(sums)) report.metric(metric, sum(pick));
  const stalls = outcomes.flatMap(({ longestStallMs }) => longestStallMs ?? []);
  if (stalls.length > 0) report.metric('one_of_three_dead_stall_max_ms', Math.max(...stalls));
  return report
    .metric('complete_p50_ms', percentile(complete, 50))
    .metric('complete_p99_ms', percentile(complete, 99))
    .metric('processes_left', runningProcesses().length)
    .goal('runs_failed', '<=', 0)
    .goal('lost', '<=', 0)
    .goal('duplicated', '<=', 0)
    .goal('unexplained', '<=', 0)
    .goal('processes_left', '<=', 0);
}

function say(line: string): void {
  process.stderr.write(`${line}\n`);
}
