/**
 * Runs many seeds, one after another. A failing seed is shortened to the operations that it needs, and reported in a form that
 * can be run again.
 */
import { messageOf } from '@forpost/shared/errors.ts';
import { type Mistake, mistakes } from './mistakes.ts';
import { historyOf, type Operation } from './operations.ts';
import { simulate } from './simulation.ts';
import type { Violation } from './truth.ts';

export interface Failure {
  readonly seed: number;
  /** the operations that the failure needs */
  readonly operations: readonly Operation[];
  readonly violations: readonly Violation[];
}

export interface Totals {
  readonly seeds: number;
  readonly operations: number;
  readonly acknowledged: number;
  readonly committed: number;
  readonly landed: number;
  readonly shed: number;
  readonly lost: number;
  readonly duplicated: number;
  /** all other broken promises */
  readonly unexplained: number;
  readonly longestHealMs: number;
  /** shortened; at most `maxFailures` of them */
  readonly failures: readonly Failure[];
}

/** Enough to begin with; shortening each takes a while. */
export const maxFailures = 3;

/** Runs `count` seeds from `firstSeed` on. */
export async function campaign(
  firstSeed: number,
  count: number,
  progress: (seedsDone: number) => void = () => {},
): Promise<Totals> {
  const totals = {
    operations: 0,
    acknowledged: 0,
    committed: 0,
    landed: 0,
    shed: 0,
    lost: 0,
    duplicated: 0,
    unexplained: 0,
  };
  const failures: Failure[] = [];
  let longestHealMs = 0;
  for (let seed = firstSeed; seed < firstSeed + count; seed++) {
    const operations = historyOf(seed);
    const { violations, acknowledged, committed, landed, shed, healedMs } = await simulate(seed, operations).catch(
      (error: unknown) => {
        throw new Error(`seed ${seed}: ${messageOf(error)}`, { cause: error });
      },
    );
    totals.operations += operations.length;
    totals.acknowledged += acknowledged;
    totals.committed += committed;
    totals.landed += landed;
    totals.shed += shed;
    longestHealMs = Math.max(longestHealMs, healedMs);
    for (const { kind } of violations) totals[kind === 'lost' || kind === 'duplicated' ? kind : 'unexplained']++;
    if (violations.length > 0 && failures.length < maxFailures) failures.push(await shrink(seed, operations));
    progress(seed - firstSeed + 1);
  }
  return { seeds: count, ...totals, longestHealMs, failures };
}

/** The first seed in which this mistake shows, shortened; undefined when none of `count` shows it. */
export async function findMistake(mistake: Mistake, count: number): Promise<Failure | undefined> {
  const { shows } = mistakes[mistake];
  for (let seed = 1; seed <= count; seed++) {
    const operations = historyOf(seed);
    const { violations } = await simulate(seed, operations, mistake);
    if (violations.some(({ kind }) => kind === shows)) return shrink(seed, operations, mistake);
  }
  return undefined;
}

/** Leaves out one operation after another while the run still fails in the same way. */
export async function shrink(seed: number, operations: readonly Operation[], mistake?: Mistake): Promise<Failure> {
  let left = operations;
  let { violations } = await simulate(seed, left, mistake);
  const kind = mistake === undefined ? violations[0]?.kind : mistakes[mistake].shows;
  for (let shorter = true; shorter; ) {
    shorter = false;
    for (let i = left.length - 1; i >= 0; i--) {
      const without = left.toSpliced(i, 1);
      const outcome = await simulate(seed, without, mistake);
      if (!outcome.violations.some((violation) => violation.kind === kind)) continue;
      left = without;
      violations = outcome.violations;
      shorter = true;
    }
  }
  return { seed, operations: left, violations };
}

/** For people: the broken promise, and the operations to paste into a regression test. */
export function describeFailure({ seed, operations, violations }: Failure): string {
  return [
    `seed ${seed}:`,
    ...violations.map(({ promise, kind, what }) => `  ${promise} ${kind}: ${what}`),
    '  by these operations:',
    ...operations.map((operation) => `    ${JSON.stringify(operation)},`),
  ].join('\n');
}
