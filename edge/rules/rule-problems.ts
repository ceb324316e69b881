/** The page's problems about rules: rules that failed, and wrong times (time-problems.ts). Pure. */
import type { Uptime } from '@forpost/shared/clock.ts';
import type { Site } from '../site/site.ts';
import type { ClockError } from './clock-error.ts';
import type { RuleEngine } from './engine.ts';
import { timeProblems } from './time-problems.ts';

/** `engine`: undefined before the rules started; `error`: of the gateway's clock, undefined while it is unknown. */
export function ruleProblems(
  site: Site,
  engine: Pick<RuleEngine, 'errors' | 'oddTimes'> | undefined,
  error: ClockError | undefined,
  uptime: Uptime,
): readonly string[] {
  const failed = (engine?.errors() ?? []).map(({ rule, count, last }) => `rule ${rule} failed ${count} times: ${last}`);
  return [...failed, ...timeProblems(site, engine?.oddTimes() ?? new Map(), error, uptime)];
}
