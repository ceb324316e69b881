/** The registry of rule kinds. A new kind is one file in this folder and one line here. */
import type { RuleConfig } from '../../site/site.ts';
import type { RuleKind } from '../rule.ts';
import { lineCrossed } from './line-crossed.ts';
import { loitering } from './loitering.ts';
import { silent } from './silent.ts';
import { tamper } from './tamper.ts';
import { threshold } from './threshold.ts';
import { zoneCount } from './zone-count.ts';
import { zoneEmpty } from './zone-empty.ts';
import { zoneEntered } from './zone-entered.ts';
import { zoneLeft } from './zone-left.ts';

/** A rule kind for the engine and the loader, which check each rule against its kind's own schema first. */
export type AnyRuleKind = RuleKind<RuleConfig, unknown>;

export const ruleKinds: readonly AnyRuleKind[] = [
  threshold,
  silent,
  zoneEntered,
  zoneLeft,
  loitering,
  zoneCount,
  zoneEmpty,
  lineCrossed,
  tamper,
] as readonly AnyRuleKind[];

export function ruleKind(name: string): AnyRuleKind | undefined {
  return ruleKinds.find(({ kind }) => kind === name);
}
