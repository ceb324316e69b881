/**
 * `npm run -s faults -- --scenario backup [--runs N] [--seed FROM] [--keep]`: boxes that are backed up under load, killed and
 * replaced; one JSON document as the last line of standard output.
 */
import { messageOf } from '@forpost/shared/errors.ts';
import { createReport, percentile } from '../../../scripts/report.ts';
import { runningProcesses } from '../../harness/process.ts';
import type { OwnRunOptions } from '../own-run-options.ts';
import { type ReplacedBox, replacedBoxRun } from './run.ts';

/** the minute of the promise: from the old box's end to the first reading that the restored one acknowledges */
const replacedWithinS = 60;

/** @returns the exit status: 1 when a goal is missed */
export async function replacedBoxReport({ runs, firstSeed, keep }: OwnRunOptions): Promise<0 | 1> {
  const report = createReport('faults-backup').samples(runs);
  const outcomes: ReplacedBox[] = [];
  const problems: string[] = [];
  for (let run = 0; run < runs; run++) {
    const seed = firstSeed + run;
    try {
      const outcome = await replacedBoxRun({ seed, keep });
      outcomes.push(outcome);
      problems.push(...outcome.problems.map((problem) => `seed ${seed}: ${problem}`));
      process.stderr.write(`${lineOf(run + 1, runs, outcome)}\n`);
    } catch (error) {
      problems.push(`seed ${seed}: ${messageOf(error)}`);
      process.stderr.write(`run ${run + 1} FAILED: ${messageOf(error)}\n`);
      process.stderr.write(`  again: npm run faults -- --runs 1 --seed ${seed} --scenario backup\n`);
    }
  }
  const all = (pick: (outcome: ReplacedBox) => number) => outcomes.map(pick);
  const sum = (pick: (outcome: ReplacedBox) => number) => all(pick).reduce((total, value) => total + value, 0);
  const most = (pick: (outcome: ReplacedBox) => number) => Math.max(...all(pick)) / 1000;
  report
    .metric('runs', runs)
    .metric('runs_failed', runs - outcomes.filter((outcome) => outcome.problems.length === 0).length)
    .metric('backups_by_command', outcomes.filter(({ way }) => way === 'command line').length)
    .metric('backups_by_page', outcomes.filter(({ way }) => way === 'page').length)
    .metric('acknowledged_per_s', sum((one) => one.acknowledgedPerSecond) / outcomes.length)
    .metric(
      'acknowledged_before_backup',
      sum((one) => one.acknowledgedBefore),
    )
    .metric(
      'acknowledged_after_backup',
      sum((one) => one.acknowledgedAfter),
    )
    .metric(
      'acknowledged_after_backup_named_as_lost',
      sum((one) => one.namedAsLost),
    )
    .metric(
      'acknowledged_by_restored_box',
      sum((one) => one.acknowledgedByNewBox),
    )
    .metric(
      'alerts_stored',
      sum((one) => one.alerts),
    )
    .metric(
      'lost',
      sum((one) => one.lost),
    )
    .metric(
      'duplicated',
      sum((one) => one.duplicated),
    )
    .metric(
      'unexplained',
      sum((one) => one.unexplained),
    )
    .metric(
      'numbers_twice',
      sum((one) => one.numbersTwice),
    )
    .metric(
      'alarms_left_active_at_the_centre',
      sum((one) => one.alarmsLeft),
    )
    .metric(
      'repeats_of_unacknowledged',
      sum((one) => one.repeatsOfUnderWay),
    )
    .metric('old_boxes_refused', outcomes.filter(({ oldBoxRefused }) => oldBoxRefused).length)
    .metric(
      'backup_max_s',
      most((one) => one.backupMs),
    )
    .metric('backup_max_mb', Math.max(...all((one) => one.backupMb)))
    .metric(
      'restore_max_s',
      most((one) => one.restoreMs),
    )
    .metric(
      'start_max_s',
      most((one) => one.startMs),
    )
    .metric(
      'replaced_p50_s',
      percentile(
        all((one) => one.replacedMs),
        50,
      ) / 1000,
    )
    .metric(
      'replaced_max_s',
      most((one) => one.replacedMs),
    )
    .metric(
      'complete_max_s',
      most((one) => one.completeMs),
    )
    .metric('processes_left', runningProcesses().length)
    .list('problems', problems);
  for (const none of ['runs_failed', 'lost', 'duplicated', 'unexplained', 'numbers_twice', 'processes_left'])
    report.goal(none, '<=', 0);
  report.goal('alarms_left_active_at_the_centre', '<=', 0);
  return report.goal('old_boxes_refused', '>=', runs).goal('replaced_max_s', '<=', replacedWithinS).print();
}

function lineOf(run: number, runs: number, one: ReplacedBox): string {
  const { seed, way, centreDuringLoad, acknowledgedBefore, acknowledgedAfter, namedAsLost, replacedMs, problems } = one;
  return (
    `run ${run}/${runs}, seed ${seed} (${way}, centre ${centreDuringLoad ? 'reached' : 'away'} during the load): ` +
    `${problems.length === 0 ? 'good' : `NOT GOOD: ${problems.join('; ')}`}, ${acknowledgedBefore} acknowledged before the backup, ` +
    `${acknowledgedAfter} after it (${namedAsLost} named as lost), replaced after ${(replacedMs / 1000).toFixed(1)} s`
  );
}
