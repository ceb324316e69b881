/** The page's problems about rules: rules that failed, and wrong times (time-problems.ts). Pure. */

import type { Uptime } from '@forpost/shared/clock.ts';
import type { Message } from '@forpost/shared/texts/message.ts';
import { message } from '@forpost/shared/texts/texts.ts';
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
): readonly Message[] {
  const failed = (engine?.errors() ?? []).map(({ rule, count, last }) =>
    message('gateway/problem.rule-failed', { rule, count, reason: last }),
  );
  return [...failed, ...timeProblems(site, engine?.oddTimes() ?? new Map(), error, uptime)];
}
