/**
 * `npm run -s faults -- --scenario site-kill [--runs N] [--seed FROM] [--keep]`: a gateway killed (SIGKILL) at a call that
 * changes its disk, in pairing, in a change of the site and in a restore from the page; one JSON document as the last line
 * of standard output.
 */
import { messageOf } from '@forpost/shared/errors.ts';
import { createReport } from '../../../scripts/report.ts';
import { runningProcesses } from '../../harness/process.ts';
import type { OwnRunOptions } from '../own-run-options.ts';
import { type KillOutcome, procedures, SiteKills } from './run.ts';

/** @returns the exit status: 1 when a goal is missed */
export async function siteKillReport({ runs, firstSeed, keep }: OwnRunOptions): Promise<0 | 1> {
  const report = createReport('faults-site-kill').samples(runs);
  const kills = new SiteKills();
  const outcomes: KillOutcome[] = [];
  const problems: string[] = [];
  for (let seed = firstSeed; seed < firstSeed + runs; seed++) {
    const found = await play(kills, seed, outcomes);
    for (const problem of found) problems.push(`seed ${seed}: ${problem}`);
    if (found.length > 0)
      process.stderr.write(`  again: npm run faults -- --runs 1 --seed ${seed} --scenario site-kill\n`);
    else if (!keep) kills.tidy(seed);
  }
  const good = problems.length === 0;
  if (good && !keep) kills.remove();
  else process.stderr.write(`the files of these runs are in ${kills.folder}\n`);
  for (const { name } of procedures) {
    const ofIt = outcomes.filter(({ procedure }) => procedure === name);
    const metric = name.replaceAll('-', '_');
    report
      .metric(`${metric}_calls`, kills.callsOf(name))
      .metric(`${metric}_kills`, ofIt.filter(({ call }) => call !== undefined).length)
      .metric(`${metric}_calls_killed`, new Set(ofIt.flatMap(({ call }) => call ?? [])).size)
      .metric(`${metric}_found_old`, ofIt.filter(({ found }) => found === 'old').length)
      .metric(`${metric}_found_new`, ofIt.filter(({ found }) => found === 'new').length);
  }
  return report
    .metric('kills', outcomes.filter(({ call }) => call !== undefined).length)
    .metric('runs_failed', runs - outcomes.filter((one) => one.problems.length === 0).length)
    .metric('processes_left', runningProcesses().length)
    .list('problems', problems)
    .goal('runs_failed', '<=', 0)
    .goal('processes_left', '<=', 0)
    .print();
}

async function play(kills: SiteKills, seed: number, outcomes: KillOutcome[]): Promise<readonly string[]> {
  try {
    const outcome = await kills.run(seed);
    outcomes.push(outcome);
    const { procedure, call, found, problems } = outcome;
    const killed = call === undefined ? 'not killed' : `killed before «${call}»`;
    const said = problems.length === 0 ? found : `NOT GOOD: ${problems.join('; ')}`;
    process.stderr.write(`seed ${seed}: ${procedure}, ${killed}: ${said}\n`);
    return problems;
  } catch (error) {
    process.stderr.write(`seed ${seed} FAILED: ${messageOf(error)}\n`);
    return [messageOf(error)];
  }
}
