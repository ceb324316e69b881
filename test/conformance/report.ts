/**
 * `npm run faults -- --conformance`: all cases against a real gateway and, where it is installed, against mosquitto; with
 * `--address HOST:PORT [--user NAME] [--password WORD] [--prefix TOPIC]` against that broker alone.
 * One JSON document last on standard output; the tables of docs/reference/mqtt.md on standard error.
 */
import { createReport } from '../../scripts/report.ts';
import { allCases } from './cases.ts';
import { knownMisses } from './known-misses.ts';
import { type Outcome, runCases } from './run.ts';
import { type Address, type RunningTarget, runningAt, startGateway, startMosquittoTarget } from './targets.ts';
import type { Version } from './wire.ts';

const versions: readonly Version[] = ['3.1.1', '5.0'];
const say = (text: string) => process.stderr.write(`${text}\n`);

/** @returns the exit status: 1 where a goal is missed */
export async function conformanceReport(given?: Address): Promise<0 | 1> {
  const report = createReport('conformance').samples(allCases.length).metric('cases', allCases.length);
  const results = new Map<string, readonly Outcome[]>();
  const starts = given === undefined ? [startGateway, startMosquittoTarget] : [async () => runningAt(given)];
  for (const start of starts) {
    const running = await start();
    if (running === undefined) continue;
    const outcomes = await judged(running);
    const { name } = running.target;
    results.set(name, outcomes);
    report.list(`${name}_broken`, linesOf(outcomes, 'broken')).list(`${name}_left_out`, linesOf(outcomes, 'left out'));
    if (name !== 'mosquitto')
      for (const [metric, value] of Object.entries(countsOf(outcomes))) report.metric(metric, value);
    else report.version(name, running.version).peer(name, countsOf(outcomes));
  }
  for (const version of versions) say(`\n${table(version, results)}`);
  const [first = []] = results.values();
  const unknown = first.filter(({ result, name }) => result === 'broken' && !Object.hasOwn(knownMisses, name));
  report.metric('broken_and_not_known', unknown.length);
  return report.goal('kept', '>=', 300).goal('broken_and_not_known', '=', 0).print();
}

async function judged({ target, version, stop }: RunningTarget): Promise<readonly Outcome[]> {
  try {
    const outcomes = await runCases(target, allCases);
    const { kept, broken, left_out } = countsOf(outcomes);
    say(`${target.name} ${version}: ${kept} kept, ${broken} broken, ${left_out} left out`);
    return outcomes;
  } finally {
    await stop();
  }
}

function countsOf(outcomes: readonly Outcome[]): Record<string, number> {
  const counts: Record<string, number> = { kept: 0, broken: 0, left_out: 0 };
  for (const name of ['v311', 'v5']) for (const what of ['kept', 'broken', 'left_out']) counts[`${name}_${what}`] = 0;
  for (const { version, result } of outcomes) {
    const what = result.replace(' ', '_');
    for (const key of [what, `${version === '3.1.1' ? 'v311' : 'v5'}_${what}`]) counts[key] = (counts[key] ?? 0) + 1;
  }
  return counts;
}

function linesOf(outcomes: readonly Outcome[], wanted: Outcome['result']): readonly string[] {
  return outcomes.flatMap(({ result, name, why }) => (result === wanted ? [`${name}: ${why}`] : []));
}

/** A Markdown table: for each group and broker, how many of the judged cases it keeps. */
function table(version: Version, results: ReadonlyMap<string, readonly Outcome[]>): string {
  const groups = [...new Set(allCases.filter((one) => one.version === version).map(({ group }) => group))];
  const cell = (outcomes: readonly Outcome[], group?: string) => {
    const own = outcomes.filter((one) => one.version === version && (group === undefined || one.group === group));
    const judgedCases = own.filter(({ result }) => result !== 'left out');
    return `${judgedCases.filter(({ result }) => result === 'kept').length} of ${judgedCases.length}`;
  };
  const names = [...results.keys()];
  const row = (title: string, group?: string) =>
    `| ${[title, ...names.map((name) => cell(results.get(name) ?? [], group))].join(' | ')} |`;
  const head = [`| MQTT ${version} | ${names.join(' | ')} |`, `|---|${names.map(() => '---|').join('')}`];
  return [...head, ...groups.map((group) => row(group, group)), row('**all**')].join('\n');
}
