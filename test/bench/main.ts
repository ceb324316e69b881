/** `npm run bench -- NAME… [--json]`: runs the benchmarks and prints one JSON document each, last on standard output. */
import { requireNode } from '@forpost/shared/node-version.ts';
import type { Report } from '../../scripts/report.ts';

requireNode();

const benchmarks: Readonly<Record<string, () => Promise<Report>>> = {
  'alert-latency': async () => (await import('./alert-latency.ts')).alertLatency(),
};

const names = process.argv.slice(2).filter((argument) => !argument.startsWith('-'));
const unknown = names.filter((name) => benchmarks[name] === undefined);
if (unknown.length > 0) {
  process.stderr.write(`no benchmark "${unknown.join('", "')}"; there are: ${Object.keys(benchmarks).join(', ')}\n`);
  process.exit(1);
}
let worst = 0;
for (const [name, run] of Object.entries(benchmarks)) {
  if (names.length > 0 && !names.includes(name)) continue;
  process.stderr.write(`${name} …\n`);
  worst = Math.max(worst, (await run()).print());
}
process.exit(worst);
