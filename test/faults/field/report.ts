/**
 * `npm run faults -- --field [--runs SECONDS] [--seed N] [--scenario SUITE,…]`: runs each suite of field inputs
 * for this long; prints one JSON document as the last line of standard output.
 */
import { createReport } from '../../../scripts/report.ts';
import { fieldSuites } from './registry.ts';

const say = (text: string) => process.stderr.write(`${text}\n`);

/** @returns the exit status: 1 when a suite has failures */
export async function fieldReport(seconds: number, firstSeed: number, wanted: readonly string[]): Promise<0 | 1> {
  const unknown = wanted.filter((name) => !fieldSuites.some((suite) => suite.name === name));
  if (unknown.length > 0)
    throw new Error(
      `there is no field suite ${unknown.join(', ')}; there are ${fieldSuites.map(({ name }) => name).join(', ')}`,
    );
  const report = createReport('field');
  let samples = 0;
  for (const suite of fieldSuites) {
    if (wanted.length > 0 && !wanted.includes(suite.name)) continue;
    const outcome = await suite.run({ firstSeed, ms: seconds * 1000, say });
    samples += outcome.samples;
    const name = suite.name.replaceAll('-', '_');
    report.metric(`${name}_samples`, outcome.samples).metric(`${name}_failures`, outcome.failures.length);
    for (const [metric, value] of Object.entries(outcome.metrics ?? {})) report.metric(`${name}_${metric}`, value);
    report.goal(`${name}_failures`, '<=', 0);
    say(`${suite.name}: ${outcome.samples} inputs, ${outcome.failures.length} failures`);
    for (const failure of outcome.failures) say(failure);
  }
  return report.samples(samples).print();
}
