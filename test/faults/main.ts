/**
 * `npm run faults -- [--runs N] [--jobs N] [--seed FROM] [--scenario NAME,…] [--keep] [--json]`: fault runs on real processes,
 * `--jobs` of them side by side. Other modes:
 *   --scenario backup [--runs N] [--seed FROM]: boxes backed up under load, killed and replaced (replaced-box/run.ts)
 *   --scenario site-kill [--runs N] [--seed FROM]: SIGKILL in pairing, changes of the site and a restore (site-kill/run.ts)
 *   --mistakes: puts known mistakes into the gateway, which the runs must find
 *   --simulate N [--seed FROM]: simulated runs
 *   --vision NAME [--runs N]: faults of cameras and of the vision process (vision/registry.ts)
 *   --fuzz-packets MINUTES [--seed FROM]: wild MQTT packets (packets/report.ts)
 *   --hostile-packets [--runs SAMPLES]: measures alerts beside hostile clients (packets/report.ts)
 *   --field [--runs SECONDS] [--seed FROM] [--scenario SUITE,…]: inputs of the field (field/registry.ts)
 *   --paho [--runs CUTS]: real paho-mqtt clients (paho/report.ts)
 *   --clients: the same clients as a home automation, its bridges and devices (paho/roles-report.ts)
 *   --visit [--shots FOLDER]: the whole visit of an installer in a browser (visit/report.ts)
 *   --conformance: the statements of MQTT, one by one (../conformance/report.ts)
 * Each prints one JSON document as the last line of standard output.
 */
import { parseArgs } from 'node:util';
import { messageOf } from '@forpost/shared/errors.ts';
import { requireNode } from '@forpost/shared/node-version.ts';
import { conformanceReport } from '../conformance/report.ts';
import { campaign, findMistakes } from './campaign.ts';
import { fieldReport } from './field/report.ts';
import { mistakeNames } from './mistakes/mistakes.ts';
import { ownRunsOf } from './own-runs.ts';
import { fuzzReport, hostileReport } from './packets/report.ts';
import { pahoReport } from './paho/report.ts';
import { clientsReport } from './paho/roles-report.ts';
import { simulationReport } from './simulation/report.ts';
import { visionCampaign } from './vision/registry.ts';
import { visitReport } from './visit/report.ts';

requireNode();
const { values } = parseArgs({
  options: {
    runs: { type: 'string' },
    jobs: { type: 'string', default: '1' },
    vision: { type: 'string' },
    simulate: { type: 'string' },
    'fuzz-packets': { type: 'string' },
    field: { type: 'boolean', default: false },
    paho: { type: 'boolean', default: false },
    clients: { type: 'boolean', default: false },
    visit: { type: 'boolean', default: false },
    shots: { type: 'string' },
    conformance: { type: 'boolean', default: false },
    address: { type: 'string' },
    user: { type: 'string', default: '' },
    password: { type: 'string', default: '' },
    prefix: { type: 'string', default: '' },
    'hostile-packets': { type: 'boolean', default: false },
    seed: { type: 'string', default: '1' },
    scenario: { type: 'string', default: '' },
    mistakes: { type: 'boolean', default: false },
    keep: { type: 'boolean', default: false },
    json: { type: 'boolean' },
  },
});
const seed = wholeNumber('seed', values.seed);
try {
  process.exit(await chosen());
} catch (error) {
  process.stderr.write(`${messageOf(error)}\n`);
  process.exit(1);
}

function chosen(): Promise<0 | 1> {
  if (values.simulate !== undefined) return simulationReport(wholeNumber('simulate', values.simulate), seed);
  if (values.vision !== undefined)
    return visionCampaign(values.vision, values.runs === undefined ? {} : { runs: wholeNumber('runs', values.runs) });
  const minutes = values['fuzz-packets'];
  if (minutes !== undefined) return fuzzReport(wholeNumber('fuzz-packets', minutes), seed);
  if (values['hostile-packets']) return hostileReport(wholeNumber('runs', values.runs ?? '500'));
  const { address, user, password, prefix } = values;
  if (values.conformance)
    return conformanceReport(address === undefined ? undefined : { address, user, password, prefix });
  if (values.field) return fieldReport(wholeNumber('runs', values.runs ?? '30'), seed, names(values.scenario));
  if (values.visit) return visitReport(values.shots ?? process.env.FORPOST_SHOTS);
  if (values.clients) return clientsReport();
  if (values.paho) return pahoReport(wholeNumber('runs', values.runs ?? '40'));
  if (values.mistakes) return findMistakes(mistakeNames, seed);
  const [runs, scenarios] = [wholeNumber('runs', values.runs ?? '5'), names(values.scenario)];
  const own = ownRunsOf(scenarios);
  if (own !== undefined) return own({ runs, firstSeed: seed, keep: values.keep });
  return campaign({
    runs,
    firstSeed: seed,
    scenarios,
    keep: values.keep,
    jobs: wholeNumber('jobs', values.jobs),
  });
}

function names(text: string): readonly string[] {
  return text.split(',').filter((name) => name !== '');
}

function wholeNumber(option: string, text: string): number {
  const value = Number(text);
  if (Number.isInteger(value) && value >= 1) return value;
  process.stderr.write(`--${option} wants a whole number from 1, not "${text}"\n`);
  process.exit(1);
}
