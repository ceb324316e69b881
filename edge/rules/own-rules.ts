/**
 * Alarms that the gateway raises by itself, without a rule of the site. They carry a rule's id like all others, so that
 * subscribers, the page and the centre treat them like all others; the engine of the rules leaves them alone.
 */
import type { RuleId } from '@forpost/shared/event/ids.ts';

/** Alarms about the machine that the gateway runs on (edge/health/host). Their device is the gateway's id. */
export const hostRule = 'gateway-health' as RuleId;

/** The alarm of a test of an action (edge/alerts/action-tests.ts). It is no alarm of a list; its device is the gateway's id. */
export const actionTestRule = 'action-test' as RuleId;

export function isOwnRule(rule: RuleId): boolean {
  return rule === hostRule || rule === actionTestRule;
}
