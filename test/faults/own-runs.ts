/**
 * Fault runs that bring a setting of their own, by the name that `--scenario` takes. They are not mixed with the scenarios
 * of scenarios/registry.ts.
 */
import type { OwnRunOptions } from './own-run-options.ts';

/** Each prints its report. @returns the exit status: 1 when a goal is missed */
export const ownRuns: Readonly<Record<string, (options: OwnRunOptions) => Promise<0 | 1>>> = {
  backup: async (options) => (await import('./replaced-box/report.ts')).replacedBoxReport(options),
  'site-kill': async (options) => (await import('./site-kill/report.ts')).siteKillReport(options),
};

/** The runs of these scenarios; undefined: they are scenarios of the common setting. @throws RangeError for a mixture */
export function ownRunsOf(scenarios: readonly string[]): ((options: OwnRunOptions) => Promise<0 | 1>) | undefined {
  const own = scenarios.find((name) => Object.hasOwn(ownRuns, name));
  if (own === undefined) return undefined;
  if (scenarios.length > 1) throw new RangeError(`--scenario ${own} runs alone: it has a setting of its own`);
  return ownRuns[own];
}
