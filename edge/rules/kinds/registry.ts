/** The kinds of rules there are. A new one is one file beside this and one line here. */
import type { RuleConfig } from '../../site/site.ts';
import type { RuleKind } from '../rule.ts';
import { silent } from './silent.ts';
import { threshold } from './threshold.ts';
import { zoneEntered } from './zone-entered.ts';

/** A kind whose configuration has been checked against its own schema: what the engine and the loader work with. */
export type AnyRuleKind = RuleKind<RuleConfig, unknown>;

export const ruleKinds: readonly AnyRuleKind[] = [threshold, silent, zoneEntered] as readonly AnyRuleKind[];

export function ruleKind(name: string): AnyRuleKind | undefined {
  return ruleKinds.find(({ kind }) => kind === name);
}
