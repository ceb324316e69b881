/** `npm run faults -- --simulate N [--seed FROM] [--json]`: simulated runs; one JSON document as the last line of standard output. */
import { createReport } from '../../../scripts/report.ts';
import { describeFailure, findMistake } from './campaign.ts';
import { mistakeNames, seedsForMistake } from './mistakes.ts';
import { campaignOnThreads } from './threads.ts';

const progressEvery = 5_000;

/** @returns the exit status: 1 when a goal is missed */
export async function simulationReport(seeds: number, firstSeed: number): Promise<0 | 1> {
  const report = createReport('simulation');
  const totals = await campaignOnThreads(firstSeed, seeds, (done) => {
    if (done % progressEvery === 0) process.stderr.write(`${done}/${seeds} seeds\n`);
  });
  for (const failure of totals.failures) process.stderr.write(`\n${describeFailure(failure)}\n`);
  let found = 0;
  for (const mistake of mistakeNames) {
    const failure = await findMistake(mistake, seedsForMistake);
    if (failure !== undefined) found++;
    const where = failure === undefined ? 'NOT FOUND' : `found in seed ${failure.seed}`;
    process.stderr.write(`known mistake ${mistake}: ${where}\n`);
  }
  report
    .samples(seeds)
    .metric('seeds', totals.seeds)
    .metric('operations', totals.operations)
    .metric('readings_acknowledged', totals.acknowledged)
    .metric('events_committed', totals.committed)
    .metric('events_landed', totals.landed)
    .metric('events_shed', totals.shed)
    .metric('lost', totals.lost)
    .metric('duplicated', totals.duplicated)
    .metric('unexplained', totals.unexplained)
    .metric('longest_heal_ms', totals.longestHealMs)
    .metric('known_mistakes_found', found)
    .goal('lost', '<=', 0)
    .goal('duplicated', '<=', 0)
    .goal('unexplained', '<=', 0)
    .goal('known_mistakes_found', '>=', mistakeNames.length);
  return report.print();
}
