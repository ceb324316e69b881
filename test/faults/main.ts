/**
 * `npm run faults -- [--runs N] [--json]`: real processes, real kills; with `--simulate N [--seed FROM]` that many
 * simulated runs instead. One JSON document last on standard output.
 */
import { parseArgs } from 'node:util';
import { requireNode } from '@forpost/shared/node-version.ts';
import { createReport, percentile } from '../../scripts/report.ts';
import { TestSite } from '../harness/site.ts';
import { gatewayKill, type KillOutcome } from './gateway-kill.ts';
import { simulationReport } from './simulation/report.ts';

requireNode();
const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '5' },
    simulate: { type: 'string' },
    seed: { type: 'string', default: '1' },
    json: { type: 'boolean' },
  },
});
if (values.simulate !== undefined)
  process.exit(await simulationReport(wholeNumber('simulate', values.simulate), wholeNumber('seed', values.seed)));
const runs = wholeNumber('runs', values.runs);

const devices = ['meter-1', 'meter-2', 'meter-3', 'meter-4'];
const report = createReport('faults');
const outcomes: KillOutcome[] = [];
const site = await TestSite.start({ devices });
try {
  for (let run = 1; run <= runs; run++) {
    const outcome = await gatewayKill(site, devices, `run-${run}`, { kills: 2, loadMs: 3000 });
    outcomes.push(outcome);
    process.stderr.write(`run ${run}/${runs}: ${JSON.stringify(outcome)}\n`);
  }
} finally {
  await site.stop();
}
const sum = (pick: (outcome: KillOutcome) => number) => outcomes.reduce((total, outcome) => total + pick(outcome), 0);
report.samples(runs);
report.metric(
  'kills',
  sum((o) => o.kills),
);
report.metric(
  'readings_acknowledged',
  sum((o) => o.acknowledged),
);
report.metric(
  'unacknowledged_in_history',
  sum((o) => o.unacknowledged),
);
report.metric(
  'lost',
  sum((o) => o.lost),
);
report.metric(
  'duplicated',
  sum((o) => o.duplicated),
);
report.metric(
  'complete_p99_ms',
  percentile(
    outcomes.map((o) => o.completeMs),
    99,
  ),
);
report.goal('kills', '>=', runs);
report.goal('readings_acknowledged', '>=', runs * 100);
report.goal('lost', '<=', 0);
report.goal('duplicated', '<=', 0);
process.exit(report.print());

function wholeNumber(option: string, text: string): number {
  const value = Number(text);
  if (Number.isInteger(value) && value >= 1) return value;
  process.stderr.write(`--${option} wants a whole number from 1, not "${text}"\n`);
  process.exit(1);
}
